"""The base class: losses of the user's own, dtypes, configurations, fused forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError
from striate.training import losses
from tests.training.losses.cases import CASES, Case, draw

pytestmark = pytest.mark.torch


class Distance(losses.Loss):
    def call(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        return (y_true - y_pred).abs().sum(-1)


def test_a_loss_of_the_users_own_is_reduced_and_weighed() -> None:
    y, p = np.zeros((2, 3)), np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]])
    assert Distance()(y, p) == 4.5
    assert Distance(reduction="sum")(y, p, [1.0, 0.5]) == 6
    assert Distance(reduction=None)(y, p).tolist() == [3, 6]
    assert Distance().name == "distance"
    assert Distance(name="far").name == "far"


def test_targets_arrive_in_the_dtype_of_the_predictions() -> None:
    seen = []

    class Look(losses.Loss):
        def call(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
            seen.append((y_true.dtype, y_pred.dtype))
            return y_pred

    Look()(np.zeros(3, "uint8"), torch.zeros(3))
    Look()(torch.zeros(3, dtype=torch.int64), torch.zeros(3, dtype=torch.float16))
    Look(dtype="float64")([1], [1.0])
    assert seen == [(torch.float32,) * 2, (torch.float32,) * 2, (torch.float64,) * 2]


def test_a_call_of_ones_own_is_not_answered_by_the_fused_form_of_the_parent() -> None:
    class Half(losses.MeanSquaredError):
        def call(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
            return super().call(y_true, y_pred) / 2

    class Same(losses.MeanSquaredError):
        pass

    assert Half()([[0.0]], [[2.0]]) == 2
    assert Same()([[0.0]], [[2.0]]) == 4


def test_a_function_becomes_a_loss() -> None:
    def worst(y_true: torch.Tensor, y_pred: torch.Tensor, power: float = 1.0) -> torch.Tensor:
        return (y_true - y_pred).abs().pow(power).amax()

    loss = losses.LossFunctionWrapper(worst, power=2.0)
    assert loss([1.0, 2.0], [1.0, 5.0]) == 9
    assert loss.name == "worst"
    assert loss.get_config() == {
        "fn": worst,
        "name": "worst",
        "reduction": "sum_over_batch_size",
        "power": 2.0,
    }


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_configuration_makes_an_equal_loss(case: Case) -> None:
    loss = getattr(losses, case.name)(**case.arguments, reduction="sum", name="mine")
    again = type(loss).from_config(loss.get_config())
    assert again.get_config() == loss.get_config()
    assert {"name", "reduction", *case.arguments} <= set(loss.get_config())
    y_true, y_pred = draw(case.data, 0)
    assert torch.equal(again(y_true, y_pred), loss(y_true, y_pred))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_fused_form_equals_the_plain_one(case: Case) -> None:
    loss = getattr(losses, case.name)(**case.arguments)
    y_true, y_pred = (torch.tensor(a) for a in draw(case.data, 1))
    y_pred = y_pred.float()
    y_true = y_true if loss.integer_targets else y_true.float()
    fused = loss.fused(y_true, y_pred)
    if fused is not None and case.arguments.get("ignore_class") is None:
        torch.testing.assert_close(fused, loss.call(y_true, y_pred).mean())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients_are_those_of_finite_differences(case: Case) -> None:
    loss = getattr(losses, case.name)(**case.arguments)
    y_true, y_pred = draw(case.data, 2)
    predictions = torch.tensor(y_pred, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda p: loss(y_true, p), predictions)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_targets_weights_and_predictions_may_be_lists(case: Case) -> None:
    y_true, y_pred = draw(case.data, 3)
    loss = getattr(losses, case.name)(**case.arguments)
    torch.testing.assert_close(
        loss(y_true.tolist(), y_pred.tolist()), loss(y_true, y_pred.astype("float32"))
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_loss_never_waits_for_the_device(case: Case) -> None:
    # The device without data stands for an accelerator: reading from it would be an error.
    y_true, y_pred = (torch.tensor(a).to("meta") for a in draw(case.data, 4))
    for reduction in ("sum_over_batch_size", "mean_with_sample_weight"):
        loss = getattr(losses, case.name)(**case.arguments, reduction=reduction)
        predictions = y_pred.float().requires_grad_(True)
        assert loss(y_true, predictions).device.type == "meta"
        weight = torch.ones(() if case.name in ("CosineSimilarity", "Dice") else len(y_pred))
        loss(y_true, predictions, weight).backward()
        assert predictions.grad is not None


def test_an_unknown_dtype_is_an_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        losses.Huber(dtype="float31")
    assert str(caught.value) == (
        "huber_loss (Huber): unknown dtype. Got dtype='float31'. "
        'Expected a name such as "float32" or "float64".'
    )


def test_the_dtype_is_part_of_the_configuration() -> None:
    loss = losses.Huber(dtype=torch.float64)
    assert loss.get_config()["dtype"] == "float64"
    assert loss([[1]], torch.zeros(1, 1)).dtype == torch.float64
    assert "dtype" not in losses.Huber().get_config()
    assert repr(losses.Huber(2.0)) == (
        "Huber(delta=2.0, name='huber_loss', reduction='sum_over_batch_size')"
    )
