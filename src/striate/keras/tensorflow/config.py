"""tf.config: what devices there are; settings are accepted."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import torch

from striate.keras.tensorflow.refused import refusing

__all__ = [
    "PhysicalDevice",
    "experimental",
    "experimental_connect_to_cluster",
    "experimental_run_functions_eagerly",
    "get_visible_devices",
    "list_logical_devices",
    "list_physical_devices",
    "optimizer",
    "run_functions_eagerly",
    "set_logical_device_configuration",
    "set_soft_device_placement",
    "set_visible_devices",
    "threading",
]


@dataclass(frozen=True)
class PhysicalDevice:
    """A processor or a card.

    Args:
        name: such as "/physical_device:GPU:0".
        device_type: "CPU" or "GPU".
    """

    name: str
    device_type: str


def _devices(prefix: str, device_type: str | None) -> list[PhysicalDevice]:
    counts = {"CPU": 1, "GPU": torch.cuda.device_count()}
    return [
        PhysicalDevice(f"/{prefix}:{kind}:{i}", kind)
        for kind, count in counts.items()
        if device_type in (None, kind)
        for i in range(count)
    ]


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The processor and the cards."""
    return _devices("physical_device", device_type)


def list_logical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The processor and the cards."""
    return _devices("device", device_type)


get_visible_devices = list_physical_devices


def _accepted(*_: Any, **__: Any) -> None:
    """Accepted; there is nothing to set."""


set_visible_devices = set_soft_device_placement = set_logical_device_configuration = _accepted
run_functions_eagerly = experimental_run_functions_eagerly = _accepted
experimental_connect_to_cluster = refusing("tf.config.experimental_connect_to_cluster")


def _details(device: PhysicalDevice) -> dict[str, Any]:
    """Name and age of a card."""
    if device.device_type != "GPU":
        return {}
    number = int(device.name.rsplit(":", 1)[1])
    return {
        "device_name": torch.cuda.get_device_name(number),
        "compute_capability": torch.cuda.get_device_capability(number),
    }


def _memory(device: str) -> dict[str, int]:
    """Bytes in use now and at most."""
    number = int(str(device).rsplit(":", 1)[1])
    return {
        "current": torch.cuda.memory_allocated(number),
        "peak": torch.cuda.max_memory_allocated(number),
    }


experimental = SimpleNamespace(
    list_physical_devices=list_physical_devices,
    list_logical_devices=list_logical_devices,
    get_visible_devices=get_visible_devices,
    get_device_details=_details,
    get_memory_info=_memory,
    set_memory_growth=_accepted,
    set_visible_devices=_accepted,
    set_virtual_device_configuration=_accepted,
    set_synchronous_execution=_accepted,
    enable_op_determinism=_accepted,
    enable_tensor_float_32_execution=_accepted,
    VirtualDeviceConfiguration=SimpleNamespace,
)
threading = SimpleNamespace(
    set_inter_op_parallelism_threads=_accepted,
    set_intra_op_parallelism_threads=lambda num_threads: torch.set_num_threads(num_threads or 1),
    get_intra_op_parallelism_threads=torch.get_num_threads,
)
optimizer = SimpleNamespace(set_jit=_accepted, set_experimental_options=_accepted)
