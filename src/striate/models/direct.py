"""The shortest way through a model whose inference is one native call.

A small network takes 20 microseconds there; the checks that every call makes otherwise would take
several times as long. So what they found is kept, and only what may change is asked again: hooks,
weights, how the model runs, and what the input is like.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from striate.layers import Layer
from striate.ops.modules import parts
from striate.plan.native_call import NativeCall

if TYPE_CHECKING:
    from striate.models.planned import Planned

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class Direct:
    """What is known of a model that is one native call.

    Args:
        model: which.
        native: the call; None: it is not one.
    """

    def __init__(self, model: Planned, native: NativeCall | None) -> None:
        self.graph, self.native = model._graph, native
        self.hooks: list[Mapping[Any, Any]] = [
            getattr(part, name) for part in parts(model) for name in _HOOKS
        ]


def directly(model: Planned, x: Any) -> Tensor | None:
    """The output for an input as it must be, without gradients; None: take the usual way.

    Args:
        model: in whatever mode; what is computed is inference.
        x: a float32 array or tensor of the graph's size, channels last.
    """
    direct: Direct | None = model._direct
    if direct is None or direct.graph is not model._graph:
        direct = model._direct = _known(model)
    native, choice = direct.native, model._choice
    if native is None or any(direct.hooks) or not choice.rules or choice.inference != "float32":
        return None
    if type(x) is np.ndarray:
        if x.dtype != np.float32 or not x.flags.c_contiguous or not x.flags.writeable:
            return None
        x = torch.from_numpy(x)
    elif type(x) is not Tensor or x.__dict__:  # a mask is an attribute
        return None
    return native.direct(x)


def _known(model: Planned) -> Direct:
    if type(model).call is not Layer.call or model._graph is None:
        return Direct(model, None)
    modes = [(part, part.training) for part in parts(model)]
    model.eval()
    try:
        with torch.no_grad():
            program = model.program()
    finally:
        for part, mode in modes:
            part.training = mode
    plan, calls = program.plan, program._calls
    native = calls[0][0] if len(calls) == 1 else None
    one = len(plan.inputs) == len(plan.outputs) == 1 and not program.marked
    one = one and not model._graph.output_keys
    known = one and isinstance(native, NativeCall) and native.whole(plan.inputs, plan.outputs)
    return Direct(model, native if known else None)  # type: ignore[arg-type]
