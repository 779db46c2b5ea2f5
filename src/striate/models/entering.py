"""Building a model from the first data it meets."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from striate import errors

if TYPE_CHECKING:
    from striate.layers import Layer


class Peeked:
    """A source whose first batch was looked at: it is given again, nothing is lost.

    Args:
        source: the source.
        epoch: the epoch that was begun.
    """

    def __init__(self, source: Any, epoch: int = 0) -> None:
        self.source, self.epoch = source, epoch
        self._begun: Iterator[Any] | None = iter(source.batches(epoch))
        self.first = next(self._begun, None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    def batches(self, epoch: int, start: int = 0) -> Iterator[Any]:
        """As the source's own; the epoch that was begun goes on from its first batch."""
        begun, self._begun = self._begun, None
        if begun is None or epoch != self.epoch or start != 0:
            return iter(self.source.batches(epoch, start))
        return itertools.chain([self.first], begun)


def build_from(model: Layer, source: Any, where: str) -> Any:
    """The source, after building a model that does not know its input shape yet."""
    if model.built:
        return source
    peeked = Peeked(source)
    if peeked.first is None:
        raise errors.DataError(
            errors.message(where, "there are no data", expected="at least one batch")
        )
    x = peeked.first[0]
    many = isinstance(x, (dict, list, tuple))
    values = list(x.values()) if isinstance(x, dict) else list(x) if many else [x]
    shapes = [(None, *v.shape[1:]) for v in values]
    model.build(shapes if many else shapes[0])
    return peeked
