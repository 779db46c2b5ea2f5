"""Losses by name, from configurations and from functions; nothing outside the table is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from striate.errors import ArgumentError, message, unknown_name
from striate.training.losses.by_shape import Crossentropy
from striate.training.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from striate.training.losses.divergence import KLDivergence, Poisson
from striate.training.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy
from striate.training.losses.hinges import CategoricalHinge, Hinge, SquaredHinge
from striate.training.losses.loss import FunctionLoss, Loss, LossFunctionWrapper
from striate.training.losses.naming import snake_case, squashed
from striate.training.losses.overlap import Dice, Tversky
from striate.training.losses.regression import (
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
)
from striate.training.losses.similarity import CosineSimilarity

CLASSES: tuple[type[Loss], ...] = (
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Crossentropy,
    Dice,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
    Tversky,
)
ALIASES: dict[str, type[Loss]] = {
    "bce": BinaryCrossentropy,
    "ce": Crossentropy,
    "cosine_proximity": CosineSimilarity,
    "kld": KLDivergence,
    "kullback_leibler_divergence": KLDivergence,
    "mae": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
}
_BY_NAME = {squashed(name): cls for name, cls in ALIASES.items()}
_BY_NAME.update({squashed(cls.__name__): cls for cls in CLASSES})
_BY_FUNCTION: dict[Callable[..., Any], type[Loss]] = {
    cls.function: cls for cls in CLASSES if issubclass(cls, FunctionLoss)
}

CustomObjects = Mapping[str, Any]


def get(identifier: object) -> Loss | None:
    """The loss that a name, a configuration, a function, a class or a loss stands for.

    Args:
        identifier: "mse", "MeanSquaredError" or "mean_squared_error" in any case; a function of
            this package; any other function `f(y_true, y_pred)`; `{"class_name", "config"}`; a
            `Loss` class; a `Loss`, returned as it is; None, for an output without a loss.

    Raises:
        UnknownNameError: the name is not in the table.
        ArgumentError: the identifier is none of these.

    Example:
        >>> get("mse")
        MeanSquaredError(name='mean_squared_error', reduction='sum_over_batch_size')
    """
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, str):
        return _of_function(identifier, {})
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if callable(identifier):
        known = _BY_FUNCTION.get(identifier)
        return LossFunctionWrapper(identifier) if known is None else known()
    raise ArgumentError(
        message(
            "losses.get",
            "this is not a loss",
            got={"identifier": identifier},
            expected="a name, a function f(y_true, y_pred), a Loss or its configuration",
        )
    )


def serialize(loss: Loss) -> dict[str, Any]:
    """The loss as `{"class_name", "config"}`, ready for JSON; a function goes by its name.

    Example:
        >>> serialize(Huber(delta=2.0))["config"]["delta"]
        2.0
    """
    config = loss.get_config()
    if isinstance(loss, LossFunctionWrapper):
        config["fn"] = getattr(loss.fn, "__name__", type(loss.fn).__name__)
    return {"class_name": type(loss).__name__, "config": config}


def deserialize(config: Mapping[str, Any], custom_objects: CustomObjects | None = None) -> Loss:
    """The inverse of `serialize`; reads what Keras writes too. Imports and runs nothing by name.

    Args:
        config: `{"class_name", "config"}`; other keys, which Keras adds, are not read.
        custom_objects: the user's own losses and functions, by the name in the configuration.

    Raises:
        UnknownNameError: the class or function is neither in the table nor in custom_objects.
        ArgumentError: there is no "class_name".

    Example:
        >>> deserialize({"class_name": "Huber", "config": {"delta": 2.0}}).delta
        2.0
    """
    custom = custom_objects or {}
    name, arguments = config.get("class_name"), config.get("config", {})
    if not isinstance(name, str):
        raise ArgumentError(
            message(
                "losses.deserialize",
                "a configuration without class_name",
                got={"keys": tuple(config)},
                expected='{"class_name": ..., "config": {...}}',
            )
        )
    if name == "function":  # how Keras writes a function: its name is the configuration
        return _of_function(str(arguments), custom)
    if name == "LossFunctionWrapper" and name not in custom:
        arguments = dict(arguments)
        fn = arguments.pop("fn")
        return LossFunctionWrapper(custom.get(fn) or _class_of(fn, custom).function, **arguments)
    loss: Loss = _class_of(name, custom).from_config(dict(arguments))
    return loss


def _of_function(name: str, custom: CustomObjects) -> Loss:
    found = custom.get(name)
    if found is not None and not isinstance(found, type):
        return LossFunctionWrapper(found)
    loss: Loss = _class_of(name, custom)()
    return loss


def _class_of(name: str, custom: CustomObjects) -> Any:
    found = custom.get(name) or _BY_NAME.get(squashed(name))
    if found is None:
        known = [snake_case(cls.__name__) for cls in CLASSES] + list(ALIASES) + list(custom)
        raise unknown_name("", "loss", name, known)
    return found
