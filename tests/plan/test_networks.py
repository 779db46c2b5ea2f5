"""Plans of the guide's networks, and what print(model.plan()) shows of the first one."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import torch

import striate as st
from benchmarks.networks import NETWORKS, digits
from striate import errors, layers
from striate.kernels import library
from striate.kernels.block import Block
from striate.plan import Request, make_plan
from tests.plan.compare import check_equal, inferred

pytestmark = pytest.mark.torch

TRAINING = """\
digits, training on cpu, float32: 9 layers in 6 steps

step  layers                     what it computes                              result
1     rescaling                  scale                                         (None, 28, 28, 1)
2     conv2d, max_pooling2d      convolution 3x3 to 64 channels + bias, max-   (None, 13, 13, 64)
                                 pooling 2x2, relu in place
3     conv2d_1, max_pooling2d_1  convolution 3x3 to 64 channels + bias, max-   (None, 5, 5, 64)
                                 pooling 2x2, relu in place
4     conv2d_2, flatten          convolution 3x3 to 128 channels + bias, relu  (None, 1152)
                                 in place, flatten: a view, nothing is copied
5     dense                      product with 128 units + bias, relu in place  (None, 128)
6     dense_1                    product with 10 units + bias                  (None, 10)
"""

WITH_KERNELS = """\
digits, training on cpu, float32: 9 layers in 6 steps

step  layers                     what it computes                                result
1     rescaling                  scale                                           (None, 28, 28, 1)
2     conv2d, max_pooling2d      convolution 3x3 to 64 channels + bias, max-     (None, 13, 13, 64)
                                 pooling 2x2, relu (our kernels: direct, pooled
                                 backward)
3     conv2d_1, max_pooling2d_1  convolution 3x3 to 64 channels + bias, max-     (None, 5, 5, 64)
                                 pooling 2x2, relu (our kernels: direct, pooled
                                 backward)
4     conv2d_2, flatten          convolution 3x3 to 128 channels + bias, relu,   (None, 1152)
                                 flatten: a view, nothing is copied (our
                                 kernels: direct, pooled backward)
"""


@pytest.mark.parametrize("build", [b for b, _ in NETWORKS], ids=lambda b: b.__name__)
def test_a_network_of_the_guide_gives_the_same_values_and_gradients(build: object) -> None:
    torch.manual_seed(0)
    model = build()  # type: ignore[operator]
    for layer in model.layers:
        if type(layer).__name__ == "Dropout":
            layer.kind.replace(rate=0.0)  # both executions would draw other masks
    bright = 255 if type(model.layers[0]).__name__ == "Rescaling" else 1
    check_equal(model, torch.rand(4, 28, 28, 1) * bright)


def test_dropout_draws_the_same_mask_with_and_without_a_plan() -> None:
    model = st.Sequential([st.layers.Dropout(0.5, input_shape=(50,))]).train()
    found = []
    for plan in (True, False):
        torch.manual_seed(1)
        with model.executing(plan, "float32", "float32", "test"):
            found.append(model(torch.ones(2, 50)))
    assert torch.equal(*found)


def test_the_plan_of_the_first_network_reads_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "missing", lambda: "the test says so")
    model = digits()
    model.name = "digits"
    text = str(model.plan(training=True))
    assert text.startswith(TRAINING), text
    pooled = "conv2d, max_pooling2d; conv2d_1, max_pooling2d_1: relu sees only the largest of each"
    words = " ".join(text.split())
    assert "torch's kernels run, not our own: the test says so [one block]" in words
    assert f"{pooled} window [pool first]" in words


@pytest.mark.native
@pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}")
def test_with_our_own_kernels_it_reads_so(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = importlib.import_module("striate.plan.rules.native_blocks")
    monkeypatch.setattr(rule, "obstacle", lambda shape: "")
    monkeypatch.setattr(Block, "names", ("direct", "pooled backward"))
    model = digits()
    model.name = "digits"
    text = str(model.plan(training=True))
    assert text.startswith(WITH_KERNELS), text


def test_a_plan_is_json_and_html() -> None:
    import json

    plan = digits().plan(batch_size=2)
    record = json.loads(json.dumps(plan.to_dict()))
    assert record["steps"][-1]["shape"] == [2, 10]
    assert record["value_bytes"] == plan.value_bytes
    assert "<table>" in plan._repr_html_()


def test_bytes_give_what_floats_give() -> None:
    model = digits()
    x = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1), dtype=np.uint8)
    model.train()
    a, b = model(torch.from_numpy(x)), model(torch.from_numpy(x).float())
    assert torch.equal(a, b)


def test_an_unknown_precision_is_an_error_with_the_words_that_are_known() -> None:
    with pytest.raises(errors.ArgumentError) as caught:
        digits().plan(precision="float8")
    assert str(caught.value) == (
        "plan: unknown precision. Got precision='float8'."
        " Expected 'auto', 'float32', 'tf32', 'bfloat16', 'float16'."
    )


@pytest.mark.parametrize(("precision", "tolerance"), [("bfloat16", 0.02), ("float16", 0.002)])
def test_half_types_stay_close_and_return_float32(precision: str, tolerance: float) -> None:
    torch.manual_seed(0)
    model = digits().eval()
    x = torch.rand(8, 28, 28, 1) * 255
    exact = inferred(model, x, True)
    with torch.no_grad(), model.executing(True, precision, precision, "test"):
        rough = model(x)
    assert rough.dtype is torch.float32
    assert 0 < float((rough - exact).abs().max()) < tolerance


def test_layers_with_hooks_run_as_they_are_and_the_plan_says_so() -> None:
    model = digits().train()
    seen = []
    handle = model.layers[1].register_forward_hook(lambda m, i, o: seen.append(tuple(o.shape)))
    model(torch.rand(1, 28, 28, 1))
    assert seen == [(1, 26, 26, 64)]
    notes = [n for n in model.plan(training=True).refused if n.rule == "hooks"]
    assert [n.text for n in notes] == ["runs as it is: someone set hooks on the layer"]
    handle.remove()
    model(torch.rand(1, 28, 28, 1))
    assert len(seen) == 1


def test_tf32_is_said_where_there_is_none() -> None:
    plan = digits().plan(training=True, precision="tf32")
    assert plan.precision == "float32"
    words = "there is no TF32 on devices of type cpu: float32 it is"
    assert words in [n.text for n in plan.refused]


def test_tf32_is_stated_for_cards() -> None:
    model = digits()
    for precision, words in (
        ("float32", 'TF32 is off: products keep all 24 bits; precision="tf32" allows it'),
        ("tf32", "float32 products may round their factors to 11 bits (TF32)"),
    ):
        request = Request(training=True, precision=precision, device="cuda")
        plan = make_plan(model.graph, model._owners, request)
        assert words in [n.text for n in (*plan.applied, *plan.refused)]


def test_an_output_that_a_layer_reads_keeps_its_activation_for_it() -> None:
    x = st.Input((6,))
    first = layers.Dense(3, activation="softmax")(x)
    model = st.Model(x, [first, layers.Dense(2, activation="softmax")(first)])
    start = model.get_weights()
    random = np.random.default_rng(0)
    data = random.normal(size=(20, 6)).astype("float32")
    labels = [random.integers(0, count, 20) for count in (3, 2)]
    losses = []
    for plan in (True, False):
        model.set_weights(start)
        model.compile("sgd", "sparse_categorical_crossentropy")
        settings = {"plan": plan, "precision": "float32", "seed": 0, "verbose": 0}
        losses.append(model.fit(data, labels, epochs=3, **settings).history["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
