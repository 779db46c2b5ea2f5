"""How a model was compiled, as JSON values, and the optimizer's state as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from striate import errors, training
from striate.storage.model_file import Arrays
from striate.training import losses, metrics, optimizers
from striate.training.state_tree import flatten, rebuild

if TYPE_CHECKING:
    from striate.models.model import Model


def compiled_config(model: Model) -> dict[str, Any] | None:
    """Optimizer, losses and metrics by name and arguments; None if not compiled.

    The user's own functions are named; loading needs them in `custom_objects`.
    """
    compiled = model._compiled
    if compiled is None:
        return None
    return {
        "optimizer": _optimizer_config(compiled.optimizer),
        "loss": _each(compiled.loss, losses.Loss, losses.serialize),
        "loss_weights": compiled.loss_weights,
        "metrics": _each(compiled.metrics, metrics.Metric, metrics.serialize),
        "weighted_metrics": _each(compiled.weighted_metrics, metrics.Metric, metrics.serialize),
    }


def _optimizer_config(optimizer: Any) -> Any:
    """None for what cannot be named in a file: torch's own, or a rate that is a function."""
    if not hasattr(optimizer, "get_config"):
        return None
    try:
        return optimizers.serialize(optimizer)
    except errors.ArgumentError:
        return None


def _each(value: Any, objects: type, serialize: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _each(v, objects, serialize) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_each(v, objects, serialize) for v in value]
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, objects):
        return serialize(value)
    return {"custom": getattr(value, "__name__", type(value).__name__)}


def compile_from_config(
    model: Model, config: Mapping[str, Any], custom_objects: Mapping[str, Any]
) -> bool:
    """Compiles a model as it was; False if its optimizer cannot be named in a file.

    Raises:
        FormatError: a loss or metric of the user's is not in `custom_objects`.
    """
    found = {
        name: _restored(config[name], custom_objects, what, deserialize)
        for name, what, deserialize in (
            ("loss", "loss", losses.deserialize),
            ("metrics", "metric", metrics.deserialize),
            ("weighted_metrics", "metric", metrics.deserialize),
        )
    }
    if config["optimizer"] is None:
        return False
    optimizer = optimizers.get(config["optimizer"])
    model._compiled = training.compile(optimizer, loss_weights=config["loss_weights"], **found)
    return True


def _restored(value: Any, custom_objects: Mapping[str, Any], what: str, deserialize: Any) -> Any:
    if isinstance(value, Mapping) and "custom" in value:
        name = value["custom"]
        if name not in custom_objects:
            raise _missing(what, name)
        return custom_objects[name]
    if isinstance(value, Mapping) and "class_name" in value:
        try:
            return deserialize(dict(value), custom_objects)
        except errors.UnknownNameError:
            fn = value.get("config", {}).get("fn")
            raise _missing(what, fn or value["class_name"]) from None
    if isinstance(value, Mapping):
        return {k: _restored(v, custom_objects, what, deserialize) for k, v in value.items()}
    if isinstance(value, list):
        return [_restored(v, custom_objects, what, deserialize) for v in value]
    return value


def _missing(what: str, name: str) -> errors.FormatError:
    return errors.FormatError(
        errors.message(
            "load_model",
            f"{what} {name!r} is the user's own, and files do not carry code",
            expected="the function or class by name",
            fix=f'load_model(path, custom_objects={{"{name}": ...}}), or compile=False to predict',
        )
    )


def optimizer_state(model: Model) -> tuple[Any, Arrays]:
    """The optimizer's state as JSON values and arrays; empty before its first step."""
    optimizer = model.optimizer
    arrays: Arrays = {}
    if optimizer is None or not getattr(optimizer, "built", False):
        return None, arrays
    return flatten(optimizer.state_dict(), arrays, "optimizer"), arrays


def restore_optimizer(model: Model, state: Any, arrays: Arrays) -> None:
    """Gives the optimizer its state back."""
    if state is None or model.optimizer is None:
        return
    model.optimizer.build(model.named_parameters())
    model.optimizer.load_state_dict(rebuild(state, arrays))
