"""Losses and metrics find their outputs; names in logs are Keras's."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from striate import training
from striate.errors import ArgumentError, UnknownNameError
from striate.training import Compiled
from striate.training.objective import Objective
from striate.training.outputs import layout_of

pytestmark = pytest.mark.torch

A, B = torch.zeros(4, 3), torch.zeros(4, 1)


def bound(outputs: Any, names: list[str] | None = None, **arguments: Any) -> Objective:
    compiled = Compiled("sgd", **arguments)
    layout = layout_of(outputs, names)
    losses = compiled.losses_of(layout.names)
    return compiled.bind(layout, layout.flatten(outputs), losses, [None] * layout.count)


def test_one_output() -> None:
    objective = bound(A, loss="sparse_categorical_crossentropy", metrics=["acc", "mae"])
    assert objective.names == ("loss", "acc", "mae")
    assert objective.keys == ("acc", "loss", "mae")
    assert bound(A, loss=["mse"], metrics="accuracy").names == ("loss", "accuracy")
    assert bound(A, ["head"], loss={"head": "mse"}, metrics={"head": ["mae"]}).names == (
        "loss",
        "mae",
    )


def test_two_outputs() -> None:
    for loss in (["mse", "mae"], {"b": "mae", "a": "mse"}):
        objective = bound((A, B), ["a", "b"], loss=loss, metrics={"b": "accuracy", "a": ["mae"]})
        assert objective.names == ("loss", "a_loss", "b_loss", "a_mae", "b_accuracy")
        assert [term.loss.name for term in objective.losses] == [
            "mean_squared_error",
            "mean_absolute_error",
        ]


def test_one_loss_serves_all_outputs_and_none_leaves_one_out() -> None:
    objective = bound((A, B), ["a", "b"], loss="mse", loss_weights=[1.0, 0.5])
    assert [(term.name, term.factor) for term in objective.losses] == [("a", 1.0), ("b", 0.5)]
    objective = bound((A, B), ["a", "b"], loss={"b": "mse"}, metrics=[["mae"], None])
    assert objective.names == ("loss", "a_mae")
    assert bound(A, loss="mse", loss_weights=0.25).losses[0].factor == 0.25


def test_names_that_occur_twice() -> None:
    mse = training.metrics.MeanSquaredError
    objective = bound(
        A, loss="mse", metrics=["mse", mse(name="mse")], weighted_metrics=["mse", "mae"]
    )
    assert [term.key for term in objective.metrics] == ["mse", "mse_1", "weighted_mse", "mae"]
    assert [term.weighted for term in objective.metrics] == [False, False, True, True]


def test_the_same_form_keeps_its_objective_and_another_gets_a_new_one() -> None:
    compiled = Compiled("sgd", "mse", metrics=["mae"])
    losses = compiled.losses_of(["output"])
    layout = layout_of(A, None)
    first = compiled.bind(layout, (A,), losses, [None])
    assert compiled.bind(layout, (torch.ones(9, 3),), losses, [None]) is first
    assert compiled.bind(layout, (B,), losses, [None]) is not first
    assert Compiled("sgd", "mse").metrics_names == ["loss"]


def test_unknown_names_are_errors_at_once() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown optimizer\. Got 'adan'"):
        Compiled("adan", "mse")
    with pytest.raises(UnknownNameError, match=r"unknown loss\. Got 'msee'"):
        Compiled("sgd", {"a": "msee"})
    with pytest.raises(UnknownNameError, match=r"unknown metric\. Got 'accurracy'"):
        Compiled("sgd", "mse", metrics={"a": ["accurracy"]})


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            {"loss": ["mse"]},
            "compile (loss): the number of entries is not that of the outputs. Got entries=1. "
            "Expected 2, for ('a', 'b'). Use loss={\"a\": ..., \"b\": ...}.",
        ),
        (
            {"loss": "mse", "metrics": ["accuracy"]},
            "compile (metrics): the number of entries is not that of the outputs. Got entries=1. "
            "Expected 2, for ('a', 'b'). Use metrics={\"a\": ..., \"b\": ...}.",
        ),
        (
            {"loss": "mse", "loss_weights": 2.0},
            "compile (loss_weights): the number of entries is not that of the outputs. Got "
            "entries=1. Expected 2, for ('a', 'b'). Use loss_weights={\"a\": ..., \"b\": ...}.",
        ),
        (
            {"loss": {"a": "mse", "c": "mse"}},
            "compile (loss): the module has no outputs of these names. Got names=('c',). "
            "Expected names among ('a', 'b').",
        ),
    ],
)
def test_what_does_not_fit_the_outputs(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        bound((A, B), ["a", "b"], **arguments)
    assert str(caught.value) == text


def test_a_loss_that_is_not_reduced() -> None:
    objective = bound(A, loss=training.losses.MeanSquaredError(reduction=None))
    with pytest.raises(ArgumentError) as caught:
        objective.total((A,), (A,), (None,))
    assert str(caught.value) == (
        "output (MeanSquaredError): the loss of a batch is not one number. Got shape=(4,), "
        'reduction=None. Expected a scalar. Use reduction="sum_over_batch_size".'
    )
