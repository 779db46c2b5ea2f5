"""Sizes that plain torch modules need as numbers."""

from __future__ import annotations

from collections.abc import Sequence

from striate import errors
from striate.graph import Node, window


def amounts(
    node: Node, sizes: Sequence[int | None], size: Sequence[int], dilation: Sequence[int]
) -> list[tuple[int, int]]:
    """The zeros before and after each axis that a layer's window needs.

    Args:
        node: of a kind with `padding` and `strides`.
        sizes: of its input map.
        size: of its window.
        dilation: between the window's places.

    Raises:
        ArgumentError: they depend on a size that is open.
    """
    kind = node.kind
    padding, strides = kind.padding, kind.strides  # type: ignore[attr-defined]
    found = []
    for n, k, s, d in zip(sizes, size, strides, dilation, strict=True):
        if n is None and padding == "same" and s > 1:
            raise open_size(node, sizes)
        found.append(window.padding_amounts(padding, n or k * d, k, s, d))
    return found


def open_size(node: Node, sizes: Sequence[int | None]) -> errors.ArgumentError:
    """The error of a layer whose plain form depends on a size that is not known."""
    return errors.ArgumentError(
        errors.message(
            f"{node.name} ({type(node.kind).__name__})",
            "plain torch needs the size of its input map as a number",
            got={"sizes": tuple(sizes)},
            expected="a model whose sizes are known",
            fix="to_torch(model, input_shape=(224, 224, 3))",
        )
    )


def for_torch(pairs: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Amounts as torch's padding modules take them: last axis first."""
    return tuple(n for pair in reversed(pairs) for n in pair)
