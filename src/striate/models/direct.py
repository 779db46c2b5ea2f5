"""The shortest way through a model whose inference is one native call.

A small network takes 15 microseconds there; the checks that every call makes otherwise would take
several times as long. So what they found is kept, and only what may change is asked again: hooks,
weights, how the model runs, and what the input is like; most of that in native code, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from striate.kernels.short_call import Run
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
        self.graph, self.native, self.parts = model._graph, native, parts(model)
        self.hooks: list[Mapping[Any, Any]] = [
            getattr(part, name) for part in self.parts for name in _HOOKS
        ]
        short = None if native is None else native.shortened(self.hooks)
        self.run: Run | None = None if short is None else short.run


def directly(model: Planned, x: Any) -> Tensor | None:
    """The output for an input as it must be, without gradients; None: take the usual way.

    Args:
        model: in whatever mode; what is computed is inference.
        x: a float32 array or tensor of the graph's size, channels last.
    """
    found = array_directly(model, x)
    return None if found is None else torch.from_numpy(found)


def array_directly(model: Planned, x: Any) -> np.ndarray[Any, Any] | None:
    """As `directly`, as an array."""
    direct = _of(model)
    if direct is None or direct.native is None:
        return None
    # a mask is an attribute
    if type(x) is not np.ndarray and (type(x) is not Tensor or x.__dict__):
        return None
    found = None if direct.run is None else direct.run(x)
    if found is None and not any(direct.hooks):
        found = _longer(direct.native, x)
    return found


def called(model: Planned, x: Any) -> Tensor | None:
    """As `directly` where a call of the model is inference without gradients; else None."""
    direct = None if model.training or torch.is_grad_enabled() else _of(model)
    # a part may train alone, such as a normalisation
    if direct is None or any([p.training for p in direct.parts]):  # noqa: C419 - half the time
        return None
    found = directly(model, x)
    if found is not None:
        model.forget_earlier_losses()
    return found


def _longer(native: NativeCall, x: Any) -> np.ndarray[Any, Any] | None:
    """The way where the short one is not there, or another thread is on it."""
    if isinstance(x, np.ndarray):
        if x.dtype != np.float32 or not x.flags.c_contiguous or not x.flags.writeable:
            return None
        x = torch.from_numpy(x)
    found = native.direct(x)
    return None if found is None else found.numpy()


def _of(model: Planned) -> Direct | None:
    choice = model._choice
    if not choice.rules or choice.inference != "float32" or torch.compiler.is_compiling():
        return None
    direct = model._direct
    if direct is None or direct.graph is not model._graph:
        direct = _known(model)
        if not any(direct.hooks):  # with hooks it is another way, which ends with them
            model._direct = direct
    return direct


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
