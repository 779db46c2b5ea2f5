"""Stop when the loss is not finite, and say where that began."""

from __future__ import annotations

from typing import Any

import torch

from striate.errors import NonFiniteError
from striate.training.callbacks.callback import Callback, Logs
from striate.training.nonfinite import explain_nonfinite
from striate.training.progress import say


class TerminateOnNaN(Callback):
    """Stops training at the first loss that is NaN or infinite, before it reaches the weights.

    The offending batch is run once more to name the first layer whose output was not finite, or
    the weight, the input or the loss that was. Keras stops after the update has spoilt the
    weights; here the weights stay as they were before the batch. Looking at each loss makes the
    processor wait for the device once per step.

    Args:
        raise_error: raises `NonFiniteError` instead of ending training in good order.

    Raises:
        NonFiniteError: in training, if `raise_error`.

    Example:
        >>> TerminateOnNaN().raise_error
        False
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error
        self._batch = 0
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch, self._batch = epoch, 0

    def state_dict(self) -> dict[str, Any]:
        return {"epoch": self._epoch, "batch": self._batch}

    def load_state_dict(self, state: Any) -> None:
        self._epoch, self._batch = state["epoch"], state["batch"]

    def accepts(self, loss: torch.Tensor, x: Any, y: Any) -> bool:
        """Asked by the loop before each update; False leaves the weights and ends training."""
        if bool(torch.isfinite(loss)):
            self._batch += 1
            return True
        where = f"epoch {self._epoch + 1}, batch {self._batch + 1}"
        text = explain_nonfinite(self.model, x, y, loss, where)
        self.model.stop_training = True
        if self.raise_error:
            raise NonFiniteError(text)
        say(text)
        return False
