"""Workloads: a network, the images it sees, and how it is trained."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.networks import classic, guide, quick, residual, zoo_small


@dataclass(frozen=True)
class Workload:
    """What is trained, and how.

    Args:
        build: makes the model.
        parameters: how many it must have, moving statistics included.
        optimizer: its name; `sgd` is with Nesterov momentum.
        batches: batch sizes in training.
        device_batch: batch size on an accelerator.
    """

    build: Callable[[], Any]
    parameters: int
    optimizer: str
    batches: tuple[int, ...]
    device_batch: int = 512


def resnet50_64() -> Any:
    return residual.resnet50(64, 200)


WORKLOADS: dict[str, Workload] = {
    "three_of_32": Workload(guide.three_of_32, 514_794, "rmsprop", (32, 64)),
    "three_of_32_strided": Workload(guide.three_of_32_strided, 85_770, "rmsprop", (32, 64)),
    "digits": Workload(guide.digits, 260_298, "rmsprop", (64, 32)),
    "deep": Workload(guide.deep, 1_413_834, "adam", (32, 64)),
    "two_of_16": Workload(guide.two_of_16, 203_898, "adam", (32, 64)),
    "resnet20": Workload(residual.resnet20, 274_042, "sgd", (64,)),
    "resnet18": Workload(residual.resnet18, 11_183_562, "sgd", (32,)),
    "vgg11": Workload(classic.vgg11, 9_236_618, "sgd", (64,)),
    "squeezenet": Workload(classic.squeezenet, 727_626, "adam", (64,)),
    "mobilenet_v2": Workload(classic.mobilenet_v2, 2_270_794, "sgd", (32,)),
    "resnet50_64": Workload(resnet50_64, 23_970_952, "sgd", (16,), 256),
    "resnet50_224": Workload(residual.resnet50, 25_610_152, "sgd", (8,), 64),
    "quick_digits": Workload(quick.quick_digits, 94_426, "adamw", (128,)),
    "quick_images": Workload(quick.quick_images, 1_973_944, "sgd", (128,), 1024),
}


def resnet18_bytes() -> Any:
    return residual.resnet18(scaled=True)


# Trained to accuracy only, because their speed is that of another row, or not asked for.
TO_ACCURACY = {
    "resnet18_bytes": Workload(resnet18_bytes, 11_183_562, "sgd", (128,)),
    "lenet5_modern": Workload(zoo_small.lenet5_modern, 61_706, "adamw", (128,)),
    "zoo_small": Workload(zoo_small.small, 167_786, "adamw", (128,)),
    "tiny_vgg": Workload(zoo_small.tiny_vgg, 5_520, "adamw", (128,)),
    "squeezenet1_1": Workload(zoo_small.squeezenet1_1, 727_626, "adamw", (128,)),
    "zoo_resnet20": Workload(zoo_small.resnet20, 271_098, "adamw", (128,)),
}


def workload(name: str) -> Workload:
    """The workload of a name; ends the program if there is none."""
    if name in TO_ACCURACY:
        return TO_ACCURACY[name]
    if name not in WORKLOADS:
        near = difflib.get_close_matches(name, WORKLOADS) or list(WORKLOADS)
        sys.exit(f"no workload is called {name!r}; there is {', '.join(near)}")
    return WORKLOADS[name]
