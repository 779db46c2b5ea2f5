"""Convolutions of few pixels by many weights as products of matrices, for training on CPUs."""

from __future__ import annotations

from striate.plan.draft import Draft
from striate.plan.operation import Operation
from striate.plan.rules.blocks import conv_obstacle, conv_shape
from striate.plan.rules.products import is_convolution

RULE = "few pixels"

# Weights per pixel of a batch from which on a product is sooner than torch's convolution, which
# reorders the weights. Forward and backward on two Zen 4 cores, bfloat16, times as fast: 1x1
# convolutions 1.0 at 167, 1.2 at 300, 1.5 at 1,024, 2.7 and 4.4 at 16,384; windows of 3x3, which
# must be copied to rows, 0.85 at 2,304, 1.9 and 2.0 at 36,864; float32 gains half of that.
LEAST_ALONE, LEAST_COPIED = 256, 16_384


def product_of_few_pixels(draft: Draft) -> None:
    """A convolution whose weights are many more than the pixels of a batch, as one product.

    Why the result is the same: a row of the product is a window of the map times a filter; the
    same products are added up, in another order.
    """
    request = draft.request
    if not request.backward or request.device != "cpu":
        return
    for operation in draft.each():
        if not is_convolution(draft, operation) or operation.block is not None:
            continue
        images = _images(draft, operation)
        if images:
            draft.update(operation, product_images=images)
            text = f"a product of matrices, of up to {images:,} images: few pixels, many weights"
            draft.say(RULE, operation.nodes, text)


def _images(draft: Draft, operation: Operation) -> int:
    """Up to how many images it pays."""
    kind = draft.kind(operation)
    if conv_obstacle(draft, operation) or operation.joined or kind.dilation_rate != (1, 1):
        return 0
    shape = conv_shape(draft, operation)
    pixels = shape.convolved[0] * shape.convolved[1]
    weights = shape.macs // pixels
    return weights // ((LEAST_ALONE if kind.kernel_size == (1, 1) else LEAST_COPIED) * pixels)
