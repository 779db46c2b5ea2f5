"""Pooling as modules of `torch.nn`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from striate.formats.torch_module.builder import Builder, Value
from striate.formats.torch_module.convolutions import ZEROS, plain
from striate.formats.torch_module.sizes import amounts, for_torch, open_size
from striate.graph import Node, Spec

MAXIMA = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
AVERAGES = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
CONSTANTS = {1: nn.ConstantPad1d, 2: nn.ConstantPad2d, 3: nn.ConstantPad3d}


def _window(node: Node, specs: Sequence[Spec]) -> tuple[list[tuple[int, int]], bool]:
    """The padding of each axis, and whether torch's modules can pad so themselves."""
    k: Any = node.kind
    ones = (1,) * len(k.pool_size)
    pairs = amounts(node, specs[0].shape[1:-1], k.pool_size, ones)
    return pairs, all(before == after for before, after in pairs)


def maximum(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """MaxPooling1D, 2D, 3D."""
    k: Any = node.kind
    pairs, alike = _window(node, specs)
    x, shown = inputs[0], {}
    if not alike:
        made = CONSTANTS[len(pairs)]
        x = b.through(f"{node.name}_pad", x, made, for_torch(pairs), -math.inf)
    elif any(before for before, _ in pairs):
        shown["padding"] = plain([before for before, _ in pairs])
    size, strides = plain(k.pool_size), plain(k.strides)
    return b.through(node.name, x, MAXIMA[len(pairs)], size, strides, **shown)


def average(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """AveragePooling1D, 2D, 3D: padding does not count; its share is taken out again."""
    k: Any = node.kind
    pairs, alike = _window(node, specs)
    size, strides = plain(k.pool_size), plain(k.strides)
    made = AVERAGES[len(pairs)]
    if alike:
        shown: dict[str, Any] = {}
        if any(before for before, _ in pairs):
            padding = plain([before for before, _ in pairs])
            shown = {"padding": padding, "count_include_pad": False}
        return b.through(node.name, inputs[0], made, size, strides, **shown)
    sizes = specs[0].shape[1:-1]
    if any(n is None for n in sizes):
        raise open_size(node, sizes)
    x = b.through(f"{node.name}_pad", inputs[0], ZEROS[len(pairs)], for_torch(pairs))
    mean = b.through(node.name, x, made, size, strides)
    there = F.pad(torch.ones(1, 1, *(n or 0 for n in sizes)), for_torch(pairs))
    share = b.buffer(f"{node.name}_share", made(size, strides)(there))
    return b.apply(torch.div, mean, share)


def whole(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """GlobalAveragePooling, GlobalMaxPooling and GlobalMinPooling of 1D, 2D, 3D."""
    name = type(node.kind).__name__
    function: Any = torch.mean
    if "Max" in name:
        function = torch.amax
    elif "Min" in name:
        function = torch.amin
    axes = tuple(range(2, len(specs[0].shape)))
    return b.apply(function, inputs[0], axes, node.kind.keepdims)  # type: ignore[attr-defined]
