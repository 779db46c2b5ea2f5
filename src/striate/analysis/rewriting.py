"""rewriting: what the plan's rules make of a draft, as far as a graph can tell."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from striate.analysis.steps import ACTIVATION, PRODUCT, WHOLE, Draft, Step
from striate.graph.kinds import Dense
from striate.graph.kinds.convolution import Conv
from striate.graph.rewriting import FRESH, MONOTONE, POOLINGS, flow, half_values, has_in_place

JOINED = frozenset(
    {"relu", "relu6", "leaky_relu", "sigmoid", "tanh", "hard_sigmoid", "hard_silu", "silu"}
)


def _idle(draft: Draft, training: bool) -> None:
    """Leaves out what nobody reads and what returns its input."""
    for step in reversed(draft.each()):
        read = draft.users[step.name] or any(p in draft.outputs for p in step.writes)
        acts = training and (hasattr(step.kind, "seed") or step.node.weights)
        if not (read or acts or step.kind.penalises or hasattr(step.kind, "class_name")):
            del draft.steps[step.name]
            draft.reindex()
    for step in draft.each():
        one = len(step.reads) == 1 and len(step.outputs) == 1
        linear = step.part == ACTIVATION and step.activation == "linear"
        idle = step.part == WHOLE and one and step.kind.idle(training)
        if idle or (linear and not step.kind.penalises):
            draft.remove(draft.steps[step.name])


def _merged_padding(draft: Draft, training: bool) -> None:
    """Padding layers become one border, and the padding of a "valid" convolution."""
    for found in draft.each():
        step = draft.now(found)
        if step is None or type(step.kind).__name__ != "ZeroPadding2D":
            continue
        total = step.padding or step.kind.padding
        after = draft.next_alone(step)
        if after is None:
            continue
        if type(after.kind).__name__ == "ZeroPadding2D":
            pairs = zip(total, after.kind.padding, strict=True)
            total = tuple((a + c, b + d) for (a, b), (c, d) in pairs)
        elif not _takes_zeros(after, total):
            continue
        draft.update(after, padding=total, inputs=step.inputs)
        draft.remove(step)


def _folded(draft: Draft, training: bool) -> None:
    """In inference, batch normalisation and rescaling go into weights, activations into kernels."""
    if training:
        return
    for found in draft.each():
        step = draft.now(found)
        if step is None or step.part != PRODUCT or not (_is_conv(step) or _is_dense(step)):
            continue
        after = draft.next_alone(step)
        if after is not None and _normalizes_channels(after):
            draft.update(step, folded=True)
            draft.remove(after)
    for found in draft.each():
        step = draft.now(found)
        if step is None:
            continue
        after = draft.next_alone(step)
        if after is None:
            continue
        if type(step.kind).__name__ == "Rescaling" and _is_conv(after) and not _offset(step.kind):
            draft.update(after, folded=True)
            draft.remove(step)
        elif _is_conv(step) and step.kind.rank == 2 and _joins(after):
            draft.remove(after)


def _pool_first(draft: Draft, training: bool) -> None:
    """Max-pooling before a monotone activation."""
    for found in draft.each():
        step = draft.now(found)
        if step is None or step.part != ACTIVATION:
            continue
        after = draft.next_alone(step)
        if after is None or type(after.kind).__name__ not in POOLINGS:
            continue
        kind = step.kind
        monotone = step.activation in MONOTONE and getattr(kind, "alpha", 0.0) >= 0.0
        if monotone and not kind.penalises:
            draft.swap(step, after)


def bfloat16_products(draft: Draft, precision: str | Collection[str]) -> None:
    """Products in bfloat16, and what passes their results on."""

    def product(step: Step) -> bool:
        chosen = precision == "bfloat16" or step.node.layer in precision
        return chosen and (_is_conv(step) or _is_dense(step))

    low = half_values([flow(step, step.kind, product(step)) for step in draft.each()])
    for step in draft.each():
        if any(p in low for p in step.writes):
            draft.update(step, low=True)


def activations_in_place(draft: Draft, training: bool) -> None:
    """An activation writes where it read."""
    for step in draft.each():
        if step.part != ACTIVATION:
            continue
        before = draft.steps.get(step.reads[0].node)
        numbers = vars(step.kind) if step.name == step.node.name else {}
        if before is None or not has_in_place(step.activation, numbers):
            continue
        if draft.next_alone(before) == step and _is_fresh(before):
            draft.update(step, in_place=True)


def _is_fresh(before: Step) -> bool:
    name, rank = type(before.kind).__name__, before.outputs[0].rank
    if before.part == PRODUCT:
        return (rank >= 4 and _is_conv(before)) or (rank == 2 and _is_dense(before))
    return name in FRESH and (name != "BatchNormalization" or _normalizes_channels(before))


def _takes_zeros(step: Step, total: tuple[tuple[int, int], ...]) -> bool:
    """Whether a convolution can take a border as its own: kernels pad both sides alike."""
    even = all(before == behind for before, behind in total)
    return _is_conv(step) and step.kind.padding == "valid" and even


def _normalizes_channels(step: Step) -> bool:
    named = type(step.kind).__name__ == "BatchNormalization"
    return named and step.kind.axis in (-1, step.outputs[0].rank - 1)


def _joins(step: Step) -> bool:
    """Whether a convolution's kernel can apply an activation while it writes."""
    known = step.part == ACTIVATION and step.activation in JOINED
    return known and not step.kind.penalises


def _is_conv(step: Step) -> bool:
    return step.part == PRODUCT and isinstance(step.kind, Conv)


def _is_dense(step: Step) -> bool:
    return step.part == PRODUCT and isinstance(step.kind, Dense)


def _offset(kind: Any) -> bool:
    return any(kind.offset if isinstance(kind.offset, tuple) else (kind.offset,))


RULES: tuple[Callable[[Draft, bool], None], ...] = (_idle, _merged_padding, _folded, _pool_first)
