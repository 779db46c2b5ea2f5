"""Models as estimators of scikit-learn, as Keras 3 has them."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, TransformerMixin
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from striate.errors import ArgumentError, NotCompiledError, message
from striate.models import Model, clone_model


class SKLBase(BaseEstimator):  # type: ignore[misc]
    """What the estimators share: how a model is made, trained and asked.

    Args:
        model: a compiled model, trained as a copy with new weights; or a function that is called
            with `X`, `y` and `model_kwargs` and gives one.
        warm_start: trains the given model itself, on from its weights.
        model_kwargs: more arguments of the function.
        fit_kwargs: arguments of `model.fit`; those given to `fit` here come first.

    Raises:
        NotCompiledError: the model is not compiled.
    """

    def __init__(
        self,
        model: Any,
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def __sklearn_clone__(self) -> Any:
        return type(self)(self.model, self.warm_start, self.model_kwargs, self.fit_kwargs)

    def fit(self, X: Any, y: Any, **kwargs: Any) -> Any:
        """Trains a model; `kwargs` go to its `fit`."""
        x = np.asarray(X)
        self.n_features_in_ = x.shape[1]
        target = self._encoded(np.asarray(y))
        model = self._made(x, target)
        if not model.compiled:
            raise NotCompiledError(
                message(
                    type(self).__name__,
                    "the model is not compiled",
                    fix='Call `model.compile(optimizer="adam", loss=...)` before it is given',
                )
            )
        self.history_ = model.fit(x, target, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_ = model
        return self

    def _made(self, x: Any, y: Any) -> Any:
        if not isinstance(self.model, Model):
            return self.model(X=x, y=y, **(self.model_kwargs or {}))
        if self.warm_start:
            return self.model
        made = clone_model(self.model)
        compiled = self.model._compiled
        if compiled is not None:
            optimizer = compiled.optimizer
            made.compile(
                optimizer=type(optimizer).from_config(optimizer.get_config()),
                loss=copy.deepcopy(compiled.loss),
                metrics=copy.deepcopy(compiled.metrics),
                loss_weights=compiled.loss_weights,
            )
        return made

    def _encoded(self, y: Any) -> Any:
        self._one_column = y.ndim == 1
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def _decoded(self, output: Any) -> Any:
        return output[:, 0] if self._one_column and output.ndim == 2 else output

    def _output(self, X: Any) -> Any:
        check_is_fitted(self, "model_")
        return self.model_.predict(np.asarray(X), verbose=0)

    def predict(self, X: Any) -> Any:
        """What the trained model says."""
        return self._decoded(self._output(X))


class SKLearnClassifier(ClassifierMixin, SKLBase):  # type: ignore[misc]
    """A classifier: targets go to the model as one-hot rows.

    Raises:
        ArgumentError: targets that are not one class each, or only one class.
    """

    def decision_function(self, X: Any) -> Any:
        """The model's output."""
        return self._output(X)

    predict_proba = decision_function

    def _encoded(self, y: Any) -> Any:
        kind = type_of_target(y, raise_unknown=True)
        if kind not in ("binary", "multiclass"):
            raise ArgumentError(
                message(
                    "SKLearnClassifier",
                    "the targets are not one class for each sample",
                    got={"target type": kind},
                    expected="binary or multiclass",
                )
            )
        self.classes_ = np.unique(y)
        if len(self.classes_) == 1:
            fault = "there is only one class to learn"
            raise ArgumentError(message("SKLearnClassifier", fault, expected="at least two"))
        self._column = y.ndim == 2
        rows = LabelBinarizer().fit(self.classes_).transform(y.reshape(-1))
        return np.hstack([1 - rows, rows]) if len(self.classes_) == 2 else rows

    def _decoded(self, output: Any) -> Any:
        found = self.classes_[output.argmax(axis=-1)]
        return found.reshape(-1, 1) if self._column else found


class SKLearnRegressor(RegressorMixin, SKLBase):  # type: ignore[misc]
    """A model of numbers."""


class SKLearnTransformer(TransformerMixin, SKLBase):  # type: ignore[misc]
    """A model whose output is the input of the next step."""

    def transform(self, X: Any) -> Any:
        """The model's output."""
        return self._output(X)
