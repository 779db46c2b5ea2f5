"""No step of a plan copies a map to another order in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import striate as st
from benchmarks.networks import NETWORKS
from striate import layers
from striate.plan import Executor
from tests.plan.living import most_bytes

pytestmark = pytest.mark.torch


def residual() -> st.Model:
    """Two blocks with shortcuts, one of them strided and projected."""
    x = st.Input((16, 16, 3))
    y = layers.Conv2D(8, 3, padding="same")(x)
    for stride in (1, 2):
        z = layers.ReLU()(layers.BatchNormalization()(y))
        z = layers.Conv2D(8, 3, strides=stride, padding="same")(z)
        z = layers.Conv2D(8, 3, padding="same")(layers.ReLU()(layers.BatchNormalization()(z)))
        short = y if stride == 1 else layers.Conv2D(8, 1, strides=2)(y)
        y = layers.ReLU()(layers.Add()([z, short]))
    return st.Model(x, layers.Dense(3)(layers.GlobalAveragePooling2D()(y)))


def branches() -> st.Model:
    """Side by side: kernels of other sizes, a pooled branch, depthwise and dropped maps."""
    x = st.Input((16, 16, 3))
    y = layers.SeparableConv2D(8, 3, padding="same", activation="relu")(layers.Rescaling(0.1)(x))
    arms = [
        layers.Conv2D(4, 1, activation="relu")(y),
        layers.Conv2D(4, 5, padding="same", activation="gelu")(y),
        layers.Conv2D(4, 1)(layers.MaxPooling2D(3, strides=1, padding="same")(y)),
        layers.DepthwiseConv2D(3, padding="same")(layers.SpatialDropout2D(0.2)(y)),
    ]
    z = layers.AveragePooling2D()(layers.Concatenate()(arms))
    z = layers.Conv2DTranspose(6, 2, strides=2, activation="relu")(layers.ZeroPadding2D(1)(z))
    return st.Model(x, layers.UpSampling2D()(z))


@pytest.mark.parametrize(
    "build", [*(b for b, _ in NETWORKS), residual, branches], ids=lambda b: b.__name__
)
@pytest.mark.parametrize("plan", [True, False])
def test_every_map_is_channels_last(build: Callable[[], st.Model], plan: bool) -> None:
    model = build().train()
    strides = []
    with model.executing(plan, "float32", "float32", "test"):
        program = model.program()
        for i, (function, *rest) in enumerate(program._calls):
            program._calls[i] = (_watching(function, strides), *rest)  # type: ignore[arg-type]
        model(torch.rand(2, *model.input_shape[1:]))
    maps = [(shape, order) for shape, order in strides if len(shape) == 4]
    assert maps or program.plan.chains  # from the image to the last product in one call
    for shape, order in maps:
        _, c, h, w = shape
        assert order == (h * w * c, 1, w * c, c) or 1 in (c, h, w), (shape, order)


class Copies(TorchDispatchMode):
    """The operations that copy a map to another order in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        moved = [a for a in args if isinstance(a, torch.Tensor)]
        copies = func.__name__.split(".")[0] in ("clone", "copy_", "_to_copy", "contiguous")
        if copies and isinstance(out, torch.Tensor) and out.dim() == 4 and moved:
            source = moved[-1]
            if source.shape == out.shape and not _same_order(source, out):
                self.found.append(f"{func.__name__} {tuple(out.shape)}")
        return out


def _same_order(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two maps lie in memory in the same order; axes of one place are anywhere."""
    real = [i for i, n in enumerate(a.shape) if n > 1]
    orders = [sorted(real, key=lambda i: -t.stride()[i]) for t in (a, b)]
    return orders[0] == orders[1]


@pytest.mark.parametrize("build", [residual, branches], ids=lambda b: b.__name__)
@pytest.mark.parametrize("plan", [True, False])
def test_no_operation_copies_a_map_to_another_order(
    build: Callable[[], st.Model], plan: bool
) -> None:
    model = build().train()
    model.get_weights()  # made now
    x = torch.rand(2, 16, 16, 3)
    with model.executing(plan, "float32", "float32", "test"), Copies() as copies:
        model(x).sum().backward()
    assert copies.found == []


def test_a_copy_to_another_order_is_seen() -> None:
    x = torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last)
    with Copies() as copies:
        x.contiguous()
    assert copies.found == ["clone.default (2, 3, 4, 4)"]


def test_inference_frees_values_when_nobody_reads_them_any_more() -> None:
    st.set_seed(0)
    model = st.Sequential([st.Input((32, 32, 8))])
    for _ in range(12):
        model.add(layers.Conv2D(8, 3, padding="same", activation="elu"))
    x = torch.rand(2, 32, 32, 8)
    with torch.no_grad():
        model(x)  # weights computed from others are kept, values are not
        most = most_bytes(lambda: model(x))
    assert most <= 3 * x.nbytes + 4 * model.count_params()  # the input, and a step's two ends


def test_flatten_is_a_view() -> None:
    model = st.Sequential([st.layers.Flatten(input_shape=(4, 4, 3))])
    x = torch.rand(2, 4, 4, 3)
    assert isinstance(model.program(), Executor)
    assert model(x).data_ptr() == x.data_ptr()


def _watching(function: Callable[..., object], strides: list[object]) -> Callable[..., object]:
    def watched(*values: torch.Tensor) -> object:
        out = function(*values)
        strides.append((tuple(out.shape), out.stride()))  # type: ignore[attr-defined]
        return out

    return watched
