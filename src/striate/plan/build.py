"""Making a plan: take the graph apart, let every rule rewrite it, group what belongs together."""

from __future__ import annotations

from collections.abc import Mapping

from striate.errors import ArgumentError, message
from striate.graph import Graph, Port, Spec
from striate.graph.kinds import InputLayer, Nested
from striate.kernels.block import Block
from striate.kernels.shapes import ConvShape
from striate.kernels.side_by_side import SideBySide
from striate.layers import Layer
from striate.plan.chains import chains
from striate.plan.describe import describe
from striate.plan.draft import Draft, Request, has_hooks
from striate.plan.half import low_values
from striate.plan.logits import final_activation
from striate.plan.lowering import lower
from striate.plan.native_stretch import kernel_names, stretches
from striate.plan.operation import ACTIVATION, PRODUCT, Operation
from striate.plan.plan import Part, Plan, Step
from striate.plan.rules import RULES
from striate.plan.segments import RULE as AGAIN
from striate.plan.segments import segments

PRECISIONS = ("auto", "float32", "tf32", "bfloat16", "float16")


def make_plan(graph: Graph, layers: Mapping[str, Layer], request: Request) -> Plan:
    """The plan of a graph.

    Args:
        graph: what to run.
        layers: layer by layer name.
        request: what the plan is for.

    Raises:
        ArgumentError: an unknown precision.
    """
    check_precision(request.precision, "plan")
    draft = lower(graph, layers, request)
    if request.rules:
        for rule in RULES:
            rule(draft)
    _note_hooks(draft)
    _note_logits(draft)
    _note_first(draft)
    _note_tf32(draft)
    parts, parts_bytes = _parts(draft)
    runs, joined = stretches(draft), chains(draft)
    kernels = kernel_names(runs)
    steps = tuple(_step(draft, block, kernels) for block in _blocks(draft))
    nodes = [n for n in graph if not isinstance(n.kind, InputLayer)]
    return Plan(
        name=graph.name,
        purpose="training" if request.backward else "inference",
        device=request.device,
        precision=_precision(draft),
        num_layers=len(nodes),
        steps=steps,
        applied=tuple(draft.applied),
        refused=tuple(draft.refused),
        operations=tuple(draft.operations),
        inputs=graph.inputs,
        outputs=draft.outputs,
        raw_inputs=tuple(sorted(draft.raw_inputs)),
        parts=parts,
        parts_bytes=parts_bytes,
        stretches=runs,
        chains=joined,
        value_bytes=_value_bytes(draft),
    )


def check_precision(precision: str, where: str) -> None:
    """An `ArgumentError` for a precision that is none."""
    if precision not in PRECISIONS:
        raise ArgumentError(
            message(
                where,
                "unknown precision",
                got={"precision": precision},
                expected=", ".join(repr(p) for p in PRECISIONS),
            )
        )


def spec_after(draft: Draft, operation: Operation) -> Spec:
    """Spec of what an operation gives: its own layer's, or its input's for an activation."""
    if operation.part == ACTIVATION:
        before = draft.writer(operation.reads[0])
        return spec_after(draft, before) if before is not None else draft.node(operation).output
    output = draft.node(operation).output
    if operation.block is None or output.rank == 2:
        return output
    pools = operation.pools
    size = operation.block.result if pools is None else pools.convolved
    return Spec((output.shape[0], *size, output.channels), output.dtype)


def _blocks(draft: Draft) -> list[list[Operation]]:
    """A product and what follows it: normalisation, pooling, activation, dropout."""
    blocks: list[list[Operation]] = []
    open_block: dict[str, list[Operation]] = {}
    for operation in draft.operations:
        before = open_block.get(operation.reads[0].node) if len(operation.reads) == 1 else None
        if before is not None and draft.alone(before[-1], operation) and _joins(operation):
            before.append(operation)
            open_block[operation.name] = before
            continue
        block = [operation]
        blocks.append(block)
        if operation.part == PRODUCT:
            open_block[operation.name] = block
    return blocks


def _joins(operation: Operation) -> bool:
    return operation.part == ACTIVATION or (operation.part == "whole" and not operation.beside)


def _step(draft: Draft, block: list[Operation], kernels: Mapping[Port, str]) -> Step:
    nodes = {n: None for op in block for n in op.nodes}
    text = ", ".join(describe(draft, op) for op in block)
    shape = spec_after(draft, block[-1]).shape
    if draft.request.batch_size is not None and shape and shape[0] is None:
        shape = (draft.request.batch_size, *shape[1:])
    names = tuple(op.name for op in block)
    ordered = tuple(n.name for n in draft.graph if n.name in nodes)
    ours = tuple(k for op in block if op.block is not None for k in _kernels(op, op.block))
    ours += tuple(k for op in block if op.beside for k in _beside(op))
    ours += tuple(k for op in block if op.depthwise for k in ("depthwise", "depthwise backward"))
    ours += tuple("window pool" for op in block if op.pools is not None)
    ours += tuple("batch norm" for op in block if op.normalizes is not None)
    ours += tuple(kernels[port] for op in block for port in op.writes if port in kernels)
    return Step(ordered, text, shape, _products_in(block[0]), names, ours)


def _products_in(operation: Operation) -> str:
    """What its products are computed in: by our kernels float32, whatever their maps are of."""
    ours = operation.block is not None or operation.depthwise is not None
    return "float32" if ours else operation.precision


def _kernels(operation: Operation, shape: ConvShape) -> tuple[str, ...]:
    return Block(shape).names if operation.pools is None else ("direct",)


def _beside(operation: Operation) -> tuple[str, ...]:
    return SideBySide([op.block for op in operation.beside if op.block is not None]).names


def _note_hooks(draft: Draft) -> None:
    for node in draft.graph:
        layer = draft.layers.get(node.layer)
        if layer is not None and has_hooks(layer):
            draft.refuse("hooks", (node.name,), "runs as it is: someone set hooks on the layer")


def _note_logits(draft: Draft) -> None:
    if not draft.request.logits:
        return
    for port in draft.graph.outputs:
        name = final_activation(draft.layers[draft.graph[port.node].layer])
        if name is not None:
            draft.say(
                "logits",
                (port.node,),
                f"{name} is left to the loss, which computes both at once: no logarithm of a"
                " number that was rounded to 0",
            )


def _note_first(draft: Draft) -> None:
    """Where the backward pass ends: nobody asks for the gradient of the data."""
    if not draft.request.backward:
        return
    followed: set[Port] = set()  # values that some gradient passes through
    for operation in draft.operations:
        node = draft.node(operation)
        nodes = (node, *(draft.node(part) for part in operation.beside))
        trained = any(n.trainable and any(w.trainable for w in n.weights) for n in nodes)
        trained = trained or (node.trainable and isinstance(node.kind, Nested))
        inside = any(p in followed for p in operation.reads)
        if trained and not inside and operation.part != ACTIVATION:
            text = "no gradient is computed for its input: nothing before it is trained"
            draft.say("first layer", operation.nodes, text)
        if trained or inside:
            followed.update(operation.writes)


def _note_tf32(draft: Draft) -> None:
    """Why it is allowed or not: TF32 reads 10 bits of a fraction, float32 has 23."""
    request = draft.request
    products = [op for op in draft.operations if op.part == PRODUCT and op.precision == "float32"]
    if request.device != "cuda" or not request.rules or not products:
        if request.precision == "tf32" and request.device != "cuda":
            text = f"there is no TF32 on devices of type {request.device}: float32 it is"
            draft.refuse("tf32", tuple(op.node for op in products), text)
        return
    nodes = tuple(op.node for op in products)
    if request.precision == "float32":
        text = 'TF32 is off: products keep all 24 bits; precision="tf32" allows it'
        draft.refuse("tf32", nodes, text)
    else:
        draft.say("tf32", nodes, "float32 products may round their factors to 11 bits (TF32)")


def _precision(draft: Draft) -> str:
    half = next((op.precision for op in draft.operations if op.precision != "float32"), None)
    if half is not None:
        return f"{half} products"
    tf32 = draft.request.precision == "tf32" and draft.request.device == "cuda"
    return "float32 with TF32 products" if tf32 else "float32"


def _parts(draft: Draft) -> tuple[tuple[Part, ...], int]:
    """The stretches that are computed again, if that was asked for, and bytes kept per sample."""
    if not (draft.request.again and draft.request.backward):
        return (), 0
    low = low_values(draft.operations, draft.graph, draft.layers)
    sizes = [_bytes_per_sample(draft, op, low) or 1 for op in draft.operations]
    parts, kept = segments(draft, sizes)
    for part in parts:
        ops = draft.operations[part.start : part.stop]
        nodes = tuple(dict.fromkeys(n for op in ops for n in op.nodes))
        if part.again:
            text = "its values are computed once more in the backward pass instead of being kept"
            draft.say(AGAIN, nodes, text)
        elif part is not parts[-1]:
            text = "its values are kept: it is a model or code that may not be run twice"
            draft.refuse(AGAIN, nodes, text)
    if not any(part.again for part in parts):
        nodes = tuple(dict.fromkeys(n for op in draft.operations for n in op.nodes))
        draft.refuse(AGAIN, nodes, "nothing is computed again: it would not save memory")
    return parts, kept


def _bytes_per_sample(draft: Draft, operation: Operation, low: set[Port]) -> int | None:
    """What an operation writes anew; None if a size is open."""
    if operation.in_place:
        return 0
    features = spec_after(draft, operation).features
    half = any(p in low for p in operation.writes)
    return None if features is None else features * (2 if half else 4)


def _value_bytes(draft: Draft) -> int | None:
    size = draft.request.batch_size
    if size is None:
        return None
    total = 0
    low = low_values(draft.operations, draft.graph, draft.layers)
    for operation in draft.operations:
        found = _bytes_per_sample(draft, operation, low)
        if found is None:
            return None
        total += found * size
    return total
