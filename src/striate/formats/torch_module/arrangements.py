"""Shapes, borders, sizes and merging in torch's words."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from striate.formats.torch_module.builder import Builder, Value
from striate.formats.torch_module.convolutions import ZEROS
from striate.formats.torch_module.sizes import for_torch, open_size
from striate.graph import Node, Spec
from striate.ops.layout import internal_axis

REFLECTIONS = {1: nn.ReflectionPad1d, 2: nn.ReflectionPad2d, 3: nn.ReflectionPad3d}
DROPOUTS = {
    "Dropout": nn.Dropout,
    "AlphaDropout": nn.AlphaDropout,
    "SpatialDropout1D": nn.Dropout1d,
    "SpatialDropout2D": nn.Dropout2d,
    "SpatialDropout3D": nn.Dropout3d,
}


def flatten(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """Flatten in the order that people count: the channels last."""
    rank = len(specs[0].shape)
    return b.through(node.name, b.first_axis_last(inputs[0], rank), nn.Flatten)


def flatten_as_it_lies(b: Builder, name: str, x: Value, spec: Spec) -> Value:
    """Flatten in torch's order, for readers whose weights are moved instead."""
    out = b.through(name, x, nn.Flatten)
    spatial = tuple(n or 0 for n in spec.shape[1:-1])
    b.flattened[out] = (spec.shape[-1] or 0, *spatial)
    return out


def needs_order(spec: Spec) -> bool:
    """Whether the order of channels and places makes a difference to what is flattened."""
    *spatial, channels = spec.shape[1:]
    return len(spec.shape) > 2 and channels != 1 and math.prod(n or 2 for n in spatial) != 1


def reshape(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """Reshape of the values as people count them."""
    target = node.outputs[0].shape[1:]
    if any(n is None for n in target):
        raise open_size(node, target)
    x = b.first_axis_last(inputs[0], len(specs[0].shape))
    x = b.method("reshape", x, -1, *(n or 0 for n in target))
    return b.last_axis_first(x, len(target) + 1)


def permute(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """Permute, in torch's order of axes."""
    k: Any = node.kind
    rank = len(k.dims) + 1
    moved = [0] * rank
    for place, axis in enumerate(k.dims, 1):
        moved[internal_axis(place, rank)] = internal_axis(axis, rank)
    return b.apply(torch.permute, inputs[0], tuple(moved))


def repeat_vector(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """RepeatVector."""
    k: Any = node.kind
    return b.method("expand", b.apply(torch.unsqueeze, inputs[0], 2), -1, -1, k.n)


def border(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """ZeroPadding, ReflectionPadding and Cropping."""
    k: Any = node.kind
    name = type(k).__name__
    if name.startswith("Cropping"):
        pairs = [(-before, -after) for before, after in k.cropping]
    else:
        pairs = list(k.padding)
    table = REFLECTIONS if name.startswith("Reflection") else ZEROS
    return b.through(node.name, inputs[0], table[len(pairs)], for_torch(pairs))


def up_sampling(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value | None:
    """UpSampling to a multiple, by repetition or bilinear."""
    k: Any = node.kind
    mode = getattr(k, "interpolation", "nearest")
    if mode not in ("nearest", "bilinear") or not specs[0].dtype.startswith("float"):
        return None
    scale = tuple(float(n) for n in k.size)
    return b.through(node.name, inputs[0], nn.Upsample, scale_factor=scale, mode=mode)


def resizing(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value | None:
    """Resizing, bilinear and without further wishes."""
    k: Any = node.kind
    further = k.crop_to_aspect_ratio or k.pad_to_aspect_ratio or k.antialias
    if k.interpolation != "bilinear" or further or specs[0].dtype != "float32":
        return None
    return b.through(node.name, inputs[0], nn.Upsample, size=(k.height, k.width), mode="bilinear")


def rescaling(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value | None:
    """Rescaling by one scale and offset."""
    k: Any = node.kind
    numbers = isinstance(k.scale, (int, float)) and isinstance(k.offset, (int, float))
    if not numbers:
        return None
    x = b.apply(operator.mul, inputs[0], k.scale) if k.scale != 1 else inputs[0]
    return b.apply(operator.add, x, k.offset) if k.offset else x


def dropout(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """Dropout and its relatives that torch has."""
    k: Any = node.kind
    if getattr(k, "noise_shape", None) is not None:
        return training_only(b, node, layer, inputs, specs)
    return b.through(node.name, inputs[0], DROPOUTS[type(k).__name__], k.rate)


def training_only(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """What does something in training alone, and nothing in a plain module."""
    b.notes.append(f"{node.name} ({type(node.kind).__name__}) works in training only: left out")
    return inputs[0]


def identity(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """Identity, ActivityRegularization."""
    return inputs[0]


def merged(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value | None:
    """Add, Subtract, Multiply, Average, Maximum, Minimum of equal ranks."""
    if len({len(s.shape) for s in specs}) > 1:
        return None
    name = type(node.kind).__name__
    functions: dict[str, Any] = {
        "Add": operator.add,
        "Average": operator.add,
        "Subtract": operator.sub,
        "Multiply": operator.mul,
        "Maximum": torch.maximum,
        "Minimum": torch.minimum,
    }
    out = functools.reduce(functools.partial(b.apply, functions[name]), inputs)
    return b.apply(operator.truediv, out, len(inputs)) if name == "Average" else out


def concatenated(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value:
    """Concatenate."""
    k: Any = node.kind
    axis = internal_axis(k.axis, len(specs[0].shape))
    return b.apply(torch.cat, list(inputs), axis)
