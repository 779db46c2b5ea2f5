"""The table of functions that a graph may name."""

from __future__ import annotations

from dataclasses import dataclass

from striate.graph.kinds.functions import products, shaping, values
from striate.graph.kinds.functions.types import Rule


@dataclass(frozen=True)
class Function:
    """What a graph knows of a function.

    Args:
        rule: from the specs of its tensors and its arguments to what it returns.
        tensors: how many it takes; None: a list of them.
        by_value: every value of the result comes from the value at its place.
        sums_products: it counts as arithmetic of matrices.
    """

    rule: Rule
    tensors: int | None = 1
    by_value: bool = False
    sums_products: bool = False


def _all(
    names: str, rule: Rule, tensors: int | None = 1, by_value: bool = False
) -> dict[str, Function]:
    return {name: Function(rule, tensors, by_value) for name in names.split()}


_FRACTIONS = """
exp exp2 expm1 log log10 log1p log2 sqrt rsqrt sin cos tan arcsin arccos arctan sinh cosh tanh
arcsinh arccosh arctanh erf erfinv reciprocal deg2rad rad2deg ceil floor sigmoid log_sigmoid
softplus softsign silu swish gelu elu selu celu hard_sigmoid hard_silu hard_swish hard_tanh
hard_shrink soft_shrink tanh_shrink squareplus threshold leaky_relu sparse_plus sparse_sigmoid
"""

FUNCTIONS: dict[str, Function] = {
    **_all(_FRACTIONS, values.fractions, by_value=True),
    **_all("sign round trunc relu relu6 clip stop_gradient copy nan_to_num", values.same, 1, True),
    **_all("square", values.counted, 1, True),
    **_all("isnan isinf isfinite logical_not", values.truth, 1, True),
    **_all("cast saturate_cast zeros_like ones_like full_like", values.of_type, 1, True),
    **_all("maximum minimum", values.joined, 2, True),
    **_all("arctan2 divide_no_nan logaddexp", values.joined_fractions, 2, True),
    **_all("equal not_equal greater greater_equal less less_equal", values.compared, 2, True),
    **_all("logical_and logical_or logical_xor", values.compared, 2, True),
    **_all("where", values.chosen, 3, True),
    **_all("max min amax amin", values.kept),
    **_all("mean std var logsumexp norm median average", values.averaged),
    **_all("sum prod", values.summed),
    **_all("any all", values.judged),
    **_all("argmax argmin count_nonzero", values.located),
    **_all("moments", values.described),
    **_all("cumsum cumprod", values.accumulated),
    **_all("flip roll sort tril triu", values.along),
    **_all("argsort", values.sorted_places),
    **_all("softmax log_softmax normalize layer_normalization", values.along_fractions),
    **_all("top_k", values.largest),
    **_all("reshape", shaping.reshaped),
    **_all("ravel", shaping.flattened),
    **_all("transpose", shaping.transposed),
    **_all("swapaxes", shaping.swapped),
    **_all("moveaxis", shaping.moved),
    **_all("expand_dims", shaping.expanded),
    **_all("squeeze", shaping.squeezed),
    **_all("repeat", shaping.repeated),
    **_all("tile", shaping.tiled),
    **_all("pad", shaping.padded),
    **_all("broadcast_to", shaping.spread),
    **_all("rot90", shaping.turned),
    **_all("concatenate", shaping.chained, None),
    **_all("stack", shaping.stacked, None),
    **_all("split", shaping.parted),
    **_all("unstack", shaping.unstacked),
    **_all("take", shaping.taken, 2),
    **_all("take_along_axis", shaping.taken_along, 2),
    **_all("slice", shaping.cut),
    **_all("diagonal", shaping.diagonal),
    "dot": Function(products.dotted, 2, sums_products=True),
    "tensordot": Function(products.contracted, 2, sums_products=True),
    "einsum": Function(products.summed_over, None, sums_products=True),
    "conv": Function(products.convolved, 2, sums_products=True),
    "depthwise_conv": Function(products.depthwise, 2, sums_products=True),
    **_all("max_pool average_pool", products.pooled),
    **_all("one_hot", products.one_hot),
    **_all("resize", products.resized),
    **_all("rgb_to_grayscale", products.gray),
    **_all("rgb_to_hsv hsv_to_rgb", values.fractions),
    **_all("crop_images", products.cropped),
    **_all("pad_images", products.bordered),
    **_all("extract_patches", products.sliced_up),
    **_all("categorical_crossentropy sparse_categorical_crossentropy", products.crossentropy, 2),
    **_all("binary_crossentropy", values.joined_fractions, 2),
    **_all("dot_product_attention", products.attended, 3),
    **_all("gradient", products.gradient, 2),
}
