"""Native stretches: runs of operations that one call of our own kernels does, for inference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate.graph import Port, Spec
from striate.kernels.form import fastest, kernel_of, weights_bytes
from striate.kernels.steps import CONV, SIDE_BY_SIDE, VIEW, KernelStep
from striate.layers import BuiltIn, Dense
from striate.layers.convolution import Conv
from striate.layers.convolution_depthwise import DepthwiseConv
from striate.plan.draft import Draft
from striate.plan.native_steps import (
    PRODUCTS,
    Shape,
    Steps,
    activation_of,
    conv_shape,
    is_known_part,
    plane,
    type_of,
)
from striate.plan.operation import ACTIVATION, PRODUCT, Operation
from striate.plan.plan import Part, Stretch
from striate.plan.segments import entering, leaving

RULE = "one native call"
UNKNOWN = "torch computes it: our own kernels do not know it"


def stretches(draft: Draft) -> tuple[Stretch, ...]:
    """The runs of operations that our kernels do without a return to Python in between.

    Why the result is the same: each kernel adds up the same products, in another order, so they
    agree to the rounding of float32, about 1e-6 of the largest value, or 1e-5 where the Winograd
    form is used. What is gained besides the kernels: values that nobody else reads have places in
    memory that is kept between calls, and many images go through a few at a time, so that they
    stay in the cache.
    """
    products = [op for op in draft.operations if op.part == PRODUCT]
    if draft.request.backward or not draft.request.rules or not products:
        return ()
    reason = _reason(draft)
    if reason:
        draft.refuse(RULE, tuple(op.node for op in products), reason)
        return ()
    obstacles = _obstacles(draft)
    found = []
    for start, stop in _runs(draft, obstacles):
        made = _stretch(draft, start, stop)
        if isinstance(made, str):
            nodes = tuple(op.node for op in draft.operations[start:stop])
            draft.refuse(RULE, nodes, made)
            continue
        found.append(made)
        draft.say(RULE, made.nodes, _words(made.steps))
    refused: dict[str, list[str]] = {}
    for op in draft.operations:
        if obstacles[op.name] and (found or op.part == PRODUCT):
            refused.setdefault(obstacles[op.name], []).append(op.node)
    for text, nodes_of in refused.items():
        draft.refuse(RULE, tuple(dict.fromkeys(nodes_of)), text)
    return tuple(found)


def _reason(draft: Draft) -> str:
    half = any(op.precision != "float32" for op in draft.operations)
    text = "our own kernels of inference compute in float32"
    return draft.no_kernels() or (text if half else "")


def _runs(draft: Draft, obstacles: dict[str, str]) -> list[tuple[int, int]]:
    """Starts and ends of runs without obstacles in which there is a product."""
    operations = draft.operations
    found: list[tuple[int, int]] = []
    start = 0
    for i in range(len(operations) + 1):
        if i < len(operations) and not obstacles[operations[i].name]:
            continue
        if any(op.part == PRODUCT for op in operations[start:i]):
            found.append((start, i))
        start = i + 1
    for start, stop in found:
        for i in range(start, stop):
            # zeros around an image are no map of their own: they stay with the window behind
            reader = draft.next_alone(operations[i])
            names = [op.name for op in operations[start:stop]]
            if type_of(draft, operations[i]) == "ZeroPadding2D" and (
                reader is None or reader.name not in names
            ):
                obstacles[operations[i].name] = UNKNOWN
                return _runs(draft, obstacles)
    return found


def _stretch(draft: Draft, start: int, stop: int) -> Stretch | str:
    operations = tuple(draft.operations)
    part = Part(start, stop, False)
    shapes = _shapes(draft)
    steps = Steps(draft, shapes)
    for operation in operations[start:stop]:
        steps.add(operation)
    for step in steps.made:
        if step.kernel == CONV and fastest(step.shape) is None:
            return "no kernel of ours is fast at one of its convolutions"
    reads = entering(operations, part)
    writes = leaving(operations, part, draft.outputs)
    used = {p for step in steps.made for p in (*step.reads, step.writes)}
    nodes = tuple(dict.fromkeys(n for op in operations[start:stop] for n in op.nodes))
    return Stretch(
        start,
        stop,
        tuple(p for p in reads if p in used),
        tuple(p for p in writes if p in used),
        tuple(steps.made),
        {p: shapes[p] for p in used if isinstance(p, Port)},
        dict(steps.folded),
        nodes,
    )


def _shapes(draft: Draft) -> dict[Port, Shape]:
    """Of one image's values, of those operations and inputs whose sizes are known."""
    shapes: dict[Port, Shape] = {}
    for port in draft.graph.inputs:
        _note(shapes, port, draft.graph.spec(port))
    for op in draft.operations:
        if op.part == ACTIVATION:
            if op.reads[0] in shapes:
                shapes[op.writes[0]] = shapes[op.reads[0]]
            continue
        for port, spec in zip(op.writes, draft.node(op).outputs, strict=True):
            _note(shapes, port, spec)
    return shapes


def _note(shapes: dict[Port, Shape], port: Port, spec: Spec) -> None:
    if spec.dtype == "float32" and None not in spec.shape[1:] and 2 <= spec.rank <= 4:
        shapes[port] = tuple(n or 0 for n in spec.shape[1:])


def _obstacles(draft: Draft) -> dict[str, str]:
    shapes = _shapes(draft)
    return {op.name: _obstacle(draft, op, shapes) for op in draft.operations}


def _obstacle(draft: Draft, op: Operation, shapes: dict[Port, Shape]) -> str:
    layer, kind = draft.layer(op), draft.kind(op)
    if draft.observed(op):
        return "someone set hooks on it"
    if not isinstance(layer, BuiltIn) or layer.own_code or op.num_outputs != 1:
        return UNKNOWN
    if not is_known_part(draft, op):
        return UNKNOWN
    if kind.penalises and (op.part == ACTIVATION or op.part != PRODUCT):
        return "its activity penalty is noted on the layer"
    if any(port not in shapes for port in (*op.reads, *op.writes)):
        return "a size is open, or its values are no float32 maps"
    check = _CHECKS.get(type_of(draft, op))
    return "" if check is None else check(draft, op, shapes)


def _window(draft: Draft, op: Operation, shapes: dict[Port, Shape]) -> str:
    kind = draft.kind(op)
    own = getattr(type(draft.layer(op)), "before_activation", None)
    if own not in (Conv.before_activation, DepthwiseConv.before_activation):
        return UNKNOWN
    if op.joined is not None:
        numbers = vars(draft.graph[op.joined[1]].kind) if op.joined[1] != op.node else {}
        if activation_of(op.joined[0], numbers) is None:
            return UNKNOWN
    if own is DepthwiseConv.before_activation:
        return "" if kind.depth_multiplier == 1 else "it has several filters per channel"
    if kind.groups != 1:
        return "our own kernels have no groups of channels"
    shape = conv_shape(kind, plane(shapes[op.reads[0]]), kind.filters, op.padding)
    return "" if fastest(shape) else "no kernel of ours is fast at its sizes"


def _dense(draft: Draft, op: Operation, shapes: dict[Port, Shape]) -> str:
    own = getattr(type(draft.layer(op)), "before_activation", None)
    return "" if own is Dense.before_activation else UNKNOWN


def _activation(draft: Draft, op: Operation, shapes: dict[Port, Shape]) -> str:
    numbers = vars(draft.kind(op)) if op.name == op.node else {}
    return UNKNOWN if activation_of(op.activation, numbers) is None else ""


def _channels(draft: Draft, op: Operation, shapes: dict[Port, Shape]) -> str:
    """Of layers with an axis: it must be that of the channels."""
    rank = draft.node(op).output.rank
    if draft.kind(op).axis not in (-1, rank - 1):
        return "it works along another axis than the channels"
    if type_of(draft, op) == "BatchNormalization" and draft.trains(op):
        return "in training it normalises by the statistics of the batch"
    return ""


def _alike(draft: Draft, op: Operation, shapes: dict[Port, Shape]) -> str:
    ranks = {len(shapes[p]) for p in op.reads}
    sizes = {shapes[p] for p in op.reads}
    if len(sizes) == 1:
        return ""
    one = {shapes[p][:-1] for p in op.reads if set(shapes[p][:-1]) != {1}}
    spreads = len(op.reads) == 2 and len({shapes[p][-1] for p in op.reads}) == 1
    return "" if len(ranks) == 1 and spreads and len(one) == 1 else "its inputs are not alike"


def _padding(draft: Draft, op: Operation, shapes: dict[Port, Shape]) -> str:
    after = draft.next_alone(op)
    if after is None or not is_known_part(draft, after) or after.padding is not None:
        return UNKNOWN
    name = type_of(draft, after)
    # where nothing is below 0, zeros around an image never are the largest
    taken = name in ("Conv2D", "DepthwiseConv2D")
    taken = taken or (name == "MaxPooling2D" and _rectified(draft, op.reads[0]))
    valid = taken and draft.kind(after).padding == "valid"
    return "" if valid and not _obstacle(draft, after, shapes) else UNKNOWN


def _rectified(draft: Draft, port: Port) -> bool:
    """Whether a value is at least 0 everywhere, because a ReLU gave it."""
    writer = draft.writer(port)
    if writer is None:
        return False
    if writer.joined is not None:
        name, node = writer.joined
        numbers = vars(draft.graph[node].kind) if node != writer.node else {}
    elif writer.part == ACTIVATION:
        name = writer.activation
        numbers = vars(draft.kind(writer)) if writer.name == writer.node else {}
    else:
        return False
    known = activation_of(name, numbers)
    return known is not None and known[0] in ("relu", "capped_relu")


_CHECKS: dict[str, Any] = {
    **dict.fromkeys(PRODUCTS, _window),
    "Dense": _dense,
    "activation": _activation,
    "BatchNormalization": _channels,
    "Concatenate": _channels,
    "Add": _alike,
    "Multiply": _alike,
    "ZeroPadding2D": _padding,
}


def _words(steps: Sequence[KernelStep]) -> str:
    """That they run without Python in between, and what they keep."""
    batch, single = (weights_bytes(steps, images) / 2**20 for images in (0, 1))
    kept = f"{batch:.1f} MiB besides for batches, {single:.1f} MiB for single images"
    return f"one call of our own kernels; their own form of the weights takes {kept}"


def kernel_names(runs: Sequence[Stretch]) -> dict[Any, str]:
    """By the value that it writes, the kernel of ours, such as "winograd"."""
    steps = [s for run in runs for s in run.steps if s.kernel not in (VIEW, SIDE_BY_SIDE)]
    return {s.writes: kernel_of(s).removesuffix("_conv").replace("_", " ") for s in steps}
