"""Products in a half type where the machine multiplies it faster."""

from __future__ import annotations

from striate.graph.rewriting import CARRIES
from striate.ops.precision import fast_half
from striate.plan.draft import Draft
from striate.plan.half import low_values
from striate.plan.operation import WHOLE, Operation
from striate.plan.rules.products import is_convolution, is_dense, is_small

RULE = "half precision"


def bfloat16_products(draft: Draft) -> None:
    """Convolutions and matrix products in bfloat16 or float16; what sums up is float32.

    The result is not the same, it has 8 or 11 bits instead of 24: asked for by `precision`. Inputs
    and weights are rounded, products are summed in float32 inside the kernel, the result is rounded
    and stays half through pooling and activation to the next product, and so through batch
    normalisation and sums of branches where another product is to come: their kernels read half
    values, calculate in float32, and round what they write. The product would have rounded it
    anyway; what is new is the rounding of the path that goes around it to the next sum. Weights,
    their gradients, the optimizer, losses, statistics, gamma and beta, probabilities and outputs
    are float32.
    """
    request = draft.request
    if request.precision in ("float32", "tf32"):
        return
    automatic = request.precision == "auto"
    half, reason = fast_half(request.device) if automatic else (request.precision, "")
    products = [op for op in draft.operations if is_convolution(draft, op) or is_dense(draft, op)]
    found = [op for op in products if op.block is None]
    if automatic and not found:
        return
    if automatic and len(found) < len(products):
        reason = "our own kernels are sooner with them for most of this network"
    if reason:
        draft.refuse(RULE, tuple(op.node for op in found), f"products stay float32: {reason}")
        return
    small = {op.name for op in found if automatic and is_small(draft, op)}
    for operation in found:
        if operation.name not in small:
            draft.update(operation, precision=half)
    for operation in found:
        if operation.name in small and _meets_half(draft, operation):
            draft.update(operation, precision=half)
            small.remove(operation.name)
    _say(draft, half, found, small)


def _say(draft: Draft, half: str, found: list[Operation], left: set[str]) -> None:
    taken = [op for op in found if op.name not in left]
    small = [op for op in found if op.name in left]
    low = low_values(draft.operations, draft.graph, draft.layers)
    carried = [op for op in draft.operations if low & {*op.writes} and _carries(draft, op)]
    if taken:
        draft.say(RULE, tuple(op.node for op in taken), f"{half} in and out, sums in float32")
    if carried:
        text = f"{half} from product to product; statistics, gamma and beta are float32"
        draft.say(RULE, tuple(op.node for op in carried), text)
    if small:
        draft.refuse(
            RULE, tuple(op.node for op in small), "too small: casts would cost more than they save"
        )


def _carries(draft: Draft, operation: Operation) -> bool:
    return operation.part == WHOLE and type(draft.kind(operation)).__name__ in CARRIES


def _meets_half(draft: Draft, operation: Operation) -> bool:
    """Whether its result, alone or normalised, is added to a half value.

    Then a float32 result would cost more than its own cast: it would make the sum float32, and
    all sums after it.
    """
    readers = draft.readers(operation)
    while len(readers) == 1 and _carries(draft, readers[0]):
        (reader,) = readers
        if type(draft.kind(reader)).__name__ == "Add":
            low = low_values(draft.operations, draft.graph, draft.layers)
            return any(p in low for p in reader.reads)
        readers = draft.readers(reader)
    return False
