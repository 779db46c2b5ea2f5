"""The mean of a function of this library over all samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch

from striate.training.losses.conversion import Array
from striate.training.metrics.mean import Mean


class FunctionMetric(Mean):
    """A metric that is the mean of a loss function with some arguments fixed.

    A subclass names the function and those of its own attributes that are its arguments.
    """

    function: ClassVar[Callable[..., torch.Tensor]]
    arguments: ClassVar[tuple[str, ...]] = ()

    def update_state(  # type: ignore[override]
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> None:
        """Adds the values of a batch."""
        self.add(type(self).function(y_true, y_pred, **self.fixed()), sample_weight)

    def fixed(self) -> dict[str, Any]:
        """The function's arguments."""
        return {name: getattr(self, name) for name in self.arguments}

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {**super().get_config(), **self.fixed()}
