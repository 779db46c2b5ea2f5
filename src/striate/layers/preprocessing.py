"""Layers that prepare images inside the model, so that they travel with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from striate import errors
from striate.graph import kinds
from striate.graph.named import freeze_value
from striate.graph.spec import Spec
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.ops.affine import affine
from striate.ops.layout import to_external, to_internal


@register()
class Rescaling(BuiltIn):
    """x scale + offset: Rescaling(1 / 255) brings bytes to [0, 1].

    Shapes: unchanged; whole numbers become float32.

    Args:
        scale: factor, one or one per channel.
        offset: what is added, one or one per channel.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.Rescaling(1 / 127.5, offset=-1)(np.array([[0, 255]], dtype="uint8")).tolist()
        [[-1.0, 1.0]]
    """

    kind: kinds.Rescaling

    def __init__(
        self,
        scale: float | Sequence[float],
        offset: float | Sequence[float] = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.Rescaling, {"scale": scale, "offset": offset}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return affine(inputs[0], self.kind.scale, self.kind.offset)


@register()
class Normalization(BuiltIn):
    """(x - mean) / deviation, the statistics those of a data set: `adapt` finds them.

    Gives features of different ranges the same weight at the start. y = (x - mean) /
    max(sqrt(variance), 1e-7); the statistics are part of the model's weights.

    Shapes: unchanged; whole numbers become float32.

    Args:
        axis: the axis or axes with statistics of their own, -1 the channels; None has one mean
            and variance for all values.
        mean: the mean, if it is known: a number or an array that broadcasts to the kept axes.
        variance: the variance, in the same shape.
        invert: goes back: y = x max(sqrt(variance), 1e-7) + mean.

    Raises:
        ArgumentError: one of mean and variance without the other, or of different shapes.
        ShapeError: no such axis, an open one, or a mean that does not fit it.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layer = layers.Normalization()
        >>> layer.adapt(np.array([[0.0, 7.0], [2.0, 9.0]]))
        >>> layer(np.array([[2.0, 7.0]])).tolist()
        [[1.0, -1.0]]
    """

    kind: kinds.Normalization

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        arguments = {
            "axis": axis,
            "mean": as_numbers(mean),
            "variance": as_numbers(variance),
            "invert": bool(invert),
        }
        super().__init__(kinds.Normalization, arguments, **kwargs)

    @property
    def mean(self) -> Tensor:
        """The mean in use."""
        given = self.kind.mean
        return self.adapt_mean if given is None else torch.tensor(given, dtype=torch.float32)

    @property
    def variance(self) -> Tensor:
        """The variance in use."""
        given = self.kind.variance
        return self.adapt_variance if given is None else torch.tensor(given, dtype=torch.float32)

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Finds mean and variance of data, in place of what was found before.

        Args:
            data: an array or tensor, or an iterable of batches; of tuples the first is taken.
            batch_size: ignored: an array is read as it is.
            steps: batches to read at most; None for all.

        Raises:
            ArgumentError: the layer was given its mean.
            DataError: no data.
            ShapeError: the data do not fit the layer.
        """
        if self.kind.mean is not None:
            raise errors.ArgumentError(
                errors.message(
                    self.where,
                    "`adapt` on a layer that was given its mean and variance",
                    expected="one of the two",
                    fix="Normalization(axis) without mean and variance",
                )
            )
        total = Moments()
        for number, batch in enumerate(batches(data)):
            if number == steps:
                break
            x = np.asarray(batch, dtype=np.float64)
            spec = Spec((None, *x.shape[1:]))
            self._build_once((spec,), Template.positional(1))
            self._check_again((spec,), Template.positional(1))
            kept = self.kind.positions(spec)
            total.add(x, tuple(a for a in range(x.ndim) if a not in kept))
        if total.count == 0:
            raise errors.DataError(
                errors.message(self.where, "`adapt` got no data", expected="at least one value")
            )
        with torch.no_grad():
            self.adapt_mean.copy_(torch.as_tensor(total.mean))
            self.adapt_variance.copy_(torch.as_tensor(total.variance))
            self.count.fill_(total.count)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        x = to_external(inputs[0])
        spec = Spec(tuple(x.shape))
        kept, sizes = self.kind.positions(spec), self.kind.sizes(spec)
        shape = [n if a in kept else 1 for a, n in enumerate(x.shape)]
        mean, variance = (
            s.to(x.device, x.dtype).broadcast_to(sizes).reshape(shape)
            for s in (self.mean, self.variance)
        )
        deviation = variance.sqrt().clamp_min(1e-7)
        return to_internal(x * deviation + mean if self.kind.invert else (x - mean) / deviation)


class Moments:
    """Mean and variance over batches, in float64: those of all values seen so far."""

    def __init__(self) -> None:
        self.count = 0
        self.mean: Any = 0.0
        self.squares: Any = 0.0

    def add(self, x: np.ndarray[Any, Any], axes: tuple[int, ...]) -> None:
        """Takes in a batch; Chan et al. (1979), "Updating formulae", say how two parts add up."""
        count = x.size // max(1, int(np.prod([n for a, n in enumerate(x.shape) if a not in axes])))
        if count == 0:
            return
        mean, squares = x.mean(axes), x.var(axes) * count
        total = self.count + count
        apart = mean - self.mean
        self.mean = self.mean + apart * (count / total)
        self.squares = self.squares + squares + apart**2 * (self.count * count / total)
        self.count = total

    @property
    def variance(self) -> Any:
        """The mean square distance from the mean."""
        return self.squares / self.count


def batches(data: Any) -> Iterator[Any]:
    """The arrays of an array, a tensor, or an iterable of batches."""
    if isinstance(data, (np.ndarray, Tensor)):
        data = [data]
    elif not isinstance(data, Iterable):
        raise errors.DataError(
            errors.message(
                "adapt",
                "cannot read the data",
                got={"data": type(data).__name__},
                expected="an array, a tensor, or an iterable of batches",
            )
        )
    for batch in data:
        x = batch[0] if isinstance(batch, (tuple, list)) else batch
        yield x.detach().cpu().numpy() if isinstance(x, Tensor) else x


def as_numbers(value: Any) -> Any:
    """A number or array as a number or nested tuples."""
    if value is None:
        return None
    found = value.detach().cpu().numpy() if isinstance(value, Tensor) else np.asarray(value)
    return freeze_value(np.asarray(found, dtype=np.float64).tolist())
