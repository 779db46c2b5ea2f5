"""The total, its parts and the metrics over an epoch, with weights and penalties; and restarts."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from striate import training
from striate.errors import CheckpointError
from striate.training.objective import LossTerm, MetricTerm, Objective
from striate.training.state_tree import flatten, rebuild

pytestmark = pytest.mark.torch


def two_outputs() -> Objective:
    losses = training.losses
    return Objective(
        [
            LossTerm(0, losses.MeanSquaredError(), 2.0, "a"),
            LossTerm(1, losses.MeanAbsoluteError(), None, "b"),
        ],
        [
            MetricTerm(0, training.metrics.MeanAbsoluteError(name="mae"), "a_mae", False),
            MetricTerm(1, training.metrics.MeanAbsoluteError(name="mae"), "b_mae", True),
        ],
        [None, None],
    )


def batches() -> list[tuple[Any, Any, Any]]:
    generator = torch.Generator().manual_seed(0)
    found = []
    for count in (8, 8, 3):
        pairs = [torch.randn(2, count, 2, generator=generator) for _ in range(2)]
        weight = torch.rand(count, generator=generator)
        found.append(([p[0] for p in pairs], tuple(p[1] for p in pairs), weight))
    return found


def feed(objective: Objective, some: list[tuple[Any, Any, Any]]) -> None:
    for targets, outputs, weight in some:
        weights = (weight, weight)
        loss = objective.total(targets, outputs, weights)
        objective.record(loss + 1.0, targets, outputs, weights, len(weight))


def test_means_weigh_batches_by_size() -> None:
    objective = two_outputs()
    feed(objective, batches())
    a, b, n, mae_a, mae_b, weights = 0.0, 0.0, 0, 0.0, 0.0, 0.0
    for (ta, tb), (pa, pb), weight in batches():
        w, count = weight.numpy().astype(float), len(weight)
        a += (w * ((ta - pa).numpy() ** 2).mean(-1)).mean() * count
        b += (w * np.abs((tb - pb).numpy()).mean(-1)).mean() * count
        mae_a += np.abs((ta - pa).numpy()).mean(-1).sum()
        mae_b += (w * np.abs((tb - pb).numpy()).mean(-1)).sum()
        n, weights = n + count, weights + w.sum()
    expected = {
        "a_loss": a / n,
        "a_mae": mae_a / n,
        "b_loss": b / n,
        "b_mae": mae_b / weights,
        "loss": (2 * a + b) / n + 1.0,
    }
    found = objective.results()
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-6), name


def test_reset_forgets_everything() -> None:
    objective = two_outputs()
    feed(objective, batches()[:1])
    first = objective.results()
    feed(objective, batches())
    objective.reset()
    feed(objective, batches()[:1])
    assert objective.results() == first


def test_an_interrupted_epoch_continues_bit_for_bit() -> None:
    whole, first, second = two_outputs(), two_outputs(), two_outputs()
    feed(whole, batches())
    feed(first, batches()[:2])
    arrays: dict[str, Any] = {}
    text = json.dumps(flatten(first.state_dict(), arrays, "objective"))
    second.load_state_dict(rebuild(json.loads(text), arrays), torch.device("cpu"))
    feed(second, batches()[2:])
    assert second.results() == whole.results()


def test_the_state_of_other_metrics_is_refused() -> None:
    other = Objective([LossTerm(0, training.losses.Hinge(), None, "a")], [], [None])
    with pytest.raises(CheckpointError) as caught:
        other.load_state_dict(two_outputs().state_dict(), torch.device("cpu"))
    assert str(caught.value) == (
        "resume: the losses or metrics are not those of the checkpoint. Got metrics=(), losses=1. "
        "Expected ('a_mae', 'b_mae') and 2 losses. Compile as before, or use another "
        "checkpoint_dir."
    )


def test_metrics_see_predictions_where_the_module_gives_logits() -> None:
    accuracy = training.metrics.BinaryAccuracy(name="accuracy")
    loss = training.losses.BinaryCrossentropy(from_logits=True)
    objective = Objective(
        [LossTerm(0, loss, None, "output")],
        [MetricTerm(0, accuracy, "accuracy", False)],
        ["sigmoid"],
    )
    logits, targets = torch.tensor([[0.2], [-0.2]]), torch.tensor([[1.0], [0.0]])
    objective.record(torch.tensor(0.0), (targets,), (logits,), (None,), 2)
    assert objective.results()["accuracy"] == 1.0
    assert torch.equal(objective.predictions((logits,))[0], torch.sigmoid(logits))
