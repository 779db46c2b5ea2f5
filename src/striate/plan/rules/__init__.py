"""The table of rules, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable

from striate.plan.draft import Draft
from striate.plan.rules.bfloat16_products import bfloat16_products
from striate.plan.rules.bytes_scaled_at_once import bytes_scaled_at_once
from striate.plan.rules.folded_constants import folded_constants
from striate.plan.rules.half_blocks import half_blocks
from striate.plan.rules.idle_layers import idle_layers
from striate.plan.rules.in_place_activation import in_place_activation
from striate.plan.rules.joined_activation import joined_activation
from striate.plan.rules.merged_padding import merged_padding
from striate.plan.rules.native_blocks import native_blocks
from striate.plan.rules.native_depthwise import native_depthwise
from striate.plan.rules.native_normalization import native_normalization
from striate.plan.rules.native_pooling import native_pooling
from striate.plan.rules.native_side_by_side import native_side_by_side
from striate.plan.rules.normalization_in_weights import normalization_in_weights
from striate.plan.rules.pool_first import pool_first
from striate.plan.rules.product_of_few_pixels import product_of_few_pixels
from striate.plan.rules.scaling_in_weights import scaling_in_weights
from striate.plan.rules.unread import unread

RULES: tuple[Callable[[Draft], None], ...] = (
    unread,
    idle_layers,
    folded_constants,
    merged_padding,
    normalization_in_weights,
    scaling_in_weights,
    bytes_scaled_at_once,
    joined_activation,
    pool_first,
    native_blocks,
    native_side_by_side,
    bfloat16_products,
    half_blocks,
    product_of_few_pixels,
    native_depthwise,
    native_normalization,
    native_pooling,
    in_place_activation,
)
