"""Maps that stay half between products: which, how near to float32, and what stays float32."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch

import striate as st
from striate import layers
from striate.analysis.execution import execution
from striate.kernels import library
from striate.plan import Request, make_plan
from striate.plan.execute import Executor
from tests import networks

pytestmark = pytest.mark.torch

CARRIED = "bfloat16 from product to product; statistics, gamma and beta are float32"


def normalised(x: Any, filters: int, relu: bool = True, **kwargs: Any) -> Any:
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, **kwargs)(x)
    x = layers.BatchNormalization(momentum=0.5)(x)
    return layers.ReLU()(x) if relu else x


def residual() -> st.Model:
    torch.manual_seed(0)
    x = given = st.Input((8, 8, 3))
    x = normalised(x, 8)
    x = layers.ReLU()(layers.Add(name="inside")([x, normalised(normalised(x, 8), 8, False)]))
    x = layers.MaxPooling2D(name="pool")(x)
    x = layers.ReLU()(layers.Add(name="last")([x, normalised(normalised(x, 8), 8, False)]))
    x = layers.GlobalAveragePooling2D()(x)
    return st.Model(given, layers.Dense(3)(x))


def written(model: st.Model, request: Request, x: torch.Tensor) -> dict[str, torch.dtype]:
    """The type of each value that the plan writes, under the names of all it is the work of."""
    plan = make_plan(model.graph, model._owners, request)
    found: dict[str, torch.dtype] = {}

    class Watched(Executor):
        def bound(self, op: Any, *args: Any) -> Any:
            function, refresh = super().bound(op, *args)

            def seen(*values: torch.Tensor) -> Any:
                out = function(*values)
                found.update(dict.fromkeys((op.name, *op.nodes), out.dtype))
                return out

            return seen, refresh

    inside = Watched(plan, model.graph, model._owners)
    inside([x.permute(0, 3, 1, 2)])
    return found


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_maps_are_half_from_product_to_product(precision: str, training: bool) -> None:
    model = residual().train(training)
    types = written(model, Request(training=training, precision=precision), torch.rand(9, 8, 8, 3))
    half = {name for name, dtype in types.items() if dtype is getattr(torch, precision)}
    assert {"inside", "pool", "re_lu_2"} <= half
    # nothing after them multiplies in a half type, so they are summed and normalised in float32
    full = {"last", "re_lu_4", "global_average_pooling2d"}
    norms = {n for n in types if n.startswith("batch_normalization")}
    assert not half & full
    assert norms - half == ({"batch_normalization_4"} if training else set())


def test_the_plan_says_which_maps_stay_half_and_the_graph_alone_foretells_them() -> None:
    model = networks.resnet(18, 64)
    plan = model.plan(training=True, precision="bfloat16")
    (note,) = [n for n in plan.applied if n.text == CARRIED]
    low = {s.node.name for s in execution(model.graph, precision="bfloat16").steps if s.low}
    assert set(note.nodes) <= low
    assert CARRIED in str(plan).replace("\n    ", " ")
    assert CARRIED not in [n.text for n in model.plan(training=True).applied]


def test_a_layer_with_hooks_sees_float32() -> None:
    model = residual().train()
    seen: list[torch.dtype] = []
    model.get_layer("inside").register_forward_hook(
        lambda layer, given, out: seen.extend(v.dtype for v in (*given[0], out))
    )
    written(model, Request(training=True, precision="bfloat16"), torch.rand(4, 8, 8, 3))
    assert set(seen) == {torch.float32}


@pytest.mark.parametrize(
    ("scale", "center"), [(True, True), (True, False), (False, True), (False, False)]
)
def test_statistics_and_gradients_of_a_normalisation_of_half_values_are_float32(
    scale: bool, center: bool
) -> None:
    found = []
    x = (torch.randn(32, 6, 6, 4) * 3 + 7).bfloat16()
    for dtype in (torch.bfloat16, torch.float32):
        layer = layers.BatchNormalization(momentum=0.5, scale=scale, center=center)
        layer.build((None, 6, 6, 4))
        layer.train()
        given = x.to(dtype).permute(0, 3, 1, 2).requires_grad_()
        out = layer.compute(given)
        assert out.dtype is dtype
        out.backward(torch.ones_like(out) * torch.arange(6))
        found.append([*(p.grad for p in layer.parameters()), *layer.buffers()])
        layer.eval()
        assert layer.compute(given).dtype is dtype
    for half, full in zip(*found, strict=True):
        assert half.dtype is torch.float32
        torch.testing.assert_close(half, full, rtol=1e-4, atol=1e-4)


def test_outputs_stay_near_float32() -> None:
    model = residual()
    x = torch.rand(16, 8, 8, 3)
    found = []
    for precision in ("bfloat16", "float32"):
        model.train()
        with torch.no_grad(), model.executing(True, precision, precision, "test"):
            found.append(model(x))
    half, full = found
    assert half.dtype is torch.float32
    gap = float((half - full).abs().max() / full.abs().max())
    assert 0 < gap < 0.02


def test_training_converges_as_in_float32() -> None:
    torch.manual_seed(1)
    y = torch.randint(0, 3, (96,))
    x = torch.rand(96, 8, 8, 3) * 0.7
    x[torch.arange(96), :, :, y] += 0.1  # one of the three colours is a little stronger
    losses, moved = [], []
    for precision in ("bfloat16", "float32"):
        model = residual()
        loss = st.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(st.optimizers.SGD(0.1, momentum=0.9), loss)
        history = model.fit(x, y, epochs=8, verbose=0, precision=precision, shuffle=False)
        losses.append(history.history["loss"])
        moved.append(model.get_layer("batch_normalization").moving_mean)
    half, full = losses
    assert half[-1] < 0.3 * half[0]
    assert half[0] == pytest.approx(full[0], rel=0.02)
    assert half[-1] == pytest.approx(full[-1], abs=0.1)
    assert moved[0].dtype is torch.float32


def test_a_small_shortcut_is_half_where_its_result_is_added_to_half_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = sys.modules["striate.plan.rules.bfloat16_products"]
    monkeypatch.setattr(module, "fast_half", lambda device: ("bfloat16", ""))
    monkeypatch.setattr(library, "missing", lambda: "the test says so")
    x = given = st.Input((32, 32, 3))
    x = normalised(x, 16)
    shortcut = layers.Conv2D(16, 1, strides=2, name="shortcut")(x)
    other = normalised(normalised(x, 32, strides=2), 16, False, name="other")
    x = layers.Add()([other, layers.BatchNormalization()(shortcut)])
    lonely = layers.Conv2D(4, 1, strides=4, name="lonely")(normalised(x, 32, name="next"))
    model = st.Model(given, layers.Flatten()(lonely))
    plan = model.plan(training=True, precision="auto")
    half = {op.node for op in plan.operations if op.precision == "bfloat16"}
    assert {"shortcut", "other", "next"} <= half
    assert "lonely" not in half
