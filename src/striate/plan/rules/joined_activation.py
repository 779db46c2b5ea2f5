"""The activation is applied by the convolution's kernel while it writes, for inference."""

from __future__ import annotations

from striate.ops.joined import can_join
from striate.plan.draft import Draft
from striate.plan.operation import ACTIVATION
from striate.plan.rules.products import is_convolution

RULE = "one kernel"


def joined_activation(draft: Draft) -> None:
    """Convolution, then an activation that oneDNN knows: one kernel.

    Why the result is the same: the kernel applies the same function to the same sum, before it
    writes it; functions with an exponential may differ in the last bits. There is no backward
    form, so it is for inference, on the CPU. The kernel is not part of torch's public interface:
    it is tried once per process against the plain form, and not used if it is missing or differs.
    It saves up to 8 % of a convolution on batches, and costs 20 microseconds a call, so fewer
    than 8 images go through two kernels, one after the other (`plan.binding`).
    """
    request = draft.request
    if request.backward:
        return
    for operation in draft.each():
        after = draft.next_alone(operation) if is_convolution(draft, operation) else None
        if after is None or after.part != ACTIVATION or draft.kind(operation).rank != 2:
            continue
        nodes = tuple(dict.fromkeys((*operation.nodes, *after.nodes)))
        numbers = {} if after.node == operation.node else vars(draft.kind(after))
        reason = "the kernel is oneDNN's, for CPUs" if request.device != "cpu" else ""
        if request.precision == "float16":
            reason = "the kernel knows float32 and bfloat16"
        if draft.kind(after).penalises:
            reason = "the layer has an activity penalty"
        reason = reason or can_join(after.activation, numbers)
        if draft.observed(operation) or draft.observed(after):
            reason = "someone set hooks on one of them"
        if reason:
            draft.refuse(RULE, nodes, reason)
            continue
        draft.remove(after)
        draft.update(operation, joined=(after.activation, after.node), nodes=nodes)
        draft.say(RULE, nodes, f"{after.activation} is applied while the convolution writes")
