"""plot_filters: the kernels of a layer as small images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from striate import errors

if TYPE_CHECKING:
    from striate.figures import Picture
    from striate.layers import Layer

Array = np.ndarray[Any, np.dtype[Any]]


def plot_filters(
    layer: Layer, *, filters: int = 32, channels: int = 16, columns: int | None = None
) -> Picture:
    """The kernels of a convolution as images.

    A layer on three channels, such as the first on colour images, shows each kernel in colours,
    stretched to 0..1; a layer on one channel shows each as an image of numbers, red above 0 and
    blue below. A layer on more channels shows one row for each filter, one image for each channel
    that it reads.

    Args:
        layer: a built layer with a kernel that has rows and columns, or one around such a layer.
        filters: shows the first so many filters.
        channels: shows of each the first so many channels.
        columns: filters in a row, where each is one image; None chooses.

    Raises:
        ArgumentError: the layer has no kernel with rows and columns.
        NotBuiltError: the layer has no weights yet.

    Example:
        >>> import striate as st
        >>> from striate import explain
        >>> model = st.Sequential([layers.Conv2D(8, 3, input_shape=(12, 12, 3))])
        >>> picture = explain.plot_filters(model.layers[0])
    """
    from striate.explain.drawing import SIGNED, mosaic_picture

    kernel = _kernel(layer)  # (H, W, channels, filters)
    height, width, deep, many = kernel.shape
    kernel = kernel[..., :channels, :filters] if deep != 3 else kernel[..., :filters]
    title = f"{layer.name}: {many} filters of {height} x {width}"
    title += f" on {deep} channel{'s' if deep > 1 else ''}"
    cut = kernel.shape[-1] < many or kernel.shape[-2] < deep
    note = f"the first {kernel.shape[-1]} filters" if cut else ""
    if deep == 3:
        low, high = kernel.min((0, 1, 2)), kernel.max((0, 1, 2))
        kernel = (kernel - low) / np.where(high > low, high - low, 1.0)
        cells = list(np.moveaxis(kernel, -1, 0))
    else:
        cells = list(np.moveaxis(kernel, (3, 2), (0, 1)).reshape(-1, height, width))
        note += f", their first {kernel.shape[-2]} channels" if kernel.shape[-2] < deep else ""
    top = max(float(np.abs(kernel).max()), 1e-30)
    if deep != 3:
        note = f"{note + ': ' if note else ''}-{top:.3g} blue, 0 white, {top:.3g} red"
    across = kernel.shape[-2] if deep not in (1, 3) else columns or min(16, len(cells))
    return mosaic_picture(
        cells,
        title,
        columns=across,
        cell_inches=0.4 if deep not in (1, 3) else 0.6,
        colours=SIGNED,
        limits=(-top, top),
        note=note,
    )


def _kernel(layer: Any) -> Array:
    """The kernel as (H, W, channels, filters); of depthwise ones a filter has one channel."""
    where = getattr(layer, "where", type(layer).__name__)
    weights = dict(layer.named_weights()) if hasattr(layer, "named_weights") else {}
    if hasattr(layer, "built") and not layer.built:
        raise errors.NotBuiltError(
            errors.message(
                where,
                "the layer has no weights yet",
                expected="a layer that is part of a model",
                fix="Call it on a symbol: layer(Input(shape=...))",
            )
        )
    found = [
        (name, w) for name, w in weights.items() if w.dim() == 4 and name.endswith("kernel")
    ] or [(name, w) for name, w in weights.items() if w.dim() == 4]
    if not found:
        raise errors.ArgumentError(
            errors.message(
                where,
                "the layer has no kernel with rows and columns",
                got={"weights": tuple(f"{n} {tuple(w.shape)}" for n, w in weights.items())},
                expected="a convolution over images, such as Conv2D",
            )
        )
    name, weight = found[0]
    kernel: Array = weight.detach().cpu().numpy().astype(np.float64)
    if "depthwise" in name or "Depthwise" in type(layer).__name__:
        return kernel.reshape(*kernel.shape[:2], 1, -1)
    return np.swapaxes(kernel, 2, 3) if "Transpose" in type(layer).__name__ else kernel
