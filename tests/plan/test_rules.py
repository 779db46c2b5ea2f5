"""Every rule: what it says when it applies, what it says when it does not, and equal results."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable

import pytest
import torch

import striate as st
from striate import layers
from striate.kernels import library
from striate.plan import Request, make_plan
from tests.contract import cases
from tests.plan.compare import check_equal, close, inferred

pytestmark = pytest.mark.torch

Build = Callable[[], st.Model]


def stack(*given: layers.Layer) -> Build:
    def build() -> st.Model:
        return st.models.clone_model(st.Sequential([st.Input((6, 6, 2)), *given]))

    return build


def conv(activation: str | None = None, **kwargs: object) -> layers.Layer:
    return layers.Conv2D(3, 3, activation=activation, **kwargs)


def two_readers() -> st.Model:
    x = st.Input((6, 6, 2))
    y = conv("relu", padding="same")(x)
    pooled = layers.MaxPooling2D(2)(y)
    ends = [layers.GlobalAveragePooling2D()(v) for v in (y, pooled)]
    return st.Model(x, layers.Concatenate()(ends))


def preprocessed() -> st.Model:
    x = st.Input((6, 6, 2))
    return st.Model(x, conv("tanh")(-(2.0 - (x / 4.0 - 0.5) * 3.0 + 1.0)))


def divided() -> st.Model:
    x = st.Input((6, 6, 2))
    return st.Model(x, conv()(x / 8.0))


# network, training, what the plan says: rule -> text, applied or refused
CASES: dict[str, tuple[Build, bool, str, str]] = {
    "relu": (
        stack(conv("relu"), layers.MaxPooling2D()),
        True,
        "pool first",
        "relu sees only the largest of each window",
    ),
    "elu layer, same, overlapping": (
        stack(conv(), layers.ELU(), layers.MaxPooling2D(3, strides=2, padding="same")),
        True,
        "pool first",
        "elu sees only the largest of each window",
    ),
    "capped": (
        stack(conv(), layers.ReLU(max_value=0.1), layers.GlobalMaxPooling2D()),
        True,
        "pool first",
        "relu sees only the largest of each window",
    ),
    "silu": (
        stack(conv("silu"), layers.MaxPooling2D()),
        True,
        "pool first",
        "silu is not known to be monotone",
    ),
    "softmax": (
        stack(conv("softmax"), layers.MaxPooling2D()),
        True,
        "pool first",
        "softmax is not known to be monotone",
    ),
    "penalty": (
        stack(conv("relu", activity_regularizer="l2"), layers.MaxPooling2D()),
        True,
        "pool first",
        "its activity penalty is of all values",
    ),
    "shared": (two_readers, True, "pool first", "others read the activated values, too"),
    "in place": (stack(conv("tanh")), True, "in place", "tanh overwrites its input"),
    "gelu": (
        stack(conv("gelu")),
        True,
        "in place",
        "gelu needs its input for the backward pass",
    ),
    "gelu, inference": (
        stack(conv("gelu")),
        False,
        "in place",
        "gelu has no form that overwrites its input",
    ),
    "first layer": (
        stack(layers.Rescaling(2.0), conv("tanh"), conv("tanh")),
        True,
        "first layer",
        "no gradient is computed for its input: nothing before it is trained",
    ),
    "input": (
        stack(layers.ReLU()),
        True,
        "in place",
        "it would overwrite the model's input",
    ),
    "after an activation": (
        stack(conv("relu"), layers.ELU()),
        True,
        "in place",
        "what comes before it may need its result, or share its memory",
    ),
    "dropout": (
        stack(layers.Dropout(0.5), conv()),
        False,
        "idle layers",
        "left out: it acts in training only",
    ),
    "augmentation": (
        stack(layers.RandomFlip(), layers.RandomZoom(0.2), conv()),
        False,
        "idle layers",
        "left out: it acts in training only",
    ),
    "rate 0": (
        stack(layers.SpatialDropout2D(0.0), conv()),
        True,
        "idle layers",
        "left out: its rate is 0",
    ),
    "identity": (
        stack(layers.Identity(), conv()),
        True,
        "idle layers",
        "left out: it returns its input",
    ),
    "nothing around": (
        stack(layers.ZeroPadding2D(0), conv()),
        True,
        "idle layers",
        "left out: it adds nothing",
    ),
    "nothing cut off": (
        stack(layers.Cropping2D(0), conv()),
        True,
        "idle layers",
        "left out: it cuts nothing off",
    ),
    "linear": (
        stack(conv(), layers.Activation("linear")),
        True,
        "idle layers",
        "left out: it returns its input",
    ),
    "padding": (
        stack(layers.ZeroPadding2D(1), conv(strides=2)),
        True,
        "padding",
        "the convolution takes the zeros as its own, without a padded copy",
    ),
    "uneven": (
        stack(layers.ZeroPadding2D(((0, 1), (0, 1))), conv(strides=2)),
        True,
        "padding",
        "kernels pad both sides alike, this border is uneven",
    ),
    "padded twice": (
        stack(layers.ZeroPadding2D(1), conv(padding="same")),
        True,
        "padding",
        "the convolution pads by a rule of its own",
    ),
    "borders": (
        stack(layers.ZeroPadding2D(1), layers.ZeroPadding2D((1, 0))),
        True,
        "padding",
        "one border instead of several",
    ),
    "scale": (
        stack(layers.Rescaling([0.5, 2.0]), conv(padding="same")),
        False,
        "scaling in weights",
        "the factor is part of the kernel, to 1e-6",
    ),
    "scaled twice": (
        stack(layers.Rescaling([0.5, 2.0], offset=1.0), layers.Rescaling(3.0, offset=-1.0)),
        True,
        "constants",
        "one factor and one offset instead of several",
    ),
    "written out": (
        preprocessed,
        True,
        "constants",
        "one factor and one offset instead of several",
    ),
    "divided": (
        divided,
        False,
        "scaling in weights",
        "the factor is part of the kernel, to 1e-6",
    ),
    "scale and offset": (
        stack(layers.Rescaling(0.5, offset=-1.0), conv()),
        False,
        "scaling in weights",
        "with an offset, rounding would have no bound",
    ),
    "joined": (
        stack(conv("relu", strides=2, padding="same")),
        False,
        "one kernel",
        "relu is applied while the convolution writes",
    ),
    "joined, leaky": (
        stack(conv(), layers.LeakyReLU(0.1)),
        False,
        "one kernel",
        "leaky_relu is applied while the convolution writes",
    ),
    "not joined": (
        stack(conv("elu")),
        False,
        "one kernel",
        "oneDNN does not apply elu itself",
    ),
    "normalised alone": (
        stack(layers.MaxPooling2D(), layers.BatchNormalization()),
        False,
        "normalisation in weights",
        "it does not follow a product",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_rule_says_what_it_did_and_the_results_are_equal(case: str) -> None:
    build, training, rule, text = CASES[case]
    torch.manual_seed(0)
    model = build()
    plan = model.plan(training=training)
    notes = [n.text for n in (*plan.applied, *plan.refused) if n.rule == rule]
    if rule == "one kernel" and any("this torch" in n for n in notes):
        pytest.skip(notes[0])
    assert text in notes
    x = torch.randn(9, 6, 6, 2)
    if any(hasattr(n.kind, "seed") for n in model.graph):  # training draws other numbers
        close(inferred(model, x, True), inferred(model, x, False), 2e-5, "inference")
    else:
        check_equal(model, x)


def test_the_first_trained_layers_are_named_and_really_give_no_gradient_further() -> None:
    model = stack(layers.Rescaling(2.0), conv(), conv())().train()
    model.layers[1].trainable = False
    notes = [n.nodes for n in model.plan(training=True).applied if n.rule == "first layer"]
    assert notes == [("conv2d_1",)]
    out = model(torch.randn(2, 6, 6, 2))
    (function,) = [f for f, _ in out.grad_fn.next_functions if f is not None][:1]
    while function.name() != "ConvolutionBackward0":
        function = function.next_functions[0][0]
    assert function.next_functions[0][0] is None


def test_constants_are_folded_in_float64_and_only_what_is_affine() -> None:
    plan = preprocessed().plan(training=True)
    (folded,) = (op for op in plan.operations if op.affine is not None)
    assert folded.affine == (0.75, -4.5)  # -(2 - (x / 4 - 0.5) 3 + 1) = 0.75 x - 4.5
    x = st.Input((4,))
    model = st.Model(x, abs((x + 1.0) / 2.0) ** 2 - 1.0 / (x + 3.0))
    assert [op.affine for op in model.plan().operations if op.affine] == [(0.5, 0.5)]
    whole = st.Input((4,), dtype="int32")
    assert st.Model(whole, (whole + 1) * 2).plan().applied == ()


def test_constants_of_bytes_are_those_of_floats() -> None:
    given = [layers.Rescaling((0.5, 0.25), offset=(1.0, 2.0)), layers.Rescaling(2.0)]
    model = stack(*given, conv("tanh"))().train()
    x = torch.randint(0, 256, (3, 6, 6, 2), dtype=torch.uint8)
    for built in (model, stack(given[0], conv("tanh"))().train()):
        assert torch.allclose(built(x), built(x.float()))


def test_what_no_output_needs_is_left_out() -> None:
    model = stack(conv(), layers.MaxPooling2D(), layers.ReLU())()
    graph = dataclasses.replace(model.graph, outputs=(model.graph.nodes[1].inputs[0],))
    plan = make_plan(graph, model._owners, Request(training=False))
    assert [n.text for n in plan.applied] == ["left out: no output depends on it"] * 3
    assert plan.operations == ()


def idle_cases() -> list[cases.Case]:
    made = [(case, case.make()) for case in cases.CASES if len(case.shapes) == 1]
    return [case for case, layer in made if layer.kind.idle(False)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("case", idle_cases(), ids=str)
def test_no_idle_layer_runs_in_inference(case: cases.Case) -> None:
    values = case.inputs()
    entry = st.Input(case.shapes[0], dtype=str(values[0].dtype))
    model = st.Model(entry, layers.Rescaling(2.0)(case.make()(entry)))
    assert [op.node for op in model.plan().operations] == ["rescaling"]
    x = torch.from_numpy(values[0])
    assert torch.equal(inferred(model, x, True), inferred(model, x, False))


@pytest.mark.parametrize("training", [False, True])
def test_a_penalty_on_values_that_nobody_reads_counts(training: bool) -> None:
    x = st.Input((4,))
    part = layers.Dense(3, name="read")(x)
    ends = [part, layers.ActivityRegularization(l2=0.5, name="penalty")(part)]
    model = st.Model(x, ends)
    graph = dataclasses.replace(model.graph, outputs=model.graph.outputs[:1])
    plan = make_plan(graph, model._owners, Request(training=training))
    assert [op.node for op in plan.operations] == ["read", "penalty"]
    said = [(n.rule, n.text) for n in plan.refused]
    assert ("unread", "nobody reads it, but it may do more than compute") in said


def test_evaluation_counts_the_penalty_of_a_layer_that_returns_its_input() -> None:
    penalty = layers.ActivityRegularization(l1=0.5, input_shape=(3,))
    model = st.Sequential([penalty, layers.Dropout(0.5)])
    model.compile(loss="mse")
    ones = torch.ones(8, 3)
    assert model.evaluate(ones, ones, verbose=0) == pytest.approx(1.5)


def test_auto_leaves_small_products_in_float32_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["striate.plan.rules.bfloat16_products"]
    monkeypatch.setattr(module, "fast_half", lambda device: ("bfloat16", ""))
    monkeypatch.setattr(library, "missing", lambda: "the test says so")
    model = stack(conv("relu"), layers.Flatten(), layers.Dense(4))()
    notes = [n.text for n in model.plan(training=True, precision="auto").refused]
    assert "too small: casts would cost more than they save" in notes


def test_auto_without_the_hardware_stays_float32_and_says_so() -> None:
    model = stack(conv("relu"))()
    plan = make_plan(model.graph, model._owners, Request(precision="auto", device="mps"))
    assert plan.precision == "float32"
    assert (
        "products stay float32: devices of type mps are not known to multiply bfloat16 natively"
    ) in [n.text for n in plan.refused]
