"""Losses of `torch.nn` in Keras's calling order."""

from __future__ import annotations

from typing import Any

import torch

from striate.errors import ArgumentError, message


class TorchCriterion:
    """Lets `compile(loss=torch.nn.CrossEntropyLoss())` work: torch's own order and meaning.

    Args:
        criterion: called as `criterion(y_pred, y_true)`, as in a hand-written torch loop.

    Raises:
        ArgumentError: sample weights are used, which torch's criteria do not take.
    """

    reduction = None

    def __init__(self, criterion: torch.nn.Module) -> None:
        self.criterion = criterion
        self.name = type(criterion).__name__

    def __call__(
        self, y_true: torch.Tensor, y_pred: torch.Tensor, sample_weight: object = None
    ) -> Any:
        if sample_weight is not None:
            raise ArgumentError(
                message(
                    self.name,
                    "a criterion of torch.nn takes no sample weights",
                    expected="a loss of striate where sample_weight or class_weight is used",
                    fix='Use loss="sparse_categorical_crossentropy"',
                )
            )
        return self.criterion(y_pred, y_true)

    def to(self, device: torch.device) -> None:
        """Moves the criterion's own tensors (class weights) to where the outputs are."""
        self.criterion.to(device)

    def from_logits_of(self, activation: str) -> None:
        """None: what the criterion expects is the user's choice."""

    def check_targets(self, y_true: object, output_shape: object, where: str) -> None:
        """Leaves the targets to torch."""
