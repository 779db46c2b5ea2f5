"""Metrics by name, function and configuration; what "accuracy" means."""

from __future__ import annotations

import inspect
import json

import pytest
import torch

from striate.errors import ArgumentError, UnknownNameError
from striate.training import losses, metrics
from striate.training.losses.naming import snake_case
from striate.training.metrics.registry import ALIASES, CLASSES

pytestmark = pytest.mark.torch

PLAIN = [
    cls
    for cls in CLASSES
    if all(p.default is not p.empty for p in inspect.signature(cls).parameters.values())
    and cls is not metrics.Accuracy
]


def mine(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    return (y_true - y_pred).abs()


class Mine(metrics.Mean):
    def __init__(self, name: str = "mine") -> None:
        super().__init__(name)


@pytest.mark.parametrize("cls", PLAIN, ids=lambda cls: cls.__name__)
def test_a_class_is_found_by_every_spelling(cls: type[metrics.Metric]) -> None:
    name = snake_case(cls.__name__)
    for spelling in (cls.__name__, name, name.upper()):
        found = metrics.get(spelling)
        assert type(found) is cls
        assert found.name == spelling
    assert type(metrics.get(cls)) is cls
    assert getattr(metrics, cls.__name__) is cls


@pytest.mark.parametrize(("alias", "cls"), ALIASES.items())
def test_an_alias_is_the_name_in_logs(alias: str, cls: type[metrics.Metric]) -> None:
    assert type(metrics.get(alias)) is cls
    assert metrics.get(alias).name == alias
    assert type(metrics.get(alias.upper())) is cls


@pytest.mark.parametrize(
    ("output_shape", "loss", "kind"),
    [
        ((None, 1), None, "Binary"),
        ((None,), None, "Binary"),
        ((None, 8, 8, 1), "binary_crossentropy", "Binary"),
        ((None, 10), "sparse_categorical_crossentropy", "SparseCategorical"),
        ((None, 10), losses.SparseCategoricalCrossentropy(), "SparseCategorical"),
        (None, losses.SparseCategoricalCrossentropy(), "SparseCategorical"),
        ((None, 10), "categorical_crossentropy", "Categorical"),
        ((None, 10), losses.CategoricalFocalCrossentropy(), "Categorical"),
        ((None, 10), "binary_crossentropy", ""),
        ((None, 10), mine, ""),
        ((None, 10), None, ""),
        (None, None, ""),
    ],
)
@pytest.mark.parametrize("name", ["accuracy", "acc", "Accuracy", "ce", "crossentropy"])
def test_accuracy_and_crossentropy_follow_the_output_and_the_loss(
    output_shape, loss, kind: str, name: str
) -> None:
    metric = metrics.get(name, output_shape=output_shape, loss=loss)
    word = "Accuracy" if name.lower().startswith("acc") else "Crossentropy"
    assert type(metric).__name__ == (f"{kind}{word}" if kind else f"{word}ByShape")
    assert metric.name == name


@pytest.mark.parametrize(
    ("function", "cls"),
    [
        (metrics.binary_accuracy, metrics.BinaryAccuracy),
        (metrics.sparse_categorical_accuracy, metrics.SparseCategoricalAccuracy),
        (metrics.top_k_categorical_accuracy, metrics.TopKCategoricalAccuracy),
        (losses.mean_squared_error, metrics.MeanSquaredError),
        (metrics.mae, metrics.MeanAbsoluteError),
        (metrics.cosine_similarity, metrics.CosineSimilarity),
    ],
)
def test_a_known_function_is_its_metric(function, cls: type[metrics.Metric]) -> None:
    metric = metrics.get(function)
    assert type(metric) is cls
    assert metric.name == function.__name__


def test_functions_classes_and_losses_of_the_users_own() -> None:
    metric = metrics.get(mine)
    assert (type(metric), metric.name) == (metrics.MeanMetricWrapper, "mine")
    assert metric(torch.tensor([1.0, 1.0]), torch.tensor([2.0, 4.0])) == 2
    assert type(metrics.get(Mine)) is Mine
    loss = metrics.get(losses.Huber())
    assert loss.name == "huber_loss"
    assert loss([[0.0]], [[1.0]]) == 0.5
    assert metrics.get(metric) is metric
    assert metrics.get(losses.huber)([[0.0]], [[1.0]]) == 0.5


def test_metrics_of_the_users_own_come_back_if_they_are_named() -> None:
    own = {"Mine": Mine, "mine": mine}
    wrapped = json.loads(json.dumps(metrics.serialize(metrics.MeanMetricWrapper(mine))))
    assert metrics.deserialize(wrapped, own)(torch.ones(1), torch.zeros(1)) == 1
    assert type(metrics.deserialize(metrics.serialize(Mine()), own)) is Mine
    function = {"class_name": "function", "config": "mean_squared_error"}
    assert type(metrics.deserialize(function)) is metrics.MeanSquaredError
    huber = metrics.serialize(metrics.MeanMetricWrapper(losses.huber, delta=2.0))
    assert metrics.deserialize(huber)([[0.0]], [[5.0]]) == 8
    policy = {"class_name": "Mean", "config": {"dtype": {"class_name": "DTypePolicy"}}}
    assert metrics.deserialize(policy).dtype is None
    with pytest.raises(UnknownNameError) as caught:
        metrics.deserialize(wrapped)
    assert str(caught.value).startswith("unknown metric. Got 'mine'. ")


def test_an_unknown_name_is_an_error_with_the_nearest_names() -> None:
    with pytest.raises(UnknownNameError) as caught:
        metrics.get("binary_acuracy")
    assert str(caught.value) == (
        "unknown metric. Got 'binary_acuracy'. "
        "Did you mean 'binary_accuracy' or 'binary_io_u' or 'accuracy'?"
    )


def test_what_is_no_metric_or_needs_arguments_is_an_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        metrics.get(3)
    assert str(caught.value) == (
        "metrics.get: this is not a metric. Got identifier=3. "
        "Expected a name, a function f(y_true, y_pred), a Metric or its configuration."
    )
    with pytest.raises(ArgumentError) as caught:
        metrics.get("MeanIoU")
    assert str(caught.value) == (
        "metrics.get: the metric needs arguments. Got identifier='MeanIoU'. "
        "Pass an object: metrics.MeanIoU(...)."
    )
    with pytest.raises(ArgumentError) as caught:
        metrics.get({"name": "auc"})
    assert str(caught.value) == (
        "metrics.deserialize: a configuration without class_name. Got keys=('name',). "
        'Expected {"class_name": ..., "config": {...}}.'
    )
