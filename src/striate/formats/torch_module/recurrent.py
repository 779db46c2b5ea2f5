"""Recurrent layers as modules of `torch.nn`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from striate.formats.torch_module.builder import Builder, Value, copy_weights
from striate.graph import Node, Spec
from striate.ops import activations


def recurrent(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value | None:
    """SimpleRNN, LSTM, GRU with their usual activations, from a state of zeros."""
    k: Any = node.kind
    usual = layer.activation is activations.tanh
    if type(k).__name__ != "SimpleRNN":
        usual = usual and layer.recurrent_activation is activations.sigmoid
    known = usual and getattr(k, "reset_after", True)
    if not known or len(inputs) > 1 or k.return_state or k.stateful:
        return None
    features, units = specs[0].shape[-1], k.units
    made = {"SimpleRNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}[type(k).__name__]
    own = {} if k.use_bias else {"bias": False}
    name, module = b.module(node.name, made, features, units, batch_first=True, **own)
    copy_weights(module, _weights(k, layer))
    x = b.moved(inputs[0], 1, -1)
    if k.go_backwards:
        x = b.apply(torch.flip, x, (1,))
    out = b.apply(operator.getitem, b.run(name, x), 0)
    if k.return_sequences:
        return b.moved(out, -1, 1)
    return b.apply(torch.select, out, 1, -1)


def through_time(
    b: Builder, node: Node, x: Value, inside: Callable[[Value], Value]
) -> Value | None:
    """TimeDistributed: the steps join the batch for the layer inside, and leave it after."""
    entering, leaving = node.kind.inner.input_specs[0], node.kind.inner.output_specs[0]  # type: ignore[attr-defined]
    steps = node.outputs[0].shape[1]
    if steps is None:
        return None
    joined = b.apply(torch.flatten, b.first_axis_last(x, len(entering.shape) + 1), 0, 1)
    out = inside(b.last_axis_first(joined, len(entering.shape)))
    out = b.first_axis_last(out, len(leaving.shape))
    parted = b.apply(torch.unflatten, out, 0, (-1, steps))
    return b.last_axis_first(parted, len(leaving.shape) + 1)


def both_ways(
    b: Builder, node: Node, x: Value, inside: Sequence[Callable[[Value], Value]]
) -> Value | None:
    """Bidirectional: the second layer reads backwards, and its steps are turned round."""
    k: Any = node.kind
    if k.merge_mode is None:
        return None
    forth, back = (layer(x) for layer in inside)
    if len(node.outputs[0].shape) == 3:
        back = b.apply(torch.flip, back, (2,))
    if k.merge_mode == "concat":
        return b.apply(torch.cat, [forth, back], 1)
    out = b.apply(operator.mul if k.merge_mode == "mul" else operator.add, forth, back)
    return b.apply(operator.truediv, out, 2) if k.merge_mode == "ave" else out


def _weights(k: Any, layer: Any) -> dict[str, Tensor | None]:
    found = {"weight_ih_l0": layer.kernel.t(), "weight_hh_l0": layer.recurrent_kernel.t()}
    if k.use_bias:
        both = layer.bias if layer.bias.dim() == 2 else [layer.bias, torch.zeros_like(layer.bias)]
        found["bias_ih_l0"], found["bias_hh_l0"] = both
    if type(k).__name__ == "GRU":  # Keras counts update, reset, new; torch the reset gate first
        return {n: torch.cat([w.chunk(3)[i] for i in (1, 0, 2)]) for n, w in found.items()}
    return dict(found)
