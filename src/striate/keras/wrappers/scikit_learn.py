"""keras.wrappers.scikit_learn: models as estimators, as Keras 1 and 2 have them."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from striate.data import to_categorical
from striate.errors import ArgumentError, message
from striate.models import Model

_AGES = {"nb_epoch": "epochs"}


class BaseWrapper(BaseEstimator):  # type: ignore[misc]
    """What the estimators share: a function that makes a compiled model, and arguments.

    Args:
        build_fn: makes a compiled model; a subclass may have it as `__call__` instead.
        sk_params: arguments of `build_fn`, and of the model's `fit` and `predict`: `epochs`,
            `batch_size`, `verbose`, ...

    Raises:
        ArgumentError: an argument that none of them takes.
    """

    def __init__(self, build_fn: Any = None, **sk_params: Any) -> None:
        self.build_fn = build_fn
        self.sk_params = sk_params
        self._check(sk_params)

    def _makes(self) -> Any:
        return self.build_fn if self.build_fn is not None else type(self).__call__

    def _check(self, params: dict[str, Any]) -> None:
        known = {"nb_epoch"}
        for function in (self._makes(), Model.fit, Model.predict, Model.evaluate):
            parameters = inspect.signature(function).parameters.values()
            if any(p.kind is p.VAR_KEYWORD for p in parameters):
                return
            known |= {p.name for p in parameters}
        wrong = sorted(set(params) - known)
        if wrong:
            raise ArgumentError(
                message(
                    type(self).__name__,
                    f"nothing takes the argument {wrong[0]!r}",
                    expected="arguments of build_fn, or of the model's fit or predict",
                )
            )

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """All arguments by name."""
        return {**self.sk_params, "build_fn": self.build_fn}

    def set_params(self, **params: Any) -> Any:
        """Changes arguments by name."""
        self._check({name: value for name, value in params.items() if name != "build_fn"})
        self.build_fn = params.pop("build_fn", self.build_fn)
        self.sk_params = {**self.sk_params, **params}
        return self

    def filter_sk_params(self, function: Any, override: Any = None) -> dict[str, Any]:
        """Those arguments that a function takes."""
        takes = inspect.signature(function).parameters
        given = {_AGES.get(name, name): value for name, value in self.sk_params.items()}
        if function is self._makes():
            given = dict(self.sk_params)
        return {**{n: v for n, v in given.items() if n in takes}, **(override or {})}

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Makes a model and trains it; returns its history, as Keras does."""
        makes = self._makes()
        arguments = self.filter_sk_params(makes)
        self.model = makes(**arguments) if self.build_fn is not None else self(**arguments)
        loss = self.model.loss
        name = getattr(loss, "name", None) or getattr(loss, "__name__", loss)
        target = np.asarray(y)
        if name == "categorical_crossentropy" and target.ndim != 2:
            target = to_categorical(target)
        return self.model.fit(np.asarray(x), target, **self.filter_sk_params(Model.fit, kwargs))

    def _output(self, x: Any, kwargs: dict[str, Any]) -> Any:
        return self.model.predict(np.asarray(x), **self.filter_sk_params(Model.predict, kwargs))


class KerasClassifier(ClassifierMixin, BaseWrapper):  # type: ignore[misc]
    """A classifier; `fit` numbers the classes, which need not be numbers."""

    def fit(self, x: Any, y: Any, **kwargs: Any) -> Any:
        """Makes a model and trains it; one-hot rows are taken as they are."""
        target = np.asarray(y)
        if target.ndim == 2 and target.shape[1] > 1:
            self.classes_ = np.arange(target.shape[1])
        else:
            self.classes_, target = np.unique(target.reshape(-1), return_inverse=True)
        self.n_classes_ = len(self.classes_)
        return super().fit(x, target, **kwargs)

    def predict(self, x: Any, **kwargs: Any) -> Any:
        """The class of each sample."""
        output = self._output(x, kwargs)
        several = output.shape[-1] > 1
        return self.classes_[output.argmax(-1) if several else (output[:, 0] > 0.5).astype(int)]

    def predict_proba(self, x: Any, **kwargs: Any) -> Any:
        """The probability of each class, two columns where the model has one output."""
        output = self._output(x, kwargs)
        return output if output.shape[1] > 1 else np.hstack([1 - output, output])

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """The accuracy."""
        target = np.asarray(y)
        if target.ndim == 2 and target.shape[1] > 1:
            target = target.argmax(-1)
        return float((self.predict(x, **kwargs) == target.reshape(-1)).mean())


class KerasRegressor(RegressorMixin, BaseWrapper):  # type: ignore[misc]
    """A model of numbers."""

    def predict(self, x: Any, **kwargs: Any) -> Any:
        """The number of each sample."""
        return np.squeeze(self._output(x, kwargs), axis=-1)

    def score(self, x: Any, y: Any, **kwargs: Any) -> float:
        """Minus the loss, so that more is better."""
        arguments = self.filter_sk_params(Model.evaluate, kwargs)
        loss = self.model.evaluate(np.asarray(x), np.asarray(y), **arguments)
        return -float(loss[0] if isinstance(loss, list) else loss)


__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor"]
