"""The table of layer classes by which files and tests find them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from striate import errors
from striate.layers.base import Layer
from striate.layers.subclassing import written_here

LAYERS: dict[str, type[Layer]] = {}
L = TypeVar("L", bound=type[Layer])


def register(*aliases: str) -> Callable[[L], L]:
    """Enters a layer class into the table by which files and tests find it.

    A class of your own that is decorated so, and imported, is found by `load_model` without
    `custom_objects`. The file names it; it is never the file that brings or imports it.

    Args:
        aliases: further names.

    Raises:
        ArgumentError: the name is that of a layer of striate's.

    Example:
        >>> from striate import layers
        >>> @layers.register()
        ... class Half(layers.Layer):
        ...     def call(self, inputs):
        ...         return inputs / 2
        >>> layers.LAYERS.pop("Half").__name__
        'Half'
    """

    def enter(cls: L) -> L:
        for name in (cls.__name__, *aliases):
            known = LAYERS.get(name)
            if known is not None and written_here(known) and not written_here(cls):
                raise errors.ArgumentError(
                    errors.message(
                        "register",
                        "this name is that of a layer of striate's",
                        got={"class": name},
                        expected="a name of its own",
                    )
                )
            LAYERS[name] = cls
        return cls

    return enter
