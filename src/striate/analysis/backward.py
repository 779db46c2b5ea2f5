"""backward: what each layer's backward pass reads, and so what training must keep until then.

The rules follow torch's derivatives: a product needs its input, a max-pooling its input and the
places of the maxima, a relu its result, a sum nothing. A test compares every layer's rule with
the tensors that torch saves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from striate.analysis.steps import ACTIVATION, PRODUCT, Step
from striate.graph import Spec, kinds, window
from striate.graph.kinds import convolution

FLOAT, INDEX, BOOL = 4, 8, 1  # bytes


@dataclass(frozen=True)
class Kept:
    """What the backward pass of a step reads.

    Args:
        inputs: which of its inputs; None for all of them.
        outputs: which of its results.
        extra_bytes: bytes per sample of what it makes besides its result: places, masks, copies.
        view: its result is its first input's memory.
        forward_bytes: bytes per sample that it makes where no backward pass follows; None for as
            many as `extra_bytes`.
    """

    inputs: tuple[int, ...] | None = ()
    outputs: tuple[int, ...] = ()
    extra_bytes: float = 0.0
    view: bool = False
    forward_bytes: float | None = None


NOTHING, VIEW = Kept(), Kept(view=True)
INPUT, OUTPUT, INPUTS = Kept(inputs=(0,)), Kept(outputs=(0,)), Kept(inputs=None)
BOTH = Kept(inputs=(0,), outputs=(0,))

Rule = Callable[[Any, tuple[Spec, ...], tuple[Spec, ...]], Kept]

# Activations by what their derivative is computed from, and how many values they keep besides, in
# bytes for each value of their result.
FROM_OUTPUT = frozenset({"relu", "tanh", "sigmoid", "exponential", "softmax", "log_softmax"})
COPIES = {  # name -> (whether the input is kept, bytes)
    "squareplus": (True, FLOAT),
    "softsign": (True, FLOAT),
    "sparse_plus": (False, 2 * FLOAT + BOOL),
    "log_sigmoid": (False, FLOAT),
    "sparse_sigmoid": (False, FLOAT),
    "tanh_shrink": (False, FLOAT),
    "sparsemax": (False, 5 * FLOAT),
}


def kept(step: Step) -> Kept:
    """What the backward pass of a step reads.

    Example:
        >>> import striate as st
        >>> from striate.analysis.execution import execution
        >>> model = st.Sequential([st.layers.MaxPooling2D(input_shape=(4, 4, 1))])
        >>> (step,) = execution(model.graph).steps
        >>> kept(step)  # the input, and 4 places of 8 bytes
        Kept(inputs=(0,), outputs=(), extra_bytes=32, view=False, forward_bytes=None)
    """
    if step.part == ACTIVATION:
        return _activation(step)
    if step.part == PRODUCT:
        return _product(step.kind, step.inputs, step.outputs, step.padding)
    return _whole(step.kind, step.inputs, step.outputs)


def _activation(step: Step) -> Kept:
    values = size(step.outputs[0])
    if step.in_place:
        return Kept(outputs=(0,), view=True)
    own = step.name == step.node.name
    if step.activation == "linear":
        return VIEW
    if own and getattr(step.kind, "negative_slope", None):
        return INPUT
    if getattr(step.kind, "max_value", None) is not None:
        return INPUT
    named = getattr(step.kind, "activation", None)
    return activation_kept(step.activation or (named.name if named else ""), values)


def activation_kept(name: str, values: int) -> Kept:
    """What the backward pass of an activation reads, for so many values per sample."""
    if name in FROM_OUTPUT:
        return OUTPUT
    if name in COPIES:
        reads, extra = COPIES[name]
        return Kept(inputs=(0,) if reads else (), extra_bytes=extra * values)
    return INPUT


def rule_of(kind: Any) -> Kept | Rule | None:
    """The rule of a layer that runs as a whole; None if there is none for it yet."""
    if isinstance(kind, (kinds.Dense, convolution.Convolving)):
        return _product
    names = (re.sub(r"[123]D$", "", family.__name__) for family in type(kind).__mro__)
    return next((RULES[name] for name in names if name in RULES), None)


def _whole(kind: Any, inputs: tuple[Spec, ...], outputs: tuple[Spec, ...]) -> Kept:
    rule = rule_of(kind)
    if rule is None:
        return Kept(inputs=None, outputs=(0,))
    return rule if isinstance(rule, Kept) else rule(kind, inputs, outputs)


def _product(
    kind: Any,
    inputs: tuple[Spec, ...],
    outputs: tuple[Spec, ...],
    padding: tuple[tuple[int, int], ...] | None = None,
) -> Kept:
    """A convolution or matrix product; kernels pad both sides alike, else a padded copy is made."""
    if isinstance(kind, (kinds.Dense, convolution.ConvTranspose)):
        return INPUT
    (spec, out) = inputs[0], outputs[0]
    values = size(spec)
    copied = 0
    rates = getattr(kind, "dilation_rate", (1,) * kind.rank)
    if padding is None and kind.padding != "valid" and None not in spec.spatial:
        sizes = [n or 0 for n in spec.spatial]
        padding = tuple(window.all_axes(kind.padding, sizes, kind.kernel_size, kind.strides, rates))
        if any(before != after for before, after in padding):
            copied = spec.channels or 0
            for n, ends in zip(sizes, padding, strict=True):
                copied *= n + sum(ends)
    if isinstance(kind, convolution.LocallyConnected):
        if kind.rank == 1 and not copied:
            return INPUT
        return Kept(extra_bytes=FLOAT * size(out) // kind.filters * _taps(kind, values, spec))
    extra = FLOAT * copied
    if isinstance(kind, convolution.SeparableConv):
        extra += FLOAT * size(out) // kind.filters * (spec.channels or 0) * kind.depth_multiplier
    return Kept(inputs=() if copied else (0,), extra_bytes=extra)


def _taps(kind: Any, values: int, spec: Spec) -> int:
    taps = spec.channels or 0
    for k in kind.kernel_size:
        taps *= k
    return taps


def size(spec: Spec) -> int:
    """Values per sample; open sizes count as 1."""
    values = 1
    for n in spec.shape[1:]:
        values *= 1 if n is None else n
    return values


def _responses(kind: Any, ins: tuple[Spec, ...], outs: tuple[Spec, ...]) -> Kept:
    values = FLOAT * size(outs[0])
    return Kept(inputs=(0,), extra_bytes=3 * values, forward_bytes=2 * values)


def _extra(inputs: float = 0, outputs: float = 0, keeps: Kept = NOTHING) -> Rule:
    """A rule with extra bytes for each value of the first input and of the first output."""

    def rule(kind: Any, ins: tuple[Spec, ...], outs: tuple[Spec, ...]) -> Kept:
        extra = inputs * size(ins[0]) + outputs * size(outs[0])
        return replace(keeps, extra_bytes=extra)

    return rule


def _named(kind: Any, ins: tuple[Spec, ...], outs: tuple[Spec, ...]) -> Kept:
    return activation_kept(kind.activation.name, size(outs[0]))


def _relu(kind: Any, ins: tuple[Spec, ...], outs: tuple[Spec, ...]) -> Kept:
    if kind.threshold or (kind.negative_slope and kind.max_value is not None):
        return Kept(inputs=(0,), extra_bytes=BOOL * size(outs[0]))
    return INPUT if kind.negative_slope or kind.max_value is not None else OUTPUT


def _normalized(kind: Any, ins: tuple[Spec, ...], outs: tuple[Spec, ...]) -> Kept:
    """Statistics of each group; along other axes than the last, also copies of the values."""
    (spec,) = ins
    values, groups = size(spec), 1
    axes = kind.axes(spec)
    for axis, n in enumerate(spec.shape):
        groups *= 1 if axis == 0 or axis in axes else n or 1
    rms = isinstance(kind, kinds.RMSNormalization) or getattr(kind, "rms_scaling", False)
    statistics = (1 if rms else 2) * FLOAT * groups
    last = axes == tuple(range(spec.rank - len(axes), spec.rank))
    if isinstance(kind, kinds.UnitNormalization):
        return Kept(inputs=(0,), extra_bytes=statistics)
    copies = 1 if rms else 0 if last else 2 if kind.scale else 1
    return Kept(inputs=(0,), extra_bytes=statistics + copies * FLOAT * values)


def _grouped(kind: Any, ins: tuple[Spec, ...], outs: tuple[Spec, ...]) -> Kept:
    moved = kind.axis not in (-1, ins[0].rank - 1)
    return Kept(inputs=() if moved else (0,), extra_bytes=FLOAT * size(ins[0]) if moved else 0)


def _dropped(kind: Any, ins: tuple[Spec, ...], outs: tuple[Spec, ...]) -> Kept:
    """A mask of numbers, as large as the values or smaller."""
    if getattr(kind, "rate", 1.0) == 0.0:
        return VIEW
    shape = getattr(kind, "noise_shape", None)
    values = size(ins[0])
    if isinstance(kind, (kinds.SpatialDropout1D, kinds.SpatialDropout2D, kinds.SpatialDropout3D)):
        values = ins[0].channels or 1
    elif isinstance(kind, kinds.StochasticDepth):
        values = 1
    elif shape is not None:
        mask = zip(shape[1:], ins[0].shape[1:], strict=True)
        values = size(Spec((None, *(n if m is None else m for m, n in mask))))
    return Kept(extra_bytes=FLOAT * values)


def _operation(kind: Any, ins: tuple[Spec, ...], outs: tuple[Spec, ...]) -> Kept:
    if kind.operation == "getitem":
        return VIEW
    if kind.operation in ("add", "subtract", "negative") or not kind.inputs:
        return NOTHING
    both = len(kind.inputs) > 1
    linear = kind.operation in ("multiply", "divide", "matmul") and not both
    if linear and not (kind.operation == "divide" and kind.operands[0][0] != "input"):
        return NOTHING
    return Kept(inputs=tuple(sorted(set(kind.inputs))))


def _maximum(kind: Any, ins: tuple[Spec, ...], outs: tuple[Spec, ...]) -> Kept:
    return Kept(inputs=None, extra_bytes=FLOAT * size(outs[0]) * (len(ins) - 2))


def _cropped(kind: Any, ins: tuple[Spec, ...], outs: tuple[Spec, ...]) -> Kept:
    (spec,) = ins
    inside = all(n is None or n >= m for n, m in zip(spec.spatial, outs[0].spatial, strict=True))  # type: ignore[operator]
    return VIEW if inside else NOTHING


def _blurred(kind: Any, ins: tuple[Spec, ...], outs: tuple[Spec, ...]) -> Kept:
    padded = ins[0].channels or 1
    for n in ins[0].spatial:
        padded *= (n or 1) + sum(window.blur_padding(kind.pool_size))
    return Kept(inputs=(0,), extra_bytes=FLOAT * padded)


def _pyramid(kind: Any, ins: tuple[Spec, ...], outs: tuple[Spec, ...]) -> Kept:
    """The maxima of every grid are joined in a copy; their places stay."""
    return Kept(inputs=(0,), extra_bytes=INDEX * size(outs[0]) if kind.mode == "max" else 0)


def _wrapped(kind: Any, ins: tuple[Spec, ...], outs: tuple[Spec, ...]) -> Kept:
    inner = kind.node.kind
    product = _product(inner, ins, outs) if hasattr(inner, "use_bias") else _whole(inner, ins, outs)
    named = getattr(inner, "activation", None)
    bent = () if named is None else activation_kept(named.name, size(outs[0])).outputs
    return Kept(product.inputs, bent, product.extra_bytes)


# By class, without the number of its axes; a class that is not here has the rule of its base.
RULES: dict[str, Kept | Rule] = {
    "InputLayer": NOTHING,
    "Activation": _named,
    "ReLU": _relu,
    "Elementwise": INPUT,
    "CBAM": _extra(outputs=FLOAT, keeps=INPUT),
    "PReLU": _extra(outputs=BOOL, keeps=INPUT),
    "Softmax": OUTPUT,
    "Maxout": BOTH,
    "OnImages": _extra(inputs=2 * FLOAT),
    "Padding": NOTHING,
    "Reflection": INPUT,
    "Cropping": VIEW,
    "Identity": VIEW,
    "Permute": VIEW,
    "RepeatVector": NOTHING,
    "Flatten": VIEW,
    "Reshape": VIEW,
    "Embedding": INPUT,
    "Masking": Kept(outputs=(1,)),
    "Merge": NOTHING,
    "Multiply": INPUTS,
    "Maximum": _maximum,
    "Minimum": _maximum,
    "Dot": INPUTS,
    "Concatenate": NOTHING,
    "Operation": _operation,
    "Normalizing": INPUT,
    "LayerNormalization": _normalized,
    "RMSNormalization": _normalized,
    "UnitNormalization": _normalized,
    "GroupNormalization": _grouped,
    "InstanceNormalization": _grouped,
    "LocalResponseNormalization": _responses,
    "MaxPooling": _extra(outputs=INDEX, keeps=INPUT),
    "AveragePooling": INPUT,
    "MinPooling": _extra(inputs=FLOAT, outputs=INDEX),
    "L2Pooling": _extra(inputs=FLOAT, outputs=FLOAT + BOOL, keeps=INPUT),
    "LpPooling": _extra(inputs=2 * FLOAT, outputs=FLOAT + BOOL, keeps=INPUT),
    "StochasticPooling": _extra(inputs=FLOAT, outputs=INDEX, keeps=INPUT),
    "BlurPooling": _blurred,
    "GlobalMaxPooling": BOTH,
    "GlobalMinPooling": BOTH,
    "GlobalAveragePooling": NOTHING,
    "GlobalL2Pooling": _extra(outputs=FLOAT + BOOL, keeps=INPUT),
    "AdaptiveMaxPooling": _extra(outputs=INDEX, keeps=INPUT),
    "AdaptiveAveragePooling": INPUT,
    "SpatialPyramidPooling": _pyramid,
    "DepthwiseMaxPooling": BOTH,
    "DepthwiseAveragePooling": NOTHING,
    "MaxPoolingWithArgmax": Kept(inputs=(0,), outputs=(1,)),
    "MaxUnpooling": Kept(inputs=(1,)),
    "Normalization": NOTHING,
    "Rescaling": NOTHING,
    "Dropout": _dropped,
    "AlphaDropout": _dropped,
    "SpatialDropout": _dropped,
    "GaussianDropout": _dropped,
    "GaussianNoise": NOTHING,
    "StochasticDepth": _dropped,
    "DropBlock": _dropped,
    "ActivityRegularization": Kept(inputs=(0,), view=True),
    "UpSampling": NOTHING,
    "Resizing": NOTHING,
    "CenterCrop": _cropped,
    "PixelShuffle": NOTHING,
    "PixelUnshuffle": NOTHING,
    "SpectralNormalization": _wrapped,
    "WeightStandardization": _wrapped,
}
