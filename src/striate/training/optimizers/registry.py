"""The table of optimizers, and optimizers from names and plain dicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from striate.errors import ArgumentError, message, unknown_name
from striate.training.optimizers.adadelta import Adadelta
from striate.training.optimizers.adafactor import Adafactor
from striate.training.optimizers.adagrad import Adagrad
from striate.training.optimizers.adam import Adam
from striate.training.optimizers.adamax import Adamax
from striate.training.optimizers.adamw import AdamW
from striate.training.optimizers.ftrl import Ftrl
from striate.training.optimizers.lamb import Lamb
from striate.training.optimizers.lion import Lion
from striate.training.optimizers.muon import Muon
from striate.training.optimizers.nadam import Nadam
from striate.training.optimizers.optimizer import Optimizer
from striate.training.optimizers.rmsprop import RMSprop
from striate.training.optimizers.sgd import SGD

OPTIMIZERS: dict[str, type[Optimizer]] = {
    kind.__name__: kind
    for kind in (
        SGD,
        RMSprop,
        Adagrad,
        Adadelta,
        Adam,
        AdamW,
        Adamax,
        Nadam,
        Lion,
        Lamb,
        Ftrl,
        Adafactor,
        Muon,
    )
}


def get(identifier: object) -> torch.optim.Optimizer:
    """The optimizer that a name, a dict or an optimizer stands for.

    Args:
        identifier: a name in any case ("adam"), a dict as `serialize` gives, or an optimizer, ours
            or PyTorch's, which is returned as it is.

    Raises:
        UnknownNameError: the name is not in the table.
        ArgumentError: the identifier is something else, for example a class.

    Example:
        >>> get("adamW")
        AdamW()
        >>> get({"class_name": "SGD", "config": {"learning_rate": 0.1}})
        SGD(learning_rate=0.1)
    """
    if isinstance(identifier, torch.optim.Optimizer):
        return identifier
    if isinstance(identifier, str):
        return _class(identifier, OPTIMIZERS)()  # type: ignore[call-arg]
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    raise ArgumentError(
        message(
            "optimizers.get",
            "not an optimizer",
            got={"identifier": identifier},
            expected="a name, a dict or an optimizer",
            fix='Use "adam" or Adam(learning_rate=0.001)',
        )
    )


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """An optimizer without its state as a dict that fits into JSON.

    Example:
        >>> serialize(SGD(0.1))["config"]["learning_rate"]
        0.1
    """
    return {"class_name": type(optimizer).__name__, "config": optimizer.get_config()}


def deserialize(
    config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
) -> Optimizer:
    """The optimizer of a dict that `serialize`, or Keras, gave.

    Args:
        config: with `class_name` and `config`; what else Keras writes into it is ignored.
        custom_objects: optimizer and schedule classes of your own, by name. No class is ever
            imported by name.

    Raises:
        ArgumentError: the dict names no class.
        UnknownNameError: the class, or an argument, is unknown.

    Example:
        >>> deserialize(serialize(SGD(0.1, momentum=0.9)))
        SGD(learning_rate=0.1, momentum=0.9)
    """
    if "class_name" not in config:
        raise ArgumentError(
            message(
                "optimizers.deserialize",
                "the dict names no class",
                got={"keys": tuple(config)},
                expected='a dict with "class_name" and "config"',
            )
        )
    own = custom_objects or {}
    kind = _class(config["class_name"], {**OPTIMIZERS, **own})
    return kind.from_config(config.get("config", {}), custom_objects)


def _class(name: str, known: Mapping[str, Any]) -> type[Optimizer]:
    lowered: dict[str, type[Optimizer]] = {key.lower(): kind for key, kind in known.items()}
    if str(name).lower() not in lowered:
        raise unknown_name("", "optimizer", name, known)
    return lowered[name.lower()]
