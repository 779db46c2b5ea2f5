"""Turning what users pass for a choice (a name, a config, an object) into an object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from striate import errors
from striate.graph.named import Items, Named, from_json, to_json

T = TypeVar("T")


def show(choice: Any) -> str:
    """A choice as the call that makes it."""
    arguments = ", ".join(f"{k}={v!r}" for k, v in choice.get_config().items())
    return f"{type(choice).__name__}({arguments})"


class Registry(Generic[T]):
    """A family of choices: initialisers, regularisers, constraints or activations.

    Args:
        what: the family's name in messages.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self.makers: dict[str, Callable[..., T]] = {}
        self.canonical: dict[str, str] = {}
        self.shown: list[str] = []

    def add(self, name: str, maker: Callable[..., T], *aliases: str) -> None:
        """Enters a maker under its canonical name and its aliases."""
        self.makers[name] = maker
        self.shown.append(aliases[0] if aliases and name != name.lower() else name)
        for alias in (name, *aliases):
            self.canonical[alias.lower()] = name

    def make(self, name: str, config: Mapping[str, Any], where: str = "") -> T:
        """The object of a name and its arguments.

        Raises:
            UnknownNameError: no such name; the nearest ones are listed.
        """
        key = self.canonical.get(name.lower())
        if key is None:
            raise errors.unknown_name(where, self.what, name, self.shown)
        try:
            return self.makers[key](**config)
        except TypeError as error:
            raise errors.ArgumentError(
                errors.message(
                    where, f"{self.what} {name!r} does not take these arguments ({error})"
                )
            ) from None

    def resolve(self, choice: Any, where: str = "") -> Any:
        """The object for a name, a `Named`, a Keras config, a class, or the object itself."""
        if isinstance(choice, Named):
            return self.make(choice.name, to_json(choice.config), where)
        if isinstance(choice, str):
            return self.make(choice, {}, where)
        if isinstance(choice, Mapping):
            name = choice.get("class_name", choice.get("name"))
            return self.make(str(name), dict(choice.get("config", {})), where)
        if isinstance(choice, type):
            return choice()
        if callable(choice):
            return choice
        raise errors.ArgumentError(
            errors.message(
                where,
                f"not {self.article()}",
                got={self.what: choice},
                expected="a name, an object or a callable",
            )
        )

    def article(self) -> str:
        """The family's name with its article."""
        return ("an " if self.what[0] in "aeiou" else "a ") + self.what

    def named(self, choice: Any, resolved: Any) -> Named:
        """The pure-data form of a resolved choice."""
        if isinstance(choice, Named):
            return choice
        name = type(resolved).__name__
        if self.makers.get(name) is type(resolved):
            config = from_json(resolved.get_config())
            return Named(name, config if isinstance(config, Items) else Items())
        own = getattr(resolved, "__name__", name)
        return Named(own, custom=True)
