"""Stand-ins: classes that take the spellings of every Keras age and make today's objects.

`keras.layers.Conv2D` is a stand-in of `striate.layers.Conv2D`: called, it makes that layer, so
graphs, plans and files never meet it; `isinstance`, `issubclass` and `==` take both for the same;
and a subclass of it in a script is a subclass of the layer.
"""

from __future__ import annotations

import abc
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

Arguments = dict[str, Any]
# (args, kwargs) as a script has them -> kwargs as they are today
Translate = Callable[[tuple[Any, ...], Arguments], Arguments]


class Spelled(abc.ABCMeta):
    """The class of stand-ins, and of what scripts derive from them."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        make = vars(cls).get("_made_by")
        return super().__call__(*args, **kwargs) if make is None else make(*args, **kwargs)

    def __instancecheck__(cls, instance: Any) -> bool:
        original = vars(cls).get("_stands_for")
        return (
            super().__instancecheck__(instance)
            if original is None
            else isinstance(instance, original)
        )

    def __subclasscheck__(cls, other: type) -> bool:
        original = vars(cls).get("_stands_for")
        if original is None:
            return super().__subclasscheck__(other)
        # not issubclass: an abstract original asks all its subclasses, and this is one of them
        return type.__subclasscheck__(original, other)

    def __eq__(cls, other: object) -> bool:
        return _original(cls) is _original(other)

    def __hash__(cls) -> int:
        return hash(id(_original(cls)))


def _original(value: Any) -> Any:
    found = vars(value).get("_stands_for") if isinstance(value, Spelled) else None
    return value if found is None else found


def stand_in(original: type, translate: Translate, name: str = "", make: Any = None) -> Any:
    """A stand-in of a class.

    Args:
        original: what it stands for.
        translate: gives today's arguments for those of a script.
        name: what the script calls it, if not the same.
        make: makes the object from what the script passes, if not the class itself.

    Example:
        >>> from striate.ops.constraints import MaxNorm
        >>> old = stand_in(MaxNorm, lambda args, kwargs: {"max_value": kwargs["m"]})
        >>> type(old(m=3)) is MaxNorm, isinstance(MaxNorm(), old)
        (True, True)
    """
    start: Any = original.__init__  # type: ignore[misc]

    @functools.wraps(start)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        start(self, **translate(args, kwargs))

    def made(*args: Any, **kwargs: Any) -> Any:
        return original(**translate(args, kwargs))

    body = {
        "__init__": __init__,
        "__doc__": original.__doc__,
        "__module__": "striate.keras",
        "_stands_for": original,
        "_made_by": staticmethod(make or made),
    }
    return Spelled(name or original.__name__, (original,), body)


def by_names(function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Arguments:
    """Arguments by name; what is passed by place takes the names of a signature in their order.

    Raises:
        TypeError: more arguments by place than the signature has.
    """
    parameters = list(inspect.signature(function).parameters.values())
    by_place = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    if inspect.isfunction(function) and by_place[:1] == ["self"]:
        by_place = by_place[1:]
    if len(args) > len(by_place):
        raise TypeError(f"takes {len(by_place)} arguments by place, got {len(args)}")
    return {**dict(zip(by_place, args, strict=False)), **kwargs}


def translated(original: type, renamed: Mapping[str, str]) -> Any:
    """A stand-in whose arguments have other names: {earlier: today's}."""

    def translate(args: tuple[Any, ...], kwargs: Arguments) -> Arguments:
        given = by_names(original.__init__, args, kwargs)  # type: ignore[misc]
        return {renamed.get(key, key): value for key, value in given.items()}

    return stand_in(original, translate)
