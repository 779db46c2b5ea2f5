"""Results of every metric, batch after batch, equal those of the real Keras."""

from __future__ import annotations

import inspect
import re
import warnings

import numpy as np
import pytest
import torch

from striate.training import metrics
from striate.training.metrics import registry
from tests.keras_oracle import keras
from tests.training.metrics.cases import AREAS, CASES, Case, draw

pytestmark = [pytest.mark.torch, pytest.mark.keras]

# Keras sums in float32; the 1e-7 that it adds to divisors weighs more against its rounding.
TOLERANCE = {"rtol": 2e-5, "atol": 2e-6}
OURS_ALONE = {"AccuracyByShape", "ConfusionMatrix", "CrossentropyByShape"}
THEIRS_TOO = [cls for cls in registry.CLASSES if cls.__name__ not in OURS_ALONE]


def assert_equal(case: Case, shape: tuple[int, ...] | None, batches: int = 3) -> None:
    ours = getattr(metrics, case.name)(**case.arguments)
    theirs = getattr(keras.metrics, case.name)(**case.arguments)
    for seed in range(batches):
        y_true, y_pred = draw(case.data, seed)
        weight = None
        if shape is not None:
            weight = np.random.default_rng(seed).integers(0, 5, shape) / 2
            weight = np.asarray(weight, "float32")
        ours.update_state(y_true, torch.tensor(y_pred), weight)
        theirs.update_state(y_true, y_pred, weight)
        got, wanted = ours.result().numpy(), np.asarray(theirs.result())
        assert got.shape == wanted.shape
        np.testing.assert_allclose(got, wanted, **TOLERANCE)
    ours.reset_state()
    theirs.reset_state()
    y_true, y_pred = draw(case.data, 9)
    np.testing.assert_allclose(ours(y_true, y_pred), theirs(y_true, y_pred), **TOLERANCE)


@pytest.mark.parametrize("case", CASES + AREAS, ids=str)
def test_result(case: Case) -> None:
    for shape in (None, *case.weights):
        assert_equal(case, shape)


@pytest.mark.parametrize("name", ["Sum", "Mean"])
@pytest.mark.parametrize("values", [(), (5,), (5, 3), (5, 3, 2)])
@pytest.mark.parametrize("weight", [None, (), (5,), (5, 1), (5, 3)])
def test_means_and_sums_of_every_shape(name: str, values, weight) -> None:
    random = np.random.default_rng(0)
    ours, theirs = getattr(metrics, name)(), getattr(keras.metrics, name)()
    for _ in range(2):
        v = np.asarray(random.normal(size=values), "float32")
        w = None if weight is None else np.asarray(random.uniform(size=weight), "float32")
        try:
            theirs.update_state(v, w)
        except Exception:  # shapes that do not go together
            with pytest.raises(Exception, match=r"."):
                ours.update_state(v, w)
            return
        ours.update_state(v, w)
        np.testing.assert_allclose(ours.result(), theirs.result(), **TOLERANCE)


@pytest.mark.parametrize("num_thresholds", [2, 3, 5, 200])
@pytest.mark.parametrize("curve", ["ROC", "PR"])
def test_areas_of_predictions_that_lie_on_thresholds(num_thresholds: int, curve: str) -> None:
    random = np.random.default_rng(0)
    ours = metrics.AUC(num_thresholds, curve)
    theirs = keras.metrics.AUC(num_thresholds, curve)
    steps = max(num_thresholds - 1, 1)
    y_pred = (random.integers(0, steps + 1, 500) / steps).astype("float32")
    y_true = random.uniform(size=500) < y_pred
    ours.update_state(y_true, y_pred)
    theirs.update_state(y_true, y_pred)
    for name in ("true_positives", "false_positives", "true_negatives", "false_negatives"):
        wanted = getattr(theirs, name).value.detach().numpy()
        np.testing.assert_array_equal(getattr(ours, name).numpy(), wanted)
    np.testing.assert_allclose(ours.result(), theirs.result(), **TOLERANCE)


def test_the_area_of_many_samples_equals_keras() -> None:
    random = np.random.default_rng(0)
    ours, theirs = metrics.AUC(), keras.metrics.AUC()
    for _ in range(3):
        y_pred = random.uniform(-0.1, 1.1, 20_000).astype("float32")
        y_true = random.uniform(size=20_000) < y_pred
        ours.update_state(y_true, y_pred)
        theirs.update_state(y_true, y_pred)
    np.testing.assert_allclose(ours.result(), theirs.result(), **TOLERANCE)


@pytest.mark.parametrize("cls", THEIRS_TOO, ids=lambda cls: cls.__name__)
def test_arguments_and_defaults_are_those_of_keras(cls: type) -> None:
    ours = inspect.signature(cls).parameters
    theirs = inspect.signature(getattr(keras.metrics, cls.__name__)).parameters
    assert list(ours) == list(theirs)
    differing = {n for n, p in ours.items() if p.default != theirs[n].default}
    assert not differing


@pytest.mark.parametrize("case", CASES + AREAS[:8], ids=str)
def test_configurations_that_keras_writes_are_read(case: Case) -> None:
    theirs = getattr(keras.metrics, case.name)(**case.arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras's own, about tensors as arrays
        ours = metrics.deserialize(keras.metrics.serialize(theirs))
        y_true, y_pred = draw(case.data, 4)
        np.testing.assert_allclose(ours(y_true, y_pred), theirs(y_true, y_pred), **TOLERANCE)


@pytest.mark.parametrize("cls", THEIRS_TOO, ids=lambda cls: cls.__name__)
def test_names_are_those_of_keras(cls: type) -> None:
    needed = [p.name for p in inspect.signature(cls).parameters.values() if p.default is p.empty]
    values = {"num_classes": 2, "target_class_ids": [0]}
    arguments = {name: values.get(name, 0.5) for name in needed}
    theirs = getattr(keras.metrics, cls.__name__)(**arguments).name
    # Keras counts the metrics of one process: auc, auc_1, ...
    assert cls(**arguments).name == re.sub(r"_\d+$", "", theirs)
    identifier = keras.src.utils.naming.to_snake_case(cls.__name__)
    if not needed:
        assert type(metrics.get(identifier)) is cls or identifier == "accuracy"


@pytest.mark.parametrize("function", [n for n in dir(keras.metrics) if n.islower()])
def test_every_function_of_keras_is_here(function: str) -> None:
    if function in ("get", "serialize", "deserialize") or not callable(
        getattr(keras.metrics, function)
    ):
        return
    if function in ("pearson_correlation", "concordance_correlation"):
        return
    assert callable(getattr(metrics, function))


@pytest.mark.parametrize(
    ("y_shape", "p_shape"),
    [
        ((6,), (6, 1)),
        ((6, 1), (6, 1)),
        ((6,), (6, 4)),
        ((6, 1), (6, 4)),
        ((6, 4), (6, 4)),
        ((2, 3, 3), (2, 3, 3, 4)),
        ((2, 3, 3, 4), (2, 3, 3, 4)),
        ((2, 3, 3, 1), (2, 3, 3, 1)),
    ],
)
@pytest.mark.parametrize("identifier", ["accuracy", "acc", "Accuracy"])
def test_accuracy_is_the_one_that_compile_chooses(y_shape, p_shape, identifier: str) -> None:
    from keras.src.trainers.compile_utils import get_metric

    random = np.random.default_rng(0)
    y_true = random.integers(0, 2, y_shape)
    y_pred = random.uniform(size=p_shape).astype("float32")
    theirs = get_metric(identifier, y_true, y_pred)
    theirs.update_state(y_true, y_pred)
    for shape in (None, (None, *p_shape[1:])):
        ours = metrics.get(identifier, output_shape=shape)
        ours.update_state(y_true, y_pred)
        assert ours.name == theirs.name
        np.testing.assert_allclose(ours.result(), theirs.result(), **TOLERANCE)
