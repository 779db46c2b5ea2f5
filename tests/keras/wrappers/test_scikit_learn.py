"""Models as estimators of scikit-learn, of Keras 1 and 2 and of Keras 3."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import striate as st
from striate.errors import ArgumentError, NotCompiledError
from striate.keras.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer
from striate.keras.wrappers.scikit_learn import BaseWrapper, KerasClassifier, KerasRegressor

pytestmark = pytest.mark.torch

RANDOM = np.random.RandomState(0)
X = RANDOM.normal(size=(90, 3)).astype("float32")
Y = X[:, :3].argmax(1)
NAMES = np.array(["cat", "dog", "owl"])[Y]
NUMBERS = X @ np.array([1.0, -2.0, 0.5])


def classifier(units: int = 3, loss: str = "categorical_crossentropy", rate: float = 0.1) -> Any:
    last = 1 if loss == "binary_crossentropy" else 3
    activation = "sigmoid" if last == 1 else "softmax"
    model = st.Sequential(
        [
            st.layers.Dense(units, input_shape=(3,)),
            st.layers.Dense(last, activation=activation),
        ]
    )
    model.compile(optimizer=st.optimizers.Adam(rate), loss=loss, metrics=["accuracy"])
    return model


def regressor(outputs: int = 1) -> Any:
    model = st.Sequential([st.layers.Dense(outputs, input_shape=(3,))])
    model.compile(optimizer=st.optimizers.Adam(0.3), loss="mse")
    return model


def dynamic(X: Any, y: Any, units: int = 3) -> Any:
    assert y.shape[1] == 3
    return classifier(units)


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_a_classifier_of_old(loss: str) -> None:
    model = KerasClassifier(classifier, loss=loss, nb_epoch=25, batch_size=16, verbose=0)
    history = model.fit(X, NAMES)
    assert len(history.history["loss"]) == 25
    assert model.classes_.tolist() == ["cat", "dog", "owl"]
    assert model.score(X, NAMES) == (model.predict(X) == NAMES).mean() > 0.9
    probabilities = model.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)


def test_one_output_has_two_columns_of_probabilities() -> None:
    model = KerasClassifier(classifier, loss="binary_crossentropy", epochs=25, verbose=0)
    model.fit(X, Y > 0)
    assert model.predict_proba(X).shape == (90, 2)
    assert model.score(X, Y > 0) > 0.7


def test_one_hot_rows_are_taken_as_they_are() -> None:
    model = KerasClassifier(classifier, epochs=25, verbose=0)
    model.fit(X, np.eye(3)[Y])
    assert model.score(X, np.eye(3)[Y]) > 0.9


def test_it_can_be_cloned_searched_and_put_in_a_pipeline() -> None:
    model = KerasClassifier(build_fn=classifier, epochs=3, verbose=0)
    assert clone(model).get_params() == model.get_params()
    search = GridSearchCV(model, {"units": [2, 4], "rate": [0.1]}, cv=2).fit(X, Y)
    assert search.best_params_["units"] in (2, 4)
    pipeline = make_pipeline(StandardScaler(), clone(model).set_params(epochs=25))
    assert pipeline.fit(X, NAMES).score(X, NAMES) > 0.9


def test_a_regressor_of_old() -> None:
    model = KerasRegressor(regressor, epochs=20, verbose=0)
    model.fit(X, NUMBERS)
    assert model.predict(X).shape == (90,)
    assert -0.2 < model.score(X, NUMBERS, verbose=0) < 0


def test_a_class_may_make_the_model_itself() -> None:
    class Own(KerasRegressor):
        def __call__(self, outputs: int = 1) -> Any:
            return regressor(outputs)

    model = Own(outputs=1, epochs=20, verbose=0)
    model.fit(X, NUMBERS)
    assert model.score(X, NUMBERS, verbose=0) > -0.2


def test_an_argument_that_nothing_takes() -> None:
    with pytest.raises(ArgumentError) as error:
        KerasClassifier(classifier, unit=4)
    assert str(error.value) == (
        "KerasClassifier: nothing takes the argument 'unit'. "
        "Expected arguments of build_fn, or of the model's fit or predict."
    )
    assert BaseWrapper(lambda **options: None, anything=1).get_params()["anything"] == 1


FIT = {"epochs": 25, "verbose": 0}


@pytest.mark.parametrize("model", [dynamic, classifier()])
def test_a_classifier_of_keras_3(model: Any) -> None:
    estimator = clone(SKLearnClassifier(model, fit_kwargs=FIT)).fit(X, NAMES)
    assert estimator.score(X, NAMES) > 0.9
    assert estimator.decision_function(X).shape == (90, 3)
    assert estimator.classes_.tolist() == ["cat", "dog", "owl"]
    assert estimator.predict(X).shape == (90,)
    pipeline = make_pipeline(StandardScaler(), clone(estimator))
    assert pipeline.fit(X, NAMES[:, None]).predict(X).shape == (90, 1)


def test_arguments_of_the_function_can_be_searched() -> None:
    estimator = SKLearnClassifier(dynamic, model_kwargs={"units": 2}, fit_kwargs=FIT)
    grid = {"model_kwargs": [{"units": 2}, {"units": 4}]}
    assert GridSearchCV(estimator, grid, cv=2).fit(X, Y).best_params_["model_kwargs"]["units"] > 1


def test_a_model_is_copied_unless_it_is_to_go_on() -> None:
    model = regressor()
    before = model.get_weights()
    SKLearnRegressor(model, fit_kwargs=FIT).fit(X, NUMBERS)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    estimator = SKLearnRegressor(model, warm_start=True).fit(X, NUMBERS, **FIT)
    assert estimator.model_ is model
    assert estimator.score(X, NUMBERS) > 0.9
    assert estimator.predict(X).shape == (90,)


def test_a_transformer_gives_what_the_model_says() -> None:
    pipeline = make_pipeline(SKLearnTransformer(regressor(2), fit_kwargs=FIT), StandardScaler())
    assert pipeline.fit_transform(X, X[:, :2]).shape == (90, 2)


def test_errors_of_keras_3_s() -> None:
    bare = st.Sequential([st.layers.Dense(1, input_shape=(3,))])
    with pytest.raises(NotCompiledError) as error:
        SKLearnRegressor(bare).fit(X, NUMBERS)
    assert str(error.value) == (
        "SKLearnRegressor: the model is not compiled. "
        'Call `model.compile(optimizer="adam", loss=...)` before it is given.'
    )
    with pytest.raises(ArgumentError) as wrong:
        SKLearnClassifier(dynamic).fit(X, np.zeros(90))
    assert str(wrong.value) == (
        "SKLearnClassifier: there is only one class to learn. Expected at least two."
    )
    with pytest.raises(ArgumentError) as numbers:
        SKLearnClassifier(dynamic).fit(X, NUMBERS)
    assert str(numbers.value) == (
        "SKLearnClassifier: the targets are not one class for each sample. "
        "Got target type='continuous'. Expected binary or multiclass."
    )
