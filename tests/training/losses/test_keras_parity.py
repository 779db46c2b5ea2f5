"""Values and gradients of every loss equal those of the real Keras, within float32 rounding."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch

from striate.training import losses
from striate.training.losses import registry
from tests.keras_oracle import keras
from tests.training.losses.cases import CASES, CLASSES, Case, draw

pytestmark = [pytest.mark.torch, pytest.mark.keras]

# Keras has none of these arguments: its constructor has no smoothing of class numbers, and
# "crossentropy" is no class of its.
OURS_ALONE = {"SparseCategoricalCrossentropy": {"label_smoothing"}}
REDUCTIONS = ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None]

# Sums of at most 120 float32 terms of size 1 to 16: a few units in the last place.
TOLERANCE = {"rtol": 2e-5, "atol": 2e-6}


def value_and_gradient(loss, y_true, y_pred, weight=None):
    predictions = torch.tensor(y_pred, dtype=torch.float32, requires_grad=True)
    value = loss(torch.tensor(y_true), predictions, weight)
    (gradient,) = torch.autograd.grad(value.sum(), predictions)
    return value.detach().numpy(), gradient.numpy()


def assert_equal(case: Case, weight_of, reduction, seed: int) -> None:
    y_true, y_pred = draw(case.data, seed)
    weight = weight_of(np.random.default_rng(seed + 1), y_pred.shape)
    arguments = {**case.arguments, "reduction": reduction}
    ours = value_and_gradient(getattr(losses, case.name)(**arguments), y_true, y_pred, weight)
    if case.name.startswith("Sparse") and y_pred.ndim > 2:
        # Keras 3.15.1 on torch cannot differentiate this loss of images: rows of classes instead.
        y_true, y_pred = y_true.reshape(-1), y_pred.reshape(-1, CLASSES)
        weight = None if weight is None else weight.reshape(-1)
    theirs = value_and_gradient(
        getattr(keras.losses, case.name)(**arguments), y_true, y_pred, weight
    )
    for mine, reference in zip(ours, theirs, strict=True):
        assert mine.size == reference.size
        np.testing.assert_allclose(mine, reference.reshape(mine.shape), **TOLERANCE)


def one_per_value(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return random.uniform(0, 2, shape[:-1]).astype("float32")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_value_and_gradient(case: Case) -> None:
    for seed in range(3):
        assert_equal(case, lambda random, shape: None, "sum_over_batch_size", seed)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("case", CASES[::4], ids=str)
def test_every_reduction_with_and_without_weights(case: Case, reduction: str | None) -> None:
    assert_equal(case, lambda random, shape: None, reduction, 7)
    if case.name != "CosineSimilarity":
        assert_equal(case, one_per_value, reduction, 7)


@pytest.mark.parametrize("shape", [(), (6,), (6, 1), (1,)])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_weights_of_every_shape(shape: tuple[int, ...], reduction: str | None) -> None:
    case = Case("MeanSquaredError", {}, "real")
    assert_equal(
        case,
        lambda random, _: np.asarray(random.uniform(0, 2, shape), "float32"),
        reduction,
        3,
    )


@pytest.mark.parametrize("reduction", REDUCTIONS[:4])
def test_weights_that_sum_to_zero_give_zero(reduction: str) -> None:
    case = Case("MeanAbsoluteError", {}, "real")
    assert_equal(case, lambda random, shape: np.zeros(shape[0], "float32"), reduction, 3)


@pytest.mark.parametrize("from_logits", [False, True])
def test_only_ignored_labels_give_zero(from_logits: bool) -> None:
    arguments = {"from_logits": from_logits, "ignore_class": 1}
    for library in (losses, keras.losses):
        loss = library.SparseCategoricalCrossentropy(**arguments)
        assert float(loss(torch.tensor([1, 1]), torch.tensor([[0.3, 0.7], [0.5, 0.5]]))) == 0


@pytest.mark.parametrize(
    ("y_shape", "p_shape"),
    [((6,), (6, 1)), ((6, 1), (6,)), ((6, 2, 1), (6, 2)), ((6, 2), (6, 2, 1))],
)
@pytest.mark.parametrize("name", ["MeanSquaredError", "BinaryCrossentropy"])
def test_ranks_that_differ_by_a_one(name: str, y_shape, p_shape) -> None:
    random = np.random.default_rng(0)
    y_true = random.integers(0, 2, y_shape).astype("float32")
    y_pred = random.uniform(size=p_shape).astype("float32")
    ours = getattr(losses, name)(reduction="none")(y_true, y_pred).numpy()
    theirs = getattr(keras.losses, name)(reduction="none")(y_true, y_pred).numpy()
    np.testing.assert_allclose(ours, theirs, **TOLERANCE)


@pytest.mark.parametrize("case", [c for c in CASES if c.function], ids=str)
def test_the_function_equals_keras_function(case: Case) -> None:
    y_true, y_pred = (torch.tensor(a) for a in draw(case.data, 11))
    y_pred = y_pred.float()
    ours = getattr(losses, case.function)(y_true, y_pred, **case.arguments).numpy()
    theirs = getattr(keras.losses, case.function)(y_true, y_pred, **case.arguments).numpy()
    np.testing.assert_allclose(ours, theirs, **TOLERANCE)


@pytest.mark.parametrize("cls", registry.CLASSES, ids=lambda cls: cls.__name__)
def test_arguments_and_defaults_are_those_of_keras(cls: type) -> None:
    if cls.__name__ == "Crossentropy":
        return
    ours = inspect.signature(cls).parameters
    theirs = inspect.signature(getattr(keras.losses, cls.__name__)).parameters
    extra = OURS_ALONE.get(cls.__name__, set())
    assert [n for n in ours if n not in extra] == list(theirs)
    assert {n: p.default for n, p in ours.items() if n not in extra} == {
        n: p.default for n, p in theirs.items()
    }


@pytest.mark.parametrize("cls", registry.CLASSES, ids=lambda cls: cls.__name__)
def test_configurations_that_keras_writes_are_read(cls: type) -> None:
    if cls.__name__ == "Crossentropy":
        return
    theirs = keras.losses.serialize(getattr(keras.losses, cls.__name__)(name="mine"))
    assert losses.deserialize(theirs).name == "mine"


@pytest.mark.parametrize(("y_shape", "p_shape"), [((6,), (6, 1)), ((6,), (6, 4)), ((6, 4), (6, 4))])
def test_crossentropy_chooses_as_compile_does(y_shape, p_shape) -> None:
    from keras.src.trainers.compile_utils import get_loss

    random = np.random.default_rng(1)
    y_true = random.integers(0, 2, y_shape).astype("float32")
    y_pred = random.uniform(0.1, 0.9, p_shape).astype("float32")
    theirs = get_loss("ce", y_true, y_pred)(y_true, y_pred)
    np.testing.assert_allclose(losses.get("ce")(y_true, y_pred), theirs, **TOLERANCE)
