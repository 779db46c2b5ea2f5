"""Convolutions and dense layers as modules of `torch.nn`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from striate.formats.torch_module.builder import Builder, Value, copy_weights
from striate.formats.torch_module.sizes import amounts, for_torch
from striate.graph import Node, Spec, window

CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
ZEROS = {1: nn.ZeroPad1d, 2: nn.ZeroPad2d, 3: nn.ZeroPad3d}


def plain(x: Sequence[int]) -> Any:
    """(3, 3) as 3."""
    return x[0] if len(set(x)) == 1 else tuple(x)


def outputs_first(kernel: Tensor) -> Tensor:
    """(*k, in, out) -> (out, in, *k)."""
    return kernel.movedim((-1, -2), (0, 1))


def padded(b: Builder, name: str, x: Value, pairs: Sequence[tuple[int, int]]) -> tuple[Value, Any]:
    """The input, padded first if both sides differ; and what the module itself is to pad."""
    if all(before == after for before, after in pairs):
        return x, plain([before for before, _ in pairs])
    return b.through(f"{name}_pad", x, ZEROS[len(pairs)], for_torch(pairs)), 0


def convolution(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """Conv1D, Conv2D, Conv3D."""
    k: Any = node.kind
    shape = specs[0].shape
    pairs = amounts(node, shape[1:-1], k.kernel_size, k.dilation_rate)
    x, inside = padded(b, node.name, inputs[0], pairs)
    kernel = outputs_first(layer.kernel)
    return _slid(b, node.name, x, kernel, _bias(layer), k, inside, k.groups)


def depthwise(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """DepthwiseConv1D, DepthwiseConv2D: a convolution in as many groups as channels."""
    k: Any = node.kind
    pairs = amounts(node, specs[0].shape[1:-1], k.kernel_size, k.dilation_rate)
    x, inside = padded(b, node.name, inputs[0], pairs)
    channels = specs[0].shape[-1]
    return _slid(b, node.name, x, _by_channel(layer.kernel), _bias(layer), k, inside, channels)


def separable(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """SeparableConv1D, SeparableConv2D: a depthwise convolution, then one of 1x1."""
    k: Any = node.kind
    pairs = amounts(node, specs[0].shape[1:-1], k.kernel_size, k.dilation_rate)
    x, inside = padded(b, node.name, inputs[0], pairs)
    kernel = _by_channel(layer.depthwise_kernel)
    x = _slid(b, f"{node.name}_depthwise", x, kernel, None, k, inside, specs[0].shape[-1])
    last = outputs_first(layer.pointwise_kernel)
    made = CONVOLUTIONS[len(pairs)]
    shown = {} if k.use_bias else {"bias": False}
    name, module = b.module(node.name, made, last.shape[1], last.shape[0], 1, **shown)
    copy_weights(module, _weights(last, _bias(layer)))
    return b.run(name, x)


def _by_channel(kernel: Tensor) -> Tensor:
    """(*k, C, m) -> (C m, 1, *k)."""
    return kernel.movedim((-2, -1), (0, 1)).flatten(0, 1).unsqueeze(1)


def _slid(
    b: Builder,
    name: str,
    x: Value,
    kernel: Tensor,
    bias: Tensor | None,
    kind: Any,
    padding: Any,
    groups: Any,
) -> Value:
    shown: dict[str, Any] = {
        "stride": plain(kind.strides),
        "padding": padding,
        "dilation": plain(kind.dilation_rate),
        "groups": groups,
        "bias": bias is not None,
    }
    usual = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True}
    shown = {n: v for n, v in shown.items() if v != usual[n]}
    made = CONVOLUTIONS[kernel.dim() - 2]
    sizes = (kernel.shape[1] * groups, kernel.shape[0], plain(tuple(kernel.shape[2:])))
    name, module = b.module(name, made, *sizes, **shown)
    copy_weights(module, _weights(kernel, bias))
    return b.run(name, x)


def transposed(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """Conv1DTranspose, Conv2DTranspose, Conv3DTranspose; a row too many is cut off after."""
    k: Any = node.kind
    extra = k.output_padding or (None,) * len(k.strides)
    axes = zip(k.kernel_size, k.strides, k.dilation_rate, extra, strict=True)
    cuts = [window.transposed_cropping(n, s, d, k.padding, o) for n, s, d, o in axes]
    added = [max(0, before - after) for before, after in cuts]
    rest = [(0, -max(0, after - before)) for before, after in cuts]
    kernel = layer.kernel.movedim((-1, -2), (0, 1))  # (*k, out, in) -> (in, out, *k)
    shown = {
        "stride": plain(k.strides),
        "padding": plain([before for before, _ in cuts]),
        "output_padding": plain(added),
        "dilation": plain(k.dilation_rate),
        "bias": k.use_bias,
    }
    usual = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "bias": True}
    shown = {n: v for n, v in shown.items() if v != usual[n]}
    made = TRANSPOSED[len(cuts)]
    sizes = (kernel.shape[0], kernel.shape[1], plain(tuple(kernel.shape[2:])))
    name, module = b.module(node.name, made, *sizes, **shown)
    copy_weights(module, _weights(kernel, _bias(layer)))
    out = b.run(name, inputs[0])
    if any(after for _, after in rest):
        out = b.through(f"{node.name}_cut", out, ZEROS[len(cuts)], for_torch(rest))
    return out


def dense(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """Dense: `nn.Linear`; its columns move where it reads a flattened map."""
    k: Any = node.kind
    kernel = layer.kernel
    if inputs[0] in b.flattened:
        channels, *spatial = b.flattened[inputs[0]]
        kernel = kernel.unflatten(0, (*spatial, channels)).movedim(-2, 0).flatten(0, -2)
    shown = {} if k.use_bias else {"bias": False}
    name, module = b.module(node.name, nn.Linear, *kernel.shape, **shown)
    copy_weights(module, _weights(kernel.t(), _bias(layer)))
    rank = len(specs[0].shape)
    return b.last_axis_first(b.run(name, b.first_axis_last(inputs[0], rank)), rank)


def embedding(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """Embedding: `nn.Embedding` of whole numbers."""
    table = layer.embeddings
    name, module = b.module(node.name, nn.Embedding, *table.shape)
    copy_weights(module, {"weight": table})
    out = b.run(name, b.method("long", b.first_axis_last(inputs[0], len(specs[0].shape))))
    return b.last_axis_first(out, len(specs[0].shape) + 1)


def _bias(layer: Any) -> Tensor | None:
    found: Tensor | None = getattr(layer, "bias", None)
    return found if isinstance(found, torch.Tensor) else None


def _weights(kernel: Tensor, bias: Tensor | None) -> dict[str, Tensor | None]:
    return {"weight": kernel} if bias is None else {"weight": kernel, "bias": bias}
