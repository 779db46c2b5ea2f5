"""Depthwise convolutions by our own kernels, for training."""

from __future__ import annotations

from dataclasses import replace

from striate.kernels.depthwise import suitable
from striate.kernels.shapes import ConvShape
from striate.layers.convolution_depthwise import DepthwiseConv
from striate.plan.draft import Draft
from striate.plan.native_steps import conv_shape
from striate.plan.operation import PRODUCT, Operation

RULE = "depthwise"


def native_depthwise(draft: Draft) -> None:
    """A depthwise convolution in one pass over the map, with a backward pass of its own.

    Why the result is the same: the kernels add up the same products, in another order. Where other
    convolutions read and write bfloat16, so does this one; its products and sums are float32.
    Second derivatives are those of the plain form (`plan.depthwise`).
    """
    if not draft.request.backward:
        return
    reason = draft.no_kernels()
    half = any(op.precision == "bfloat16" for op in draft.operations)
    found = [op for op in draft.operations if _is_depthwise(draft, op)]
    reasons = [(op, reason or _obstacle(draft, op)) for op in found]
    for operation, why in reasons:
        if why:
            continue
        shape = _shape(draft, operation, half)
        precision = "bfloat16" if half else "float32"
        draft.update(operation, depthwise=shape, precision=precision)
        draft.say(RULE, operation.nodes, "one step by our own kernels, forward and backward")
    draft.refuse_each(RULE, reasons)


def _is_depthwise(draft: Draft, operation: Operation) -> bool:
    layer = type(draft.layer(operation))
    ours = getattr(layer, "before_activation", None) is DepthwiseConv.before_activation
    return operation.part == PRODUCT and ours


def _obstacle(draft: Draft, operation: Operation) -> str:
    """ "" if the kernels do it, else why not."""
    spec = draft.graph.spec(draft.node(operation).inputs[0])
    if draft.kind(operation).rank != 2:
        return "the kernels are for images"
    if None in spec.spatial:
        return "the size of the image is open"
    fits = suitable(_shape(draft, operation, False))
    return "" if fits else "the kernels have one result a channel"


def _shape(draft: Draft, operation: Operation, half: bool) -> ConvShape:
    node = draft.node(operation)
    spec = draft.graph.spec(node.inputs[0])
    height, width = (n or 0 for n in spec.spatial)
    filters = node.output.channels or 0
    shape = conv_shape(draft.kind(operation), (height, width, spec.channels or 0), filters)
    return replace(shape, half=half)
