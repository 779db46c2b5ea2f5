"""Layers for which torch has no module: the operations that they run."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Sequence
from types import BuiltinFunctionType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn
from torch._ops import OpOverload

from striate import errors
from striate.formats.torch_module.builder import Builder, Value
from striate.graph import Node, Spec
from striate.layers.calls import template_of
from striate.ops.layout import to_internal
from striate.ops.modules import first_weight

WHOLE = 2**63 - 1  # how an operation says "to the end"

OPERATORS: dict[str, Any] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
}


def _sliced(b: Builder, copy: fx.Node) -> Value:
    """A slice as people write it; one of everything is nothing."""
    given: tuple[Any, ...] = copy.args
    whole = (0, 0, WHOLE, 1)
    x, axis, start, end, step = given + whole[len(given) - 1 :]
    b.calls.erase_node(copy)
    if (start, end, step) == (0, WHOLE, 1):
        return x  # type: ignore[no-any-return]
    key = slice(start or None, None if end == WHOLE else end, None if step == 1 else step)
    return b.apply(operator.getitem, x, (*[slice(None)] * axis, key))


class _Alone(nn.Module):
    """A layer as a module of its own, on tensors in torch's order."""

    def __init__(self, layer: Any, function: Callable[..., Any]) -> None:
        super().__init__()
        self.layer = layer
        self.function = function

    def forward(self, *inputs: Tensor) -> Any:
        return self.function(*inputs)


def traced(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> list[Value]:
    """The operations of a layer in inference, one by one; its weights keep their names."""
    template = template_of(node.kind, len(inputs))
    return _copied(b, node, layer, lambda *xs: layer.compute(*xs, template=template), inputs, specs)


def traced_activation(b: Builder, node: Node, layer: Any, x: Value, spec: Spec) -> Value:
    """The operations of a layer's activation."""
    return _copied(b, node, layer, layer.finish, [x], [spec])[0]


def _copied(
    b: Builder,
    node: Node,
    layer: Any,
    function: Callable[..., Any],
    inputs: Sequence[Value],
    specs: Sequence[Spec],
) -> list[Value]:
    found = _exported(node, layer, function, specs)
    signature = found.graph_signature
    values: dict[fx.Node, Any] = {}
    entering = iter(inputs)
    for old in found.graph_module.graph.nodes:
        if old.op == "placeholder":
            weight = _weight(found, signature, old.name)
            if weight is None:
                values[old] = next(entering)
            elif isinstance(weight, nn.Parameter):
                values[old] = b.parameter(_named(node, signature, old.name), weight)
            else:
                values[old] = b.buffer(_named(node, signature, old.name), weight)
        elif old.op == "output":
            return [values[o] for o in old.args[0]]
        elif "_assert" not in str(old.target):
            values[old] = _said(b, b.calls.node_copy(old, values.__getitem__))
    return []


def _said(b: Builder, copy: fx.Node) -> Value:
    """An operation of torch's core under the name that people write."""
    name = str(copy.target).split(".")[1] if isinstance(copy.target, OpOverload) else ""
    if name == "sym_size":
        copy.op, copy.target = "call_method", "size"
    elif name in OPERATORS and not copy.kwargs:
        copy.target = OPERATORS[name]
    elif not copy.kwargs:
        public = getattr(torch, name, getattr(F, name, None))
        if isinstance(public, BuiltinFunctionType):  # the same arguments as the operation's
            copy.target = public
    if name == "slice":
        return _sliced(b, copy)
    if copy.target is torch.movedim:
        made = b.moved(*copy.args)  # type: ignore[arg-type]
        b.calls.erase_node(copy)
        return made
    return copy


def _exported(
    node: Node, layer: Any, function: Callable[..., Any], specs: Sequence[Spec]
) -> torch.export.ExportedProgram:
    batch = torch.export.Dim("batch", min=2)
    examples = tuple(to_internal(_example(s)) for s in specs)
    weight = first_weight(layer)
    if weight is not None:
        examples = tuple(x.to(weight) if x.is_floating_point() else x for x in examples)
    try:
        with layer.mode(False), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a layer remembers of a call: forgotten below
            with torch.no_grad():
                function(*examples)  # constants made once per device must not be of the recording
            return torch.export.export(
                _Alone(layer, function).eval(),
                examples,
                dynamic_shapes=(tuple({0: batch} for _ in examples),),
                strict=False,
            )
    except Exception as error:
        raise errors.KernelError(
            errors.message(
                f"{node.name} ({type(layer).__name__})",
                "it has no plain form: what it computes cannot be recorded "
                f"({str(error).strip().splitlines()[0]})",
                expected="operations of torch that do not depend on the values they work on",
                fix="Replace the layer before to_torch(model)",
            )
        ) from error
    finally:
        layer.forget_losses()


def _example(spec: Spec) -> Tensor:
    shape = [3, *(16 if n is None else n for n in spec.shape[1:])]
    dtype: torch.dtype = getattr(torch, spec.dtype)
    return torch.rand(shape).to(dtype)


def _weight(found: torch.export.ExportedProgram, signature: Any, name: str) -> Tensor | None:
    target = _target(signature, name)
    if target is None:
        return None
    weight: Tensor | None = found.state_dict.get(target)
    return found.constants[target] if weight is None else weight


def _target(signature: Any, name: str) -> str | None:
    for table in (
        signature.inputs_to_parameters,
        signature.inputs_to_buffers,
        signature.inputs_to_lifted_tensor_constants,
    ):
        if name in table:
            return str(table[name])
    return None


def _named(node: Node, signature: Any, name: str) -> str:
    last = str(_target(signature, name)).removeprefix("layer.").replace(".", "_")
    return f"{node.name}_{last}"
