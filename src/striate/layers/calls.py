"""Template: how a layer was called, with holes where its inputs go."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from striate.graph.named import Items, Named, freeze_value, to_json
from striate.graph.spec import Spec


@dataclass(frozen=True)
class Hole:
    """Stands for input number `index`."""

    index: int


@dataclass(frozen=True)
class Template:
    """Arguments of a call with `Hole`s in place of its inputs.

    Args:
        args: positional arguments.
        kwargs: named arguments.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    @classmethod
    def split(
        cls, args: Any, kwargs: dict[str, Any], types: tuple[type, ...]
    ) -> tuple[Template, tuple[Any, ...]]:
        """Takes the values of the given types out of the arguments."""
        found: list[Any] = []

        def take(value: Any) -> Any:
            if isinstance(value, types):
                found.append(value)
                return Hole(len(found) - 1)
            if isinstance(value, (list, tuple)):
                return type(value)(take(v) for v in value)
            if isinstance(value, dict):
                return {k: take(v) for k, v in value.items()}
            return value

        template = cls(tuple(take(a) for a in args), {k: take(v) for k, v in kwargs.items()})
        return template, tuple(found)

    @classmethod
    def positional(cls, count: int) -> Template:
        """One argument for one input, a list for several."""
        holes = [Hole(i) for i in range(count)]
        return cls((holes[0] if count == 1 else holes,), {})

    def join(self, values: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments with `values` put into the holes."""
        return [_fill(a, values) for a in self.args], {
            k: _fill(v, values) for k, v in self.kwargs.items()
        }

    def first_argument(self, values: Sequence[Any]) -> Any:
        """What `build` gets: the shapes of the first argument that holds an input."""
        for argument in (*self.args, *self.kwargs.values()):
            if _holes(argument):
                return _fill(argument, values)
        return None

    def as_items(self) -> Items:
        """As pure data for a graph; empty for the plain call `layer(x)`."""
        if self == Template.positional(1):
            return Items()
        frozen = freeze_value({"args": _out(list(self.args)), "kwargs": _out(self.kwargs)})
        return frozen if isinstance(frozen, Items) else Items()

    def foreign(self) -> Any:
        """The first argument that no graph can hold, such as an array; None if there is none."""
        return _foreign([*self.args, self.kwargs])

    @classmethod
    def from_items(cls, items: Items) -> Template:
        """The inverse of `as_items`."""
        if not items:
            return cls.positional(1)
        record = items.as_dict()
        kwargs = record["kwargs"].as_dict() if record["kwargs"] else {}
        return cls(tuple(_in(a) for a in record["args"]), {k: _in(v) for k, v in kwargs.items()})


def template_of(kind: Any, count: int) -> Template:
    """How the layer of a recorded node was called on its `count` inputs."""
    call = getattr(kind, "call", None)
    return Template.from_items(call) if call else Template.positional(count)


def _fill(value: Any, values: Sequence[Any]) -> Any:
    if isinstance(value, Hole):
        return values[value.index]
    if isinstance(value, (list, tuple)):
        return type(value)(_fill(v, values) for v in value)
    if isinstance(value, dict):
        return {k: _fill(v, values) for k, v in value.items()}
    return value


def _holes(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_holes(v) for v in value)
    if isinstance(value, dict):
        return any(_holes(v) for v in value.values())
    return isinstance(value, Hole)


def _foreign(value: Any) -> Any:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return next((found for v in value if (found := _foreign(v)) is not None), None)
    plain = value is None or isinstance(value, (Hole, str, int, float))
    return None if plain else value


def _out(value: Any) -> Any:
    if isinstance(value, Hole):
        return Named("$input", Items((("index", value.index),)))
    if isinstance(value, (list, tuple)):
        return [_out(v) for v in value]
    if isinstance(value, dict):
        return {k: _out(v) for k, v in value.items()}
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    return Named(type(value).__name__, custom=True)


def _in(value: Any) -> Any:
    if isinstance(value, Named) and value.name == "$input":
        return Hole(value.config.as_dict()["index"])
    if isinstance(value, Items):
        return {k: _in(v) for k, v in value}
    if isinstance(value, tuple):
        return [_in(v) for v in value]
    return to_json(value)


def leaves(value: Any) -> list[Any]:
    """The values in nested lists, tuples and dicts, in order."""
    if isinstance(value, (list, tuple)):
        return [leaf for v in value for leaf in leaves(v)]
    if isinstance(value, dict):
        return [leaf for v in value.values() for leaf in leaves(v)]
    return [value]


def holds(value: Any, kind: type) -> bool:
    """Whether a value, or one in its lists and dicts, is of a type."""
    if isinstance(value, kind):
        return True
    if isinstance(value, (list, tuple)):
        return any(holds(v, kind) for v in value)
    return isinstance(value, dict) and any(holds(v, kind) for v in value.values())


def specs_of(values: Sequence[Any]) -> tuple[Spec, ...]:
    """Specs of tensors, the batch left open."""
    return tuple(spec_of(v) for v in values if isinstance(v, Tensor))


def spec_of(value: Tensor) -> Spec:
    """Spec of a tensor, the batch left open."""
    return Spec((None, *tuple(value.shape)[1:]), str(value.dtype).removeprefix("torch."))


_open: list[None] = []  # one entry for each `call` of a user's layer that runs now


@contextlib.contextmanager
def inside() -> Iterator[None]:
    """Around the `call` of a user's layer or model: what it calls is not called by itself."""
    _open.append(None)
    try:
        yield
    finally:
        _open.pop()


def by_itself() -> bool:
    """Whether a layer that is called now is called by no other layer's `call`."""
    return not _open
