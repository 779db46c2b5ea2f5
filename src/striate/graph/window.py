"""Every output-size and padding formula of striate: one sliding window along one axis.

Symbols: n input size, k kernel size, s stride, d dilation, e = (k - 1) d + 1 the extent of the
dilated kernel. References: Dumoulin & Visin (2016), "A guide to convolution arithmetic for deep
learning", https://arxiv.org/abs/1603.07285; "same" follows TensorFlow's definition.
"""

from __future__ import annotations

Padding = str
PADDINGS = ("valid", "same")


def extent(kernel: int, dilation: int = 1) -> int:
    """Input positions that a dilated kernel spans: (k - 1) d + 1.

    Example:
        >>> extent(3, dilation=2)
        5
    """
    return (kernel - 1) * dilation + 1


def output_size(
    size: int | None, kernel: int, stride: int = 1, dilation: int = 1, padding: Padding = "valid"
) -> int | None:
    """Number of window positions along one axis; an open size stays open.

    valid: floor((n - e) / s) + 1, and 0 or less where the window does not fit;
    same: ceil(n / s).

    Example:
        >>> output_size(28, 3), output_size(28, 3, stride=2, padding="same")
        (26, 14)
    """
    if size is None:
        return None
    if padding == "same":
        return -(-size // stride)
    return (size - extent(kernel, dilation)) // stride + 1


def same_padding(size: int, kernel: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after, for "same": max(0, (ceil(n/s) - 1) s + e - n) in all.

    The odd one goes after, as in TensorFlow; PyTorch's symmetric padding differs there.

    Example:
        >>> same_padding(28, 3, stride=2)
        (0, 1)
    """
    outputs = -(-size // stride)
    total = max(0, (outputs - 1) * stride + extent(kernel, dilation) - size)
    return total // 2, total - total // 2


def padding_amounts(
    padding: Padding, size: int, kernel: int, stride: int = 1, dilation: int = 1
) -> tuple[int, int]:
    """Zeros before and after for any `padding` word."""
    if padding == "same":
        return same_padding(size, kernel, stride, dilation)
    return 0, 0
