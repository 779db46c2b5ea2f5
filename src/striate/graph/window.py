"""Every output-size and padding formula of striate: windows, their transposes, bins, boxes.

Symbols: n input size, k kernel size, s stride, d dilation, e = (k - 1) d + 1 the extent of the
dilated kernel. References: Dumoulin & Visin (2016), "A guide to convolution arithmetic for deep
learning", https://arxiv.org/abs/1603.07285; "same" follows TensorFlow's definition.
"""

from __future__ import annotations

from collections.abc import Sequence

Padding = str
PADDINGS = ("valid", "same")
CONVOLUTION_PADDINGS = ("valid", "same", "full")
SEQUENCE_PADDINGS = ("valid", "same", "causal", "full")  # of convolutions over one axis


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

    floor((n + zeros - e) / s) + 1 with the zeros of `padding_amounts`, and 0 or less where the
    window does not fit. For "same" and "causal" that is ceil(n / s), for "full" with stride 1
    n + e - 1.

    Example:
        >>> output_size(28, 3), output_size(28, 3, stride=2, padding="same")
        (26, 14)
        >>> output_size(28, 3, padding="causal"), output_size(28, 3, padding="full")
        (28, 30)
    """
    if size is None:
        return None
    if padding == "same":
        return -(-size // stride)
    zeros = sum(padding_amounts(padding, size, kernel, stride, dilation))
    return (size + zeros - extent(kernel, dilation)) // stride + 1


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
    """Zeros before and after for any `padding` word.

    valid: none; same: see `same_padding`; causal: e - 1 before, so that an output sees no later
    input; full: e - 1 on both sides, every window that touches the input.

    Example:
        >>> padding_amounts("causal", 28, 3, dilation=4), padding_amounts("full", 28, 3)
        ((8, 0), (2, 2))
    """
    if padding == "same":
        return same_padding(size, kernel, stride, dilation)
    rest = extent(kernel, dilation) - 1
    return {"valid": (0, 0), "causal": (rest, 0), "full": (rest, rest)}[padding]


def dropped(
    size: int, kernel: int, stride: int = 1, dilation: int = 1, padding: Padding = "valid"
) -> int:
    """Inputs at the end of an axis that no window reaches, because the next stride goes beyond.

    (n + zeros - e) mod s, less the zeros after the map.

    Example:
        >>> dropped(28, 3, stride=2), dropped(28, 3, stride=2, padding="same")
        (1, 0)
    """
    before, after = padding_amounts(padding, size, kernel, stride, dilation)
    rest = (size + before + after - extent(kernel, dilation)) % stride
    return max(0, rest - after)


def transposed_cropping(
    kernel: int,
    stride: int = 1,
    dilation: int = 1,
    padding: Padding = "valid",
    output_padding: int | None = None,
) -> tuple[int, int]:
    """What a transposed convolution cuts off before and after its (n - 1) s + e sums.

    A transposed convolution is the gradient of a convolution with the same padding, so what that
    one pads is cut here; a negative number adds zeros instead. In all, valid: -output_padding,
    by default -max(0, s - e); same: e - e mod 2 - output_padding, by default e - s, which makes
    the result n s. The odd one goes after. Keras's rule, on all its backends.

    Example:
        >>> transposed_cropping(3, stride=2, padding="same"), transposed_cropping(2, stride=3)
        ((0, 1), (0, -1))
    """
    e = extent(kernel, dilation)
    if padding == "same":
        total = e - stride if output_padding is None else e - e % 2 - output_padding
    else:
        total = -max(0, stride - e) if output_padding is None else -output_padding
    before = max(0, total // 2)
    return before, total - before


def transposed_output_size(
    size: int | None,
    kernel: int,
    stride: int = 1,
    dilation: int = 1,
    padding: Padding = "valid",
    output_padding: int | None = None,
) -> int | None:
    """Output size of a transposed convolution: (n - 1) s + e, less `transposed_cropping`.

    Example:
        >>> transposed_output_size(14, 3, stride=2, padding="same"), transposed_output_size(14, 3)
        (28, 16)
    """
    if size is None:
        return None
    cut = transposed_cropping(kernel, stride, dilation, padding, output_padding)
    return (size - 1) * stride + extent(kernel, dilation) - sum(cut)


def all_axes(
    padding: Padding,
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
) -> list[tuple[int, int]]:
    """`padding_amounts` of every axis.

    Example:
        >>> all_axes("same", (28, 28), (3, 1), (2, 1), (1, 1))
        [(0, 1), (0, 0)]
    """
    axes = zip(sizes, kernel, strides, dilation, strict=True)
    return [padding_amounts(padding, n, k, s, d) for n, k, s, d in axes]


def adaptive_bins(size: int, outputs: int) -> list[tuple[int, int]]:
    """Start and end of the bins that cut an axis into `outputs` parts of nearly equal size.

    Bin i spans floor(i n / m) to ceil((i + 1) n / m); neighbours share a value where m does not
    divide n.

    Example:
        >>> adaptive_bins(6, 3), adaptive_bins(7, 3)
        ([(0, 2), (2, 4), (4, 6)], [(0, 3), (2, 5), (4, 7)])
    """
    return [(i * size // outputs, -(-(i + 1) * size // outputs)) for i in range(outputs)]


def blur_padding(kernel: int) -> tuple[int, int]:
    """Mirrored values before and after, for a blur that keeps every size: k - 1 in all.

    Example:
        >>> blur_padding(3), blur_padding(4)
        ((1, 1), (1, 2))
    """
    return (kernel - 1) // 2, kernel // 2


def aspect_box(
    size: tuple[int, int], wanted: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """What to cut before and after height and width so that the shape of `wanted` is left.

    The largest centred window of that aspect ratio, sides rounded down, at least 1; the odd value
    goes after. Keras's rule.

    Example:
        >>> aspect_box((340, 500), (200, 200))
        ((0, 0), (80, 80))
    """
    (height, width), (rows, columns) = size, wanted
    inner = (
        max(min(height, int(width * rows / columns)), 1),
        max(min(width, int(height * columns / rows)), 1),
    )
    cut = [(n - k) // 2 for n, k in zip(size, inner, strict=True)]
    return (cut[0], height - inner[0] - cut[0]), (cut[1], width - inner[1] - cut[1])


def aspect_border(
    size: tuple[int, int], wanted: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """What to add around height and width so that the whole has the shape of `wanted`.

    The same on both sides, rounded down, so that an odd value is not added. Keras's rule.

    Example:
        >>> aspect_border((340, 500), (200, 200))
        ((80, 80), (0, 0))
    """
    (height, width), (rows, columns) = size, wanted
    down = (max(height, int(width * rows / columns)) - height) // 2
    across = (max(width, int(height * columns / rows)) - width) // 2
    return (down, down), (across, across)
