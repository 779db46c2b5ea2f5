"""to_torch: a striate model as a plain module of torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, fx, nn

from striate import errors
from striate.formats.torch_module import rules
from striate.formats.torch_module.activations import activated
from striate.formats.torch_module.arrangements import flatten_as_it_lies, needs_order
from striate.formats.torch_module.builder import Builder, Value
from striate.formats.torch_module.recurrent import both_ways, through_time
from striate.formats.torch_module.tracing import traced, traced_activation
from striate.graph import Graph, Node, Port, Spec
from striate.graph.inlining import inlined
from striate.graph.kinds import InputLayer
from striate.layers import BuiltIn, Layer
from striate.layers.wrapping import Holding
from striate.models import Model
from striate.models.facts import layers_by_path
from striate.ops.layout import to_internal

TOLERANCE = 1e-4
"""Largest difference of an output, relative to the largest value of that output, in float32:
another order of sums, over as many layers as the deepest networks have."""


def to_torch(
    model: Model,
    *,
    input_shape: Sequence[int | None] | Sequence[Sequence[int | None]] | None = None,
    check: bool = True,
) -> fx.GraphModule:
    """A plain `torch.nn.Module` that computes what the model does, with nothing of striate in it.

    Its layers are those of `torch.nn` under the names of the model's; `print(module.code)` shows
    what is called. It takes and gives torch's order of axes: (N, C, H, W) for images, (N, C, L)
    for sequences; axes of fewer dimensions stay. It comes in inference mode, and can be trained:
    then torch's own rules hold (the moving variance of BatchNorm is unbiased), and layers that
    torch lacks and that act in training alone are left out (`module.meta["notes"]` lists them).
    A layer for which torch has no module appears as the operations that it runs in inference.

    Args:
        model: what to convert; its weights are copied.
        input_shape: of one sample, channels last, where the model leaves sizes open (a list for
            several inputs).
        check: compares both on random inputs before it returns.

    Raises:
        NotBuiltError: the model has no shapes yet.
        ArgumentError: masks, which plain modules do not pass on; a size that must be known.
        KernelError: a layer's own code cannot be recorded, or the outputs differ.

    Example:
        >>> import striate as st
        >>> from striate import layers
        >>> model = st.Sequential([layers.Input((8, 8, 1)), layers.Conv2D(4, 3), layers.Flatten()])
        >>> st.to_torch(model).conv2d
        Conv2d(1, 4, kernel_size=(3, 3), stride=(1, 1))
    """
    graph = sized(model, input_shape)
    _refuse_masks(graph)
    builder = build(inlined(graph).graph, layers_by_path(model))
    made = fx.GraphModule(builder.root, builder.calls, class_name=_class_name(model.name))
    made.graph.eliminate_dead_code()
    made.recompile()
    made.meta["notes"] = tuple(builder.notes)
    made.meta["constructors"] = dict(builder.constructors)
    made.eval()
    if check:
        check_equal(model, made, graph.input_specs)
    return made


def build(graph: Graph, layers: Mapping[str, Layer]) -> Builder:
    """The modules and calls for a graph without nested models."""
    b = Builder()
    values: dict[Port, Value] = {}
    for i, port in enumerate(graph.inputs):
        name = "x" if len(graph.inputs) == 1 else b.free(port.node)
        values[port] = b.calls.placeholder(name if i == 0 or name != "x" else f"x_{i}")
    readers = _readers(graph)
    done: dict[str, str] = {}
    for node in graph:
        if isinstance(node.kind, InputLayer):
            continue
        inputs = [values[p] for p in node.inputs]
        specs = [graph.spec(p) for p in node.inputs]
        if _as_it_lies(graph, node, readers):
            made = [flatten_as_it_lies(b, node.name, inputs[0], specs[0])]
        else:
            made = _translated(b, node, layers[node.layer], inputs, specs, done)
        if inputs[0] in b.flattened and type(node.kind).__name__ in rules.FOLLOWS:
            b.flattened.setdefault(made[0], b.flattened[inputs[0]])
        values.update({Port(node.name, i): v for i, v in enumerate(made)})
    found = [values[p] for p in graph.outputs]
    _finish_outputs(b, graph, found)
    return b


def _finish_outputs(b: Builder, graph: Graph, found: list[Value]) -> None:
    if graph.output_keys:
        b.calls.output(dict(zip(graph.output_keys, found, strict=True)))
    else:
        b.calls.output(found[0] if len(found) == 1 else tuple(found))


def _translated(
    b: Builder,
    node: Node,
    layer: Layer,
    inputs: Sequence[Value],
    specs: Sequence[Spec],
    done: dict[str, str],
) -> list[Value]:
    """The values of a node; a layer that was called before is called again, not made anew."""
    first = len(b.constructors)
    rule = rules.RULES.get(type(node.kind).__name__)
    own = isinstance(layer, BuiltIn) and not layer.own_code
    plain_call = not getattr(node.kind, "call", None) and len(node.outputs) == 1
    made = None
    if own and plain_call and rule is not None:
        made = rule(b, node, layer, inputs, specs)
    elif own and plain_call and isinstance(layer, Holding):
        made = _around(b, node, layer, inputs[0], done)
    if made is None:
        return traced(b, node, layer, inputs, specs)
    if first != len(b.constructors):
        _share(b, node, done, list(b.constructors)[first:])
    return [_finished(b, node, layer, made)]


def _around(b: Builder, node: Node, layer: Holding, x: Value, done: dict[str, str]) -> Value | None:
    """A layer around others: TimeDistributed and Bidirectional."""

    def inside(inner: Node, value: Value) -> Value:
        named = dataclasses.replace(
            inner, name=f"{node.name}_{inner.name}", layer=f"{node.layer}/{inner.layer}"
        )
        specs = [layer.kind.inner.spec(p) for p in inner.inputs]
        held = layer.inner_layer(inner)
        return _translated(b, named, held, [value], specs, done)[0]  # type: ignore[arg-type]

    nodes = [n for n in layer.kind.inner if not isinstance(n.kind, InputLayer)]
    match type(node.kind).__name__:
        case "TimeDistributed":
            return through_time(b, node, x, partial(inside, nodes[0]))
        case "Bidirectional":
            return both_ways(b, node, x, [partial(inside, n) for n in nodes])
    return None


def _share(b: Builder, node: Node, done: dict[str, str], names: list[str]) -> None:
    """A layer that was called before is called again, or, if it pads otherwise, shares weights."""
    for name in names:
        role = b.asked[name].removeprefix(node.name)
        first = done.setdefault(f"{node.layer}/{role}", name)
        if first == name:
            continue
        if b.constructors[first] == b.constructors[name]:
            for call in b.calls.find_nodes(op="call_module", target=name):
                call.target = first
            b.drop(name)
            continue
        again = b.root.get_submodule(name)
        for weight, own in b.root.get_submodule(first).named_parameters():
            if getattr(again, weight).shape == own.shape:
                setattr(again, weight, own)


def _finished(b: Builder, node: Node, layer: Any, x: Value) -> Value:
    """The value after the layer's own activation."""
    choices = getattr(layer, "_choices", {})
    kind = type(node.kind).__name__
    if kind == "Activation" or kind in ("SimpleRNN", "LSTM", "GRU") or "activation" not in choices:
        return x
    rank = len(node.outputs[0].shape)
    name = f"{node.name}_activation"
    found = activated(b, name, choices["activation"], x, rank)
    return traced_activation(b, node, layer, x, node.outputs[0]) if found is None else found


def _readers(graph: Graph) -> dict[str, list[Node | None]]:
    """The nodes that read each node; None for the model's outputs."""
    found: dict[str, list[Node | None]] = {node.name: [] for node in graph}
    for node in graph:
        for port in node.inputs:
            found[port.node].append(node)
    for port in graph.outputs:
        found[port.node].append(None)
    return found


def _as_it_lies(graph: Graph, node: Node, readers: Mapping[str, list[Node | None]]) -> bool:
    """Whether only Dense layers, called once, look at the order of what this node flattens."""
    spec = graph.spec(node.inputs[0])
    if type(node.kind).__name__ != "Flatten" or not needs_order(spec) or None in spec.shape[1:]:
        return False
    once = {n.layer for n in graph if sum(m.layer == n.layer for m in graph) == 1}
    waiting: list[Node | None] = list(readers[node.name])
    while waiting:
        reader = waiting.pop()
        if reader is None or reader.layer not in once:
            return False
        kind = type(reader.kind).__name__
        if kind in rules.FOLLOWS and _of_each_value(reader):
            waiting += readers[reader.name]
        elif kind != "Dense":
            return False
    return True


def _of_each_value(node: Node) -> bool:
    named = getattr(node.kind, "activation", None)
    return named is None or (not named.custom and "softmax" not in named.name)


def sized(model: Model, input_shape: Any) -> Graph:
    """The model's graph with open sizes given."""
    graph = model.graph
    if input_shape is None:
        return graph
    many = bool(input_shape) and isinstance(input_shape[0], (tuple, list))
    shapes = input_shape if many else [input_shape]
    if len(shapes) != len(graph.inputs):
        raise errors.ArgumentError(
            errors.message(
                "to_torch",
                "another number of input shapes",
                got={"input_shape": input_shape},
                expected=f"{len(graph.inputs)}, for {', '.join(p.node for p in graph.inputs)}",
            )
        )
    pairs = zip(shapes, graph.input_specs, strict=True)
    return graph.respecify(tuple(Spec((None, *s), spec.dtype) for s, spec in pairs))


def _refuse_masks(graph: Graph) -> None:
    for node in graph:
        kind = node.kind
        masks = type(kind).__name__ == "Masking" or getattr(kind, "mask_zero", False)
        if masks or getattr(kind, "masked", ()):
            raise errors.ArgumentError(
                errors.message(
                    f"{node.name} ({type(kind).__name__})",
                    "it makes a mask, and plain modules of torch do not pass masks on",
                    expected="a model without masks",
                    fix="Pad with values that the network has learnt to ignore, or keep the "
                    "striate model, which is a torch.nn.Module as well",
                )
            )


def _class_name(name: str) -> str:
    words = [w for w in "".join(c if c.isalnum() else " " for c in name).split() if w.isascii()]
    made = "".join(w[:1].upper() + w[1:] for w in words)
    return made if made.isidentifier() else f"Model{made}"


def random_inputs(specs: Sequence[Spec], seed: int = 0) -> list[Tensor]:
    """Inputs channels last, two samples, open sizes 32."""
    source = torch.Generator().manual_seed(seed)
    shapes = [[2, *(32 if n is None else n for n in s.shape[1:])] for s in specs]
    made = [torch.rand(shape, generator=source) for shape in shapes]
    return [
        x.to(getattr(torch, s.dtype)) if s.dtype != "float32" else x
        for x, s in zip(made, specs, strict=True)
    ]


def outputs_of(model: Model, inputs: Sequence[Tensor]) -> list[Tensor]:
    """The model's outputs in inference, in torch's order of axes."""
    with torch.no_grad():
        out = model(inputs[0] if len(inputs) == 1 else list(inputs), training=False)
    return [to_internal(y) for y in _flat(out)]


def _flat(out: Any) -> list[Tensor]:
    if isinstance(out, Mapping):
        return list(out.values())
    return list(out) if isinstance(out, (list, tuple)) else [out]


def check_equal(model: Model, module: nn.Module, specs: Sequence[Spec]) -> None:
    """Raises KernelError unless both give the same outputs on random inputs."""
    weight = next(iter(model.parameters()), None)
    inputs = random_inputs(specs)
    if weight is not None:
        inputs = [x.to(weight) if x.is_floating_point() else x.to(weight.device) for x in inputs]
    wanted = outputs_of(model, inputs)
    with torch.no_grad():
        found = _flat(module(*(to_internal(x) for x in inputs)))
    for i, (a, b) in enumerate(zip(found, wanted, strict=True)):
        same = a.shape == b.shape
        worst = float((a - b).abs().max() / b.abs().max().clamp_min(1e-6)) if same else 0.0
        if not same or not worst <= TOLERANCE:
            raise errors.KernelError(
                errors.message(
                    model.where,
                    "the plain module gives another result; this is a fault of striate",
                    got={"output": i, "shape": tuple(a.shape), "difference": worst},
                    expected=f"{tuple(b.shape)}, within {TOLERANCE:g} of its largest value",
                    fix="Please report it with the model",
                )
            )
