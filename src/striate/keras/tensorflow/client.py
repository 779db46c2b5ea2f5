"""tensorflow.python.client: the list of devices."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from striate.keras.tensorflow.config import list_logical_devices

__all__ = ["device_lib"]


def _local() -> list[Any]:
    """The processor and the cards, with their names and kinds."""
    return [
        SimpleNamespace(name=d.name, device_type=d.device_type, physical_device_desc=d.name)
        for d in list_logical_devices()
    ]


device_lib = SimpleNamespace(list_local_devices=_local)
