"""What an operation computes, in words."""

from __future__ import annotations

from striate.graph.kinds import Nested
from striate.kernels.shapes import ConvShape, activation_text
from striate.plan.draft import Draft
from striate.plan.operation import ACTIVATION, PRODUCT, Operation


def describe(draft: Draft, operation: Operation) -> str:
    """A few words, such as "convolution 3x3 to 64 channels + bias"."""
    kind = draft.kind(operation)
    if operation.part == ACTIVATION:
        shown = operation.activation or "the user's activation"
        return f"{shown} in place" if operation.in_place else shown
    if operation.beside:
        parts = [describe(draft, part) for part in operation.beside]
        return f"{', and '.join(parts)}, side by side"
    if operation.part == PRODUCT and not hasattr(kind, "use_bias"):
        return "the values before its activation"
    if operation.affine is not None:
        return "scale" if operation.affine[1] == 0.0 else "scale and shift"
    text = _words(kind, draft.node(operation).kind_name)
    if operation.padding is not None:
        text += " with zeros around"
    inside = [n for n in (operation.normalized_by, operation.scaled_by) if n]
    if inside:
        text += f" ({' and '.join(inside)} in its weights)"
    if operation.joined is not None:
        text += f" + {operation.joined[0]}, one kernel"
    if operation.block is not None:
        text += _inside(operation.block)
    if operation.pools is not None and operation.block is not None:
        text += ", max-pooling " + "x".join(str(n) for n in operation.pools.kernel)
    if operation.pools is not None and operation.pools.activation != "linear":
        text += f", {operation.pools.activation}"
    if operation.normalizes is not None:
        text += operation.normalizes.text
    return text


def _inside(block: ConvShape) -> str:
    """What a block does after its convolution."""
    pooled = ", max-pooling 2x2" if block.pool == 2 else ""
    return pooled + activation_text(block.activation, block.number)


def _words(kind: object, class_name: str) -> str:
    name = type(kind).__name__
    window = getattr(kind, "kernel_size", getattr(kind, "pool_size", ()))
    size = "x".join(str(n) for n in (window if isinstance(window, tuple) else (window,)))
    bias = " + bias" if getattr(kind, "use_bias", False) else ""
    if name.startswith("Conv") and hasattr(kind, "filters"):
        what = "transposed convolution" if name.endswith("Transpose") else "convolution"
        return f"{what} {size} to {kind.filters} channels{bias}"
    if name.startswith("DepthwiseConv"):
        return f"depthwise convolution {size}{bias}"
    if name == "Dense":
        return f"product with {getattr(kind, 'units', '')} units{bias}"
    if name.startswith("MaxPooling"):
        return f"max-pooling {size}"
    if name.startswith("AveragePooling"):
        return f"average-pooling {size}"
    if isinstance(kind, Nested):
        return "a model with a plan of its own"
    if name in ("Flatten", "Reshape"):
        return f"{name.lower()}: a view, nothing is copied"
    return _WORDS.get(name, class_name)


_WORDS = {
    "Rescaling": "scale",
    "BatchNormalization": "normalise",
    "Dropout": "dropout",
    "Add": "sum",
    "Concatenate": "side by side",
    "GlobalAveragePooling2D": "mean of the map",
    "GlobalMaxPooling2D": "largest of the map",
    "ZeroPadding2D": "zeros around",
    "Softmax": "softmax",
}
