"""Activation maximisation: an image that a unit of a network answers to most."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from striate import errors
from striate.explain.checking import share, whole
from striate.explain.probe import Probe
from striate.graph import Graph, Port, kinds
from striate.ops.layout import to_external, to_internal

if TYPE_CHECKING:
    from striate.figures import Picture
    from striate.layers import Layer
    from striate.models import Model

Array = np.ndarray[Any, np.dtype[Any]]
BLUR_EVERY = 4  # steps


@dataclass(frozen=True)
class Maximization:
    """An image that was made for a unit.

    Args:
        image: (H, W, C), in the range of the model's images.
        layer: the layer of the unit.
        unit: its channel.
        activations: the unit's mean activation before each step, and at the end.
    """

    image: Array = field(repr=False)
    layer: str
    unit: int
    activations: tuple[float, ...] = field(repr=False)

    def plot(self) -> Picture:
        """The image, below what it was made for."""
        from striate.explain.drawing import displayable, rows_picture

        shown = displayable(self.image[None])
        note = f"{self.layer}, unit {self.unit}"
        label = f"{self.activations[0]:.3g} to {self.activations[-1]:.3g}"
        return rows_picture([[shown[0]]], ["activation maximised"], [label], note)

    def save(self, path: str | os.PathLike[str], dpi: float = 120) -> None:
        """Writes `plot` to a PNG, SVG or PDF file, by the ending of its name."""
        self.plot().save(path, dpi)

    def _repr_png_(self) -> bytes:
        return self.plot().content("png")


def activation_maximization(
    model: Model,
    layer: str | Layer | None = None,
    unit: int = 0,
    *,
    steps: int = 128,
    step_size: float = 0.02,
    jitter: int | None = None,
    blur: float = 0.5,
    decay: float = 0.01,
    value_range: tuple[float, float] | None = None,
    image_size: Sequence[int] | None = None,
    seed: int = 0,
) -> Maximization:
    """Makes an image for a unit, from grey with a little noise, by gradient ascent.

    Each step moves the image by `step_size` times its range along the gradient of the unit's mean
    activation, which is divided by its root mean square. Moving the image about, blurring it and
    pulling it towards grey keep it from becoming noise that no eye understands.

    Args:
        model: a built model with one input, images.
        layer: the unit's layer; None: the model's output before softmax, whose units are classes.
        unit: the channel of its maps, or the unit of a layer without maps.
        steps: of gradient ascent.
        step_size: as a share of the range of values.
        jitter: the image is moved by up to so many pixels before each gradient; None: a 32nd of
            its shorter side.
        blur: how much every fourth step mixes each pixel with its neighbours, 0 to 1.
        decay: how far each step pulls the image towards grey, 0 to 1.
        value_range: of the model's images; None: 0 to 1, or what a `Rescaling` at its start says.
        image_size: rows and columns, for a model that leaves them open.
        seed: of the noise and the jitter.

    Raises:
        UnknownNameError: no layer of that name.
        ArgumentError: no such unit, or a number out of its range.
        ShapeError: the model takes no images, or their size is open and not given.

    Example:
        >>> import striate as st
        >>> from striate import explain
        >>> conv = layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1), name="conv")
        >>> model = st.Sequential([conv, layers.Flatten(), layers.Dense(3)])
        >>> found = explain.activation_maximization(model, "conv", 2, steps=8)
        >>> found.image.shape, found.activations[-1] >= found.activations[0]
        ((8, 8, 1), True)

    References: Erhan et al. (2009); Yosinski et al. (2015), https://arxiv.org/abs/1506.06579
    """
    where = "activation_maximization"
    whole(where, "steps", steps)
    share(where, "blur", blur)
    share(where, "decay", decay)
    probe = Probe(where, model, blank_image(model.graph, image_size, where))
    jitter = min(probe.size) // 32 if jitter is None else jitter
    whole(where, "jitter", jitter, 0)
    low, high = value_range or _range(probe.graph)
    port = probe.graph.outputs[0] if layer is None else probe.port(layer)
    checked_unit(probe, port, unit)
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(probe.images.shape, generator=generator).to(probe.images)
    grey, span = (low + high) / 2, high - low
    x = (grey + 0.05 * span * noise).clamp(low, high)
    found = []
    for step in range(steps):
        shift = torch.randint(-jitter, jitter + 1, (2,), generator=generator).tolist()
        value, direction = _ascent(probe, port, unit, x, shift)
        found.append(value)
        x = x + step_size * span * direction
        x += decay * (grey - x)
        if step % BLUR_EVERY == BLUR_EVERY - 1:
            x = x + blur * (_blurred(x) - x)
        x = x.clamp(low, high)
    found.append(_ascent(probe, port, unit, x, [0, 0])[0])
    return Maximization(x[0].cpu().numpy(), str(port), unit, tuple(found))


def checked_unit(probe: Probe, port: Port, unit: int) -> None:
    """Raises ArgumentError unless a layer has this unit."""
    units = probe.graph[port.node].outputs[port.index].channels
    if not isinstance(unit, int) or not 0 <= unit < (units or unit + 1):
        raise errors.ArgumentError(
            errors.message(
                probe.where,
                "no such unit",
                got={"unit": unit},
                expected=f"0 to {(units or 1) - 1}, the channels of {port}",
            )
        )


def _ascent(
    probe: Probe, port: Port, unit: int, x: Tensor, shift: list[int]
) -> tuple[float, Tensor]:
    """A unit's mean activation for a moved image, and the gradient there, of length 1 a pixel."""
    seen: list[Tensor] = []

    def see(at: Port, value: Tensor) -> Tensor:
        if at == port:
            seen.append(value)
        return value

    with probe.looking():
        x = x.detach().requires_grad_()
        probe.run(see, images=x.roll(shift, (1, 2)))
        mean = seen[-1][..., unit].mean()
        (gradient,) = torch.autograd.grad(mean, x)
    return float(mean.detach()), gradient / gradient.square().mean().sqrt().clamp(min=1e-12)


def _blurred(x: Tensor) -> Tensor:
    """Each pixel as the weighted mean of its neighbours, 1-2-1 across and down."""
    inner = F.pad(to_internal(x), (1, 1, 1, 1), mode="replicate")
    row = x.new_tensor([0.25, 0.5, 0.25])
    kernel = (row[:, None] * row).expand(inner.shape[1], 1, 3, 3)
    return to_external(F.conv2d(inner, kernel, groups=inner.shape[1]))


def blank_image(graph: Graph, size: Sequence[int] | None, where: str) -> Array:
    """An image of the right size, whose values do not matter."""
    spec = graph.input_specs[0]
    spatial = tuple(spec.spatial) if size is None else tuple(size)
    if spec.rank != 4 or None in spatial or spec.channels is None:
        raise errors.ShapeError(
            errors.message(
                where,
                "the size of the model's images is not known",
                got={"input shape": spec.shape},
                expected="(None, H, W, C)",
                fix="image_size=(128, 128)" if spec.rank == 4 else "",
            )
        )
    return np.zeros((1, *spatial, spec.channels), np.float32)


def _range(graph: Graph) -> tuple[float, float]:
    """The range of images that a `Rescaling` at the start maps to 0..1 or -1..1, else 0..1."""
    first = next((n for n in graph if n.inputs), None)
    if first is None or not isinstance(first.kind, kinds.Rescaling):
        return 0.0, 1.0
    scale, offset = first.kind.scale, first.kind.offset
    if not isinstance(scale, (int, float)) or not isinstance(offset, (int, float)) or scale <= 0:
        return 0.0, 1.0
    least = -1.0 if offset < 0 else 0.0
    return (least - offset) / scale, (1.0 - offset) / scale
