"""Who takes part: rows of a name, a worker, the environment it runs in, and its setting."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PEERS = Path(__file__).resolve().parent.parent / ".peers"

# glibc: keep large blocks in the process, and take more memory from the system at once.
KEEP_BLOCKS = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "4294967296",
    "MALLOC_TOP_PAD_": "67108864",
}


@dataclass(frozen=True)
class Contender:
    """One row of a table.

    Args:
        name: the row's title.
        worker: module in `benchmarks.workers`.
        peer: its environment in `.peers`; "" is the present one.
        setting: what the worker is told.
        variables: of the environment of its process.
        training: whether it trains.
        inference: whether it infers.
        exact: whether it computes in float32, so that it must agree with the others.
        devices: where it runs.
    """

    name: str
    worker: str
    peer: str = ""
    setting: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    training: bool = True
    inference: bool = True
    exact: bool = True
    devices: tuple[str, ...] = ("cpu", "cuda")

    @property
    def python(self) -> Path:
        """The interpreter that runs it."""
        return PEERS / self.peer / "bin" / "python" if self.peer else Path(sys.executable)


def _keras(backend: str) -> list[Contender]:
    common: dict[str, Any] = {
        "worker": "keras_worker",
        "peer": f"keras-{backend}",
        "variables": {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "2"},
        "devices": ("cpu",),
    }
    mixed = {"policy": "mixed_bfloat16"}
    name = f"Keras on {backend}"
    rows = [
        Contender(f"{name}, default", **common),
        Contender(f"{name}, bfloat16", setting=mixed, exact=False, **common),
    ]
    if backend == "tensorflow":  # its default is jit_compile="auto", which compiles
        plain = {"jit_compile": False}
        rows += [
            Contender(f"{name}, no XLA", setting=plain, **common),
            Contender(f"{name}, no XLA, bfloat16", setting=plain | mixed, exact=False, **common),
        ]
    return rows


def _runtimes() -> list[Contender]:
    common: dict[str, Any] = {"training": False, "devices": ("cpu",)}
    half = {"precision": "bf16"}
    return [
        Contender("ONNX Runtime", "onnx_worker", "onnxruntime", **common),
        Contender(
            "OpenVINO, float32", "openvino_worker", "openvino", {"precision": "f32"}, **common
        ),
        Contender("OpenVINO, bfloat16", "openvino_worker", "openvino", half, exact=False, **common),
    ]


CONTENDERS: list[Contender] = [
    Contender("striate, float32", "striate_worker", setting={"precision": "float32"}),
    Contender("striate, auto", "striate_worker", exact=False),
    Contender(
        "striate, auto, CUDA graphs",
        "striate_worker",
        setting={"jit_compile": True},
        inference=False,
        exact=False,
        devices=("cuda",),
    ),
    Contender(
        "striate, plan=False",
        "striate_worker",
        setting={"plan": False, "precision": "float32"},
    ),
    Contender(
        "striate, optimize(), float32",
        "striate_worker",
        setting={"optimize": "float32"},
        training=False,
    ),
    Contender(
        "striate, optimize(), bfloat16",
        "striate_worker",
        setting={"optimize": "bfloat16"},
        training=False,
        exact=False,
    ),
    Contender("PyTorch as in tutorials", "torch_worker"),
    Contender(
        "PyTorch by hand, float32",
        "torch_worker",
        setting={"tuned": True},
        variables=KEEP_BLOCKS,
    ),
    Contender(
        "PyTorch by hand, bfloat16",
        "torch_worker",
        setting={"tuned": True, "autocast": "bfloat16"},
        variables=KEEP_BLOCKS,
        exact=False,
    ),
    Contender(
        "torch.compile, float32",
        "torch_worker",
        setting={"tuned": True, "compile": "default"},
        variables=KEEP_BLOCKS,
    ),
    Contender(
        "torch.compile, bfloat16",
        "torch_worker",
        setting={"tuned": True, "compile": "default", "autocast": "bfloat16"},
        variables=KEEP_BLOCKS,
        exact=False,
    ),
    Contender(
        "torch.compile, CUDA graphs, bfloat16",
        "torch_worker",
        setting={"tuned": True, "compile": "reduce-overhead", "autocast": "bfloat16"},
        exact=False,
        devices=("cuda",),
    ),
    *_keras("tensorflow"),
    *_keras("jax"),
    *_keras("torch"),
    *_runtimes(),
]


def chosen(words: list[str], device: str, training: bool) -> list[Contender]:
    """Those that can do it on the device and whose name holds one of the words; no word: all."""
    return [
        c
        for c in CONTENDERS
        if device in c.devices
        and (c.training if training else c.inference)
        and (not words or any(word.lower() in c.name.lower() for word in words))
    ]
