"""Running means and sums, and the metric made of any function of targets and predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from striate.training.losses.conversion import Array, align_ranks
from striate.training.losses.naming import snake_case
from striate.training.losses.reduction import divide_or_zero
from striate.training.metrics.metric import Metric
from striate.training.metrics.variable import accumulator_dtype

Function = Callable[..., Any]
HALVES = (torch.float16, torch.bfloat16)


def per_sample(
    values: torch.Tensor, weight: torch.Tensor, mean: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted values and weights, one of each per sample.

    Values of a higher rank than the weights are first reduced over their last axes, weights of
    rank two and more over all but the first, as in Keras.

    Shapes: values (N, ...), weight (N,), (N, 1), (N, ...) or a scalar -> (N,) twice, or scalars
    """
    values, weight = align_ranks(values, weight.to(values.dtype))
    reduce = torch.mean if mean else torch.sum
    if values.ndim > weight.ndim:
        values = reduce(values, dim=tuple(range(weight.ndim, values.ndim)))
    weight = weight.broadcast_to(values.shape)
    values = values * weight
    if weight.ndim > 1:
        inner = tuple(range(1, weight.ndim))
        values, weight = reduce(values, dim=inner), reduce(weight, dim=inner)
    return values, weight


def floats(values: Array) -> torch.Tensor:
    """Values as float32 or float64, whatever they were."""
    tensor = values if isinstance(values, torch.Tensor) else torch.as_tensor(values)
    return tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.float()


class Sum(Metric):
    """The weighted sum of all values.

    Shapes: values any shape; weights (N,) or broadcastable -> scalar

    Args:
        name: the key in logs.

    Example:
        >>> Sum()([1.0, 3.0], sample_weight=[1.0, 0.5])
        tensor(2.5000, dtype=torch.float64)
    """

    def __init__(self, name: str = "sum", dtype: torch.dtype | str | None = None) -> None:
        super().__init__(name, dtype)
        self.total = self.add_variable(name="total")

    def update_state(self, values: Array, sample_weight: Array | None = None) -> None:
        """Adds the values."""
        tensor = floats(values)
        if sample_weight is not None:
            weight = torch.as_tensor(sample_weight, device=tensor.device)
            tensor, _ = per_sample(tensor, weight, mean=False)
        self.total.assign_add(tensor.sum())

    def result(self) -> torch.Tensor:
        """The sum so far."""
        return self.cast(self.total.value.clone())


class Mean(Metric):
    """The weighted mean: sum of w v over sum of w.

    Values of rank two and more are first averaged within each sample, so that every sample counts
    the same. The result of no values is 0.

    Shapes: values any shape; weights (N,) or broadcastable -> scalar

    Args:
        name: the key in logs.

    Example:
        >>> Mean()([1.0, 3.0], sample_weight=[1.0, 0.5])
        tensor(1.6667, dtype=torch.float64)
    """

    def __init__(self, name: str | None = "mean", dtype: torch.dtype | str | None = None) -> None:
        super().__init__(name, dtype)
        self.total = self.add_variable(name="total")
        self.count = self.add_variable(name="count")

    def update_state(self, values: Array, sample_weight: Array | None = None) -> None:
        """Adds the values."""
        self.add(floats(values), sample_weight)

    def add(self, values: torch.Tensor, sample_weight: Array | None = None) -> None:
        """Adds values of any dtype; matches stay bool, which sum exactly and fastest."""
        if sample_weight is not None:
            weight = torch.as_tensor(sample_weight, device=values.device)
            weighted, weight = per_sample(floats(values), weight, mean=True)
            self.total.assign_add(weighted.sum())
            self.count.assign_add(weight.sum())
            return
        if values.dtype in HALVES:
            values = values.float()
        total = values.sum()
        samples = values.shape[0] if values.ndim else 1
        if values.ndim > 1 and values.numel() > samples:
            total = total.to(accumulator_dtype(total.device)) / (values.numel() // samples)
        self.total.assign_add(total)
        self.count.place(total.device).add_(samples)

    def result(self) -> torch.Tensor:
        """The mean so far."""
        return self.cast(divide_or_zero(self.total.value, self.count.value))


class MeanMetricWrapper(Mean):
    """The mean of a function of targets and predictions.

    `metrics.get` applies it to functions, so it is seldom written out.

    Shapes: what `fn` takes -> scalar

    Args:
        fn: `fn(y_true, y_pred, **kwargs)` returns one value per sample, or a scalar per batch.
        name: the function's name if None.
        kwargs: further arguments of `fn`.

    Example:
        >>> metric = MeanMetricWrapper(lambda y_true, y_pred: abs(y_true - y_pred), name="error")
        >>> metric(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]))
        tensor(1., dtype=torch.float64)
    """

    def __init__(
        self,
        fn: Function,
        name: str | None = None,
        dtype: torch.dtype | str | None = None,
        **kwargs: Any,
    ) -> None:
        own = getattr(fn, "name", None) or getattr(fn, "__name__", type(fn).__name__)
        super().__init__(name or snake_case(str(own)), dtype)
        self.fn = fn
        self.kwargs = kwargs

    def update_state(  # type: ignore[override]
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> None:
        """Adds the function's values for a batch."""
        self.add(torch.as_tensor(self.fn(y_true, y_pred, **self.kwargs)), sample_weight)

    def get_config(self) -> dict[str, Any]:
        """As of any metric, with the function itself under "fn"."""
        return {"fn": self.fn, **super().get_config(), **self.kwargs}
