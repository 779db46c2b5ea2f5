"""Building a model from the first data it meets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from striate import data, errors
from striate.layers import Layer


def build_from(model: Layer, x: Any, where: str) -> Any:
    """The data, after building a model that does not know its input shape yet.

    Args:
        model: the model.
        x: what `fit`, `evaluate` or `predict` was given as `x`.
        where: that method, for messages.

    Raises:
        DataError: there are no data.
    """
    steps_only = getattr(model, "own_steps", ()) and type(model).call is Layer.call
    if model.built or steps_only:  # what has steps of its own may have no `call` to be built by
        return x
    given = x
    if isinstance(x, Iterator):  # cannot be rewound: what was looked at is given again
        first = next(x, None)
        given = _again(first, x)
        x = iter(() if first is None else (first,))
    batch = next(iter(data.source(x, shuffle=False).batches(0)), None)
    if batch is None:
        raise errors.DataError(
            errors.message(where, "there are no data", expected="at least one batch")
        )
    model.build(_shapes(batch[0]))
    return given


def _shapes(x: Any) -> Any:
    """The shape of the input without its batch size, or a list of several."""
    if isinstance(x, dict):
        x = list(x.values())
    if isinstance(x, (list, tuple)):
        return [(None, *value.shape[1:]) for value in x]
    return (None, *x.shape[1:])


def _again(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    if first is not None:
        yield first
    yield from rest
