"""What the names of our kernels in a plan's print-out mean; the others say what they do."""

from __future__ import annotations

from collections.abc import Iterable

MEANINGS = {
    "direct": "adds up a convolution's products in registers; bias, relu and the largest of 2x2 "
    "come before anything is written",
    "winograd": "finds 4x4 results of a 3x3 convolution at once with a quarter of the "
    "multiplications; they differ by about 1e-5 of the largest",
    "winograd backward": "does the same for the gradients of the input and of the weights",
    "pooled backward": "computes gradients only where pooling and relu let a value through",
    "strided backward": "sums up a strided convolution's gradient only where there is one",
    "direct weights' gradient": "adds up the gradient of the weights in registers",
    "one by one": "treats a 1x1 convolution or a dense layer as one product, forward and backward",
    "depthwise": "convolves each channel by itself, as many channels at once as a register holds",
    "depthwise backward": "does the same for the gradients of the input and of the weights",
    "window pool": "keeps a byte for each largest value, which tells the backward pass its place",
    "batch norm": "does normalisation, sum and activation in two passes over the map",
}


def glossary(names: Iterable[str]) -> list[str]:
    """A line for each of these names that needs one, in the order of the table.

    Args:
        names: of kernels, as steps have them.
    """
    there = set(names)
    return [f"{name}: {meaning}" for name, meaning in MEANINGS.items() if name in there]
