"""Max-pooling and the ReLU behind it in one step, for training."""

from __future__ import annotations

from dataclasses import replace

from striate.graph import window
from striate.kernels import library
from striate.kernels.shapes import ConvShape
from striate.kernels.window_pool import obstacle
from striate.layers import MaxPooling2D
from striate.plan.draft import Draft
from striate.plan.half import low_values
from striate.plan.operation import ACTIVATION, WHOLE, Operation

RULE = "pooling"


def native_pooling(draft: Draft) -> None:
    """A max-pooling that no block has taken in, with a ReLU behind it.

    Why the result is the same: it is the largest of the same values, the first of equals, and a
    NaN where there is one, as in torch. Which place of the window it came from is noted in a byte,
    or that the ReLU made it 0; so the backward pass finds for each value the windows that it won.
    Where windows overlap, its gradients are added up in the order of the windows. Second
    derivatives are those of the plain form (`plan.pooling`).
    """
    request = draft.request
    found = [op for op in draft.operations if _pools(draft, op)]
    if not request.backward or not found:
        return
    reason = "" if request.device == "cpu" else "our own kernels are for CPUs"
    if not reason and library.missing():
        reason = f"torch's kernels run, not our own: {library.missing()}"
    refused: dict[str, list[str]] = {}
    for operation in found:
        why = reason or _reason(draft, operation)
        if why:
            refused.setdefault(why, []).append(operation.node)
        else:
            _join(draft, operation)
    for why, nodes in refused.items():
        draft.refuse(RULE, tuple(nodes), why)


def _pools(draft: Draft, operation: Operation) -> bool:
    return operation.part == WHOLE and type(draft.layer(operation)) is MaxPooling2D


def _reason(draft: Draft, operation: Operation) -> str:
    """ "" if our kernel does it, else why not."""
    if draft.observed(operation):
        return "someone set hooks on it"
    if None in draft.graph.spec(draft.node(operation).inputs[0]).spatial:
        return "the size of the image is open"
    low = low_values(draft.operations, draft.graph, draft.layers)
    if low & {*operation.reads}:
        return "its values are of a half type"
    return obstacle(_shape(draft, operation))


def _shape(draft: Draft, operation: Operation) -> ConvShape:
    """The sizes of a pooling."""
    kind, spec = draft.kind(operation), draft.graph.spec(draft.node(operation).inputs[0])
    size, channels = (spec.spatial[0] or 0, spec.spatial[1] or 0), spec.channels or 0
    amounts = window.all_axes(kind.padding, size, kind.pool_size, kind.strides, (1, 1))
    return ConvShape(
        channels,
        channels,
        size,
        kind.pool_size,
        kind.strides,
        padding=tuple(amounts),  # type: ignore[arg-type]
    )


def _join(draft: Draft, operation: Operation) -> None:
    """Makes one step of a pooling with the ReLU behind it."""
    shape, nodes = _shape(draft, operation), operation.nodes
    after = draft.next_alone(operation)
    if after is not None and after.part == ACTIVATION and _is_relu(draft, after):
        nodes = tuple(dict.fromkeys((*nodes, *after.nodes)))
        draft.remove(after)
        shape = replace(shape, activation="relu")
    draft.update(operation, pools=shape, nodes=nodes)
    draft.say(RULE, nodes, "one step by our own kernel: a byte says where each value came from")


def _is_relu(draft: Draft, after: Operation) -> bool:
    kind = draft.kind(after)
    numbers = vars(kind) if after.name == after.node else {}
    bent = numbers.get("negative_slope") or numbers.get("max_value") is not None
    return after.activation == "relu" and not (bent or kind.penalises or draft.observed(after))
