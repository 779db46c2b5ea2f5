"""Crossentropies against their definitions in NumPy; logits, smoothing, class axes, errors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError, ShapeError
from striate.training import losses
from tests.training.losses.cases import CLASSES, draw

pytestmark = pytest.mark.torch


def clip(p: np.ndarray) -> np.ndarray:
    return np.clip(p, 1e-7, 1 - 1e-7)


def test_binary_is_its_definition() -> None:
    y, p = draw("binary", 0)
    wanted = -(y * np.log(clip(p)) + (1 - y) * np.log(1 - clip(p))).mean(-1)
    np.testing.assert_allclose(losses.binary_crossentropy(y, p), wanted, rtol=1e-5)


def test_categorical_is_its_definition_also_for_rows_that_do_not_sum_to_one() -> None:
    y, p = draw("rows", 0)
    wanted = -(y * np.log(clip(p))).sum(-1)
    np.testing.assert_allclose(losses.categorical_crossentropy(y, p), wanted, rtol=1e-5)
    np.testing.assert_allclose(losses.categorical_crossentropy(y, 3 * p), wanted, rtol=1e-5)


def test_sparse_is_its_definition() -> None:
    y, p = draw("numbers", 0)
    wanted = -np.log(clip(p)[np.arange(len(y)), y])
    np.testing.assert_allclose(losses.sparse_categorical_crossentropy(y, p), wanted, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "int64", "float32", "float64"])
@pytest.mark.parametrize("from_logits", [False, True])
def test_class_numbers_of_every_dtype_and_as_a_column(dtype: str, from_logits: bool) -> None:
    y, p = draw("numbers_logits" if from_logits else "numbers", 1)
    loss = losses.SparseCategoricalCrossentropy(from_logits=from_logits)
    wanted = loss(y, p)
    assert torch.equal(loss(y.astype(dtype), p), wanted)
    assert torch.equal(loss(torch.tensor(y.astype(dtype))[:, None], p), wanted)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "none"])
def test_smoothed_class_numbers_are_smoothed_rows(
    smoothing: float, from_logits: bool, reduction: str
) -> None:
    y, p = draw("numbers_image_logits" if from_logits else "numbers_image", 2)
    arguments = {"from_logits": from_logits, "reduction": reduction, "label_smoothing": smoothing}
    sparse = losses.SparseCategoricalCrossentropy(**arguments)(y, p)
    rows = losses.CategoricalCrossentropy(**arguments)(np.eye(CLASSES)[y], p)
    torch.testing.assert_close(sparse, rows)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
@pytest.mark.parametrize("ignore_class", [1, 255, -1])
@pytest.mark.parametrize("from_logits", [False, True])
def test_ignored_labels_leave_the_sum_and_the_count(
    label_smoothing: float, ignore_class: int, from_logits: bool
) -> None:
    y, p = draw("numbers_image_logits" if from_logits else "numbers_image", 3)
    y[0, 0] = ignore_class
    kept = y != ignore_class
    common = {"from_logits": from_logits, "label_smoothing": label_smoothing}
    loss = losses.SparseCategoricalCrossentropy(ignore_class=ignore_class, **common)
    wanted = losses.SparseCategoricalCrossentropy(**common)(y[kept], p[kept])
    torch.testing.assert_close(loss(y, p), wanted)
    torch.testing.assert_close(loss(y, p, np.ones(y.shape)), wanted)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("BinaryCrossentropy", "binary_image_logits"),
        ("CategoricalCrossentropy", "rows_image_logits"),
        ("SparseCategoricalCrossentropy", "numbers_image_logits"),
    ],
)
@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight"])
def test_the_fused_mean_is_the_mean_of_the_plain_form(
    name: str, data: str, label_smoothing: float, reduction: str
) -> None:
    y, x = (torch.tensor(a) for a in draw(data, 4))
    y = y if name.startswith("Sparse") else y.float()
    loss = getattr(losses, name)(True, label_smoothing=label_smoothing, reduction=reduction)
    fused = loss.fused(y, x)
    assert fused is not None
    torch.testing.assert_close(fused, loss.call(y, x).mean())


@pytest.mark.parametrize(
    ("name", "activation", "data"),
    [
        ("BinaryCrossentropy", "sigmoid", "binary_logits"),
        ("BinaryFocalCrossentropy", "sigmoid", "binary_logits"),
        ("CategoricalCrossentropy", "softmax", "rows_image_logits"),
        ("CategoricalFocalCrossentropy", "softmax", "rows_image_logits"),
        ("SparseCategoricalCrossentropy", "softmax", "numbers_image_logits"),
    ],
)
def test_the_loss_of_logits_equals_that_of_probabilities(
    name: str, activation: str, data: str
) -> None:
    y, x = draw(data, 5)
    arguments = {"label_smoothing": 0.1, "reduction": "sum", "name": "mine"}
    loss = getattr(losses, name)(**arguments)
    of_logits = loss.from_logits_of(activation)
    assert of_logits is not None
    assert of_logits.get_config() == {**loss.get_config(), "from_logits": True}
    logits = torch.tensor(x, dtype=torch.float64)
    p = logits.softmax(-1) if activation == "softmax" else logits.sigmoid()
    torch.testing.assert_close(of_logits(y, logits), loss(y, p), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "loss",
    [
        losses.BinaryCrossentropy(),
        losses.BinaryCrossentropy(from_logits=True),
        losses.CategoricalCrossentropy(axis=1),
        losses.MeanSquaredError(),
        losses.LossFunctionWrapper(losses.mse),
    ],
)
def test_no_logits_form_where_the_activation_or_the_axis_is_another(loss: losses.Loss) -> None:
    assert loss.from_logits_of("softmax") is None


def test_a_user_class_keeps_its_own_meaning_of_the_predictions() -> None:
    class Mine(losses.CategoricalCrossentropy):
        def call(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
            return y_pred.sum(-1)

    assert Mine().from_logits_of("softmax") is None
    assert Mine(from_logits=True)([[0.0, 1.0]], [[1.0, 2.0]]) == 3


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("BinaryCrossentropy", "binary_logits"),
        ("BinaryFocalCrossentropy", "binary_logits"),
        ("CategoricalCrossentropy", "rows_logits"),
        ("CategoricalFocalCrossentropy", "rows_logits"),
        ("SparseCategoricalCrossentropy", "numbers_logits"),
    ],
)
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum"])
def test_gradients_from_logits_are_those_of_finite_differences(
    name: str, data: str, reduction: str
) -> None:
    y, x = draw(data, 6)
    loss = getattr(losses, name)(from_logits=True, label_smoothing=0.1, reduction=reduction)
    logits = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda z: loss(y, z), logits)


@pytest.mark.parametrize(
    ("name", "y"),
    [
        ("BinaryCrossentropy", [[0.0, 1.0]]),
        ("BinaryFocalCrossentropy", [[0.0, 1.0]]),
        ("CategoricalCrossentropy", [[1.0, 0.0]]),
        ("CategoricalFocalCrossentropy", [[1.0, 0.0]]),
        ("SparseCategoricalCrossentropy", [0]),
    ],
)
def test_extreme_logits_have_finite_losses_and_gradients(name: str, y: object) -> None:
    logits = torch.tensor([[-200.0, 200.0]], requires_grad=True)
    value = getattr(losses, name)(from_logits=True)(y, logits)
    value.backward()
    assert torch.isfinite(value)
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("name", ["BinaryCrossentropy", "CategoricalCrossentropy"])
def test_half_precision_is_computed_in_float32(name: str) -> None:
    y, x = draw("rows_logits", 7)
    logits = torch.tensor(x).bfloat16()
    value = getattr(losses, name)(from_logits=True)(y, logits)
    assert value.dtype == torch.float32
    assert value == getattr(losses, name)(from_logits=True)(y, logits.float())


def test_a_probability_loss_runs_under_autocast() -> None:
    with torch.autocast("cpu", torch.bfloat16):
        value = losses.BinaryCrossentropy()([[1.0]], torch.tensor([[0.5]]))
    assert value.dtype == torch.float32


def test_different_shapes_are_an_error() -> None:
    with pytest.raises(ShapeError) as caught:
        losses.BinaryCrossentropy()(torch.zeros(4, 2), torch.zeros(4, 3))
    assert str(caught.value) == (
        "binary_crossentropy: targets and predictions have different shapes. "
        "Got y_true.shape=(4, 2), y_pred.shape=(4, 3). Expected equal shapes."
    )
    with pytest.raises(ShapeError, match=r"^categorical_crossentropy: targets and predictions"):
        losses.CategoricalCrossentropy(from_logits=True)(torch.zeros(4, 1), torch.zeros(4, 3))


def test_labels_of_another_shape_are_an_error() -> None:
    for from_logits in (False, True):
        with pytest.raises(ShapeError) as caught:
            losses.SparseCategoricalCrossentropy(from_logits)(torch.zeros(4, 3), torch.ones(4, 3))
        assert str(caught.value) == (
            "sparse_categorical_crossentropy: labels do not fit the predictions. "
            "Got y_true.shape=(4, 3), y_pred.shape=(4, 3). "
            "Expected y_true.shape=(4,), one class number per prediction."
        )


def test_arguments_out_of_range_are_errors() -> None:
    with pytest.raises(ArgumentError) as caught:
        losses.CategoricalCrossentropy(label_smoothing=1.5)
    assert str(caught.value) == (
        "categorical_crossentropy (CategoricalCrossentropy): label_smoothing is out of range. "
        "Got label_smoothing=1.5. Expected label_smoothing in [0, 1]."
    )
    with pytest.raises(ArgumentError) as caught:
        losses.SparseCategoricalCrossentropy(axis=True)
    assert str(caught.value) == (
        "sparse_categorical_crossentropy (SparseCategoricalCrossentropy): "
        "the class axis is not a whole number. Got axis=True."
    )
