"""Functions that scripts may name but not call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from striate.errors import GraphError, message
from striate.keras.refusals import TENSORFLOW


def refusing(name: str) -> Callable[..., NoReturn]:
    """A function that says why it is not to be had when it is called.

    Args:
        name: as scripts write it, such as "tf.tpu".
    """
    why, instead = TENSORFLOW["tensorflow" + name.removeprefix("tf")]

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise GraphError(message(name, f"it is refused: {why}", fix=instead))

    refuse.__name__ = refuse.__qualname__ = name.rpartition(".")[2]
    refuse.__doc__ = f"Refused: {why}."
    return refuse
