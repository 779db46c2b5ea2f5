"""What holds for every metric: devices, no waiting, state, configurations; metrics of one's own."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from striate.errors import ArgumentError, CheckpointError, ShapeError
from striate.training import metrics
from tests.training.metrics.cases import AREAS, CASES, Case, draw

pytestmark = pytest.mark.torch

OURS = [
    Case("ConfusionMatrix", {"num_classes": 5}, "numbers"),
    Case("AccuracyByShape", {}, "rows"),
    Case("CrossentropyByShape", {}, "numbers"),
]
ALL = CASES + AREAS[:8] + OURS
WAITING = ("_local_scalar_dense", "nonzero", "masked_select", "unique", "bincount", "equal")


def made(case: Case) -> metrics.Metric:
    metric = getattr(metrics, case.name)(**case.arguments)
    assert isinstance(metric, metrics.Metric)
    return metric


class NoWaiting(TorchDispatchMode):
    """Fails on operations that would make the host wait for a device."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.__name__.split(".")[0]
        assert name not in WAITING, f"{func} waits for the device"
        if name == "index":
            assert all(i is None or i.dtype is not torch.bool for i in args[1]), "bool index"
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("case", ALL, ids=str)
def test_an_update_never_waits_for_the_device(case: Case) -> None:
    metric = made(case)
    y_true, y_pred = (torch.tensor(a) for a in draw(case.data, 0))
    with NoWaiting():
        metric.update_state(y_true, y_pred)
        for shape in case.weights:
            metric.update_state(y_true, y_pred, torch.ones(shape))


@pytest.mark.parametrize("case", ALL, ids=str)
def test_state_moves_to_the_device_of_the_first_batch(case: Case) -> None:
    metric = made(case)
    # The device without data stands for an accelerator: reading from it would be an error.
    y_true, y_pred = (torch.tensor(a).to("meta") for a in draw(case.data, 0))
    metric.update_state(y_true, y_pred)
    for shape in case.weights:
        metric.update_state(y_true, y_pred, torch.ones(shape, device="meta"))
    assert metric.variables
    assert {variable.device.type for variable in metric.variables} == {"meta"}


@pytest.mark.parametrize("case", ALL, ids=str)
def test_many_batches_are_one_large_batch_and_a_reset_forgets(case: Case) -> None:
    metric, whole = made(case), made(case)
    batches = [draw(case.data, seed) for seed in range(3)]
    metric.update_state(*batches[2])
    metric.reset_state()
    for y_true, y_pred in batches:
        metric.update_state(y_true, y_pred)
    if case.name not in ("Hinge", "SquaredHinge"):  # they look at the targets of a whole batch
        whole.update_state(*(np.concatenate(parts) for parts in zip(*batches, strict=True)))
        torch.testing.assert_close(metric.result(), whole.result(), rtol=1e-6, atol=1e-6)
    assert torch.equal(metric.result(), metric.result())


@pytest.mark.parametrize("case", ALL, ids=str)
def test_the_configuration_makes_an_equal_metric(case: Case) -> None:
    metric = made(case)
    metric.name = "mine"
    again = metrics.get(json.loads(json.dumps(metrics.serialize(metric))))
    assert type(again) is type(metric)
    assert again.name == "mine"
    batch = draw(case.data, 1)
    assert torch.equal(again(*batch), metric(*batch))


@pytest.mark.parametrize("case", ALL, ids=str)
def test_saved_state_continues_in_a_new_metric(case: Case) -> None:
    metric, again = made(case), made(case)
    assert again.state_dict() == {} or again.variables[0].is_allocated
    metric.update_state(*draw(case.data, 0))
    state = metric.state_dict()
    again.load_state_dict(state)
    for one in (metric, again):
        one.update_state(*draw(case.data, 1))
    assert torch.equal(again.result(), metric.result())
    made(case).load_state_dict(made(case).state_dict())


@pytest.mark.parametrize("case", ALL, ids=str)
def test_inference_mode_and_training_share_a_metric(case: Case) -> None:
    metric = made(case)
    batch = [torch.tensor(a) for a in draw(case.data, 0)]
    with torch.inference_mode():
        metric.update_state(*batch)
        metric.reset_state()
        metric.update_state(*batch)
    first = metric.result()
    metric.reset_state()
    metric.update_state(*batch)
    torch.testing.assert_close(metric.result(), first)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_no_graph_grows_behind_a_metric(case: Case) -> None:
    metric = made(case)
    y_true, y_pred = (torch.tensor(a) for a in draw(case.data, 0))
    if y_pred.is_floating_point():
        y_pred.requires_grad_(True)
    metric.update_state(y_true, y_pred)
    assert not metric.result().requires_grad
    assert all(not variable.value.requires_grad for variable in metric.variables)


def test_the_result_has_the_dtype_that_was_asked_for() -> None:
    assert metrics.Mean(dtype="float32")([1.0]).dtype == torch.float32
    assert metrics.AUC(dtype=torch.float32)([0, 1], [0.1, 0.9]).dtype == torch.float32
    assert metrics.Mean().result().dtype == torch.float64
    assert metrics.Mean(dtype="float32").get_config() == {"name": "mean", "dtype": "float32"}
    with pytest.raises(ArgumentError) as caught:
        metrics.Precision(dtype="real")
    assert str(caught.value) == (
        "precision (Precision): unknown dtype. Got dtype='real'. "
        'Expected a name such as "float32" or "float64".'
    )


class F1(metrics.Metric):
    """As users of Keras 3 write it, with metrics inside."""

    def __init__(self, name: str = "f1", **kwargs: object) -> None:
        super().__init__(name=name, **kwargs)
        self.parts = [metrics.Precision(), metrics.Recall()]

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        for part in self.parts:
            part.update_state(y_true, y_pred, sample_weight)

    def result(self):
        precision, recall = (part.result() for part in self.parts)
        return 2 * precision * recall / (precision + recall + 1e-7)


class Bias(metrics.Metric):
    """As users of Keras write it, old and new, with arithmetic on the state."""

    def __init__(self) -> None:
        super().__init__(name="bias")
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight("count", initializer="zeros")
        self.seen = self.add_variable(shape=(2,), initializer="ones", name="seen", dtype="int32")

    def update_state(self, y_true, y_pred, sample_weight=None) -> None:
        self.total.assign_add(torch.sum(y_pred - y_true))
        self.count.assign(self.count + y_pred.shape[0])
        self.seen += 1

    def result(self):
        return self.total / self.count


def test_a_metric_of_metrics_is_saved_and_reset_with_them() -> None:
    metric = F1()
    metric.update_state([0, 1, 1], torch.tensor([0.9, 0.9, 0.1]))
    assert metric.result().item() == pytest.approx(0.5)
    assert list(metric.state_dict()) == ["0.counts", "1.counts"]
    metric.reset_states()
    assert metric.result() == 0


def test_a_metric_with_weights_of_its_own() -> None:
    metric = Bias()
    for _ in range(3):
        metric.update_state(torch.zeros(4), torch.full((4,), 0.5))
    assert metric.result() == 0.5
    assert metric.seen.value.tolist() == [4, 4]
    assert metric.seen.dtype == torch.int32
    assert [variable.name for variable in metric.variables] == ["total", "count", "seen"]
    metric.reset_state()
    assert metric.seen.value.tolist() == [1, 1]


def test_counts_stay_exact_in_long_epochs() -> None:
    metric = metrics.SparseCategoricalAccuracy()
    metric.total.assign(2.0**40)
    metric.count.assign(2.0**41)
    metric.update_state([1], [[0.0, 1.0]])
    assert float(metric.total) == 2**40 + 1
    assert float(metric.count) == 2**41 + 1


def test_a_state_of_another_metric_is_an_error() -> None:
    with pytest.raises(CheckpointError) as caught:
        metrics.Mean().load_state_dict({"0.sum": torch.zeros(())})
    assert str(caught.value) == (
        "mean (Mean): the saved state is that of another metric. Got names=('0.sum',). "
        "Expected ('0.total', '1.count')."
    )
    with pytest.raises(ShapeError):
        metrics.ConfusionMatrix(3).load_state_dict({"0.matrix": torch.zeros(2, 2)})
