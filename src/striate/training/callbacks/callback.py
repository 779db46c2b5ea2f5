"""The base class of callbacks: every hook, doing nothing."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

Logs = MutableMapping[str, Any]


class Callback:
    """Something that is told what training does, and may stop or change it.

    Subclass it and override hooks. A hook that is not overridden costs nothing per batch. The
    `logs` of a batch hook are fetched from the device only if a value is read. Hooks, arguments
    and order are Keras's; `state_dict` and `load_state_dict` are striate's: what they hold is
    restored when training resumes from a checkpoint, so give them to a callback that counts.
    On resume, hooks that began before the checkpoint (`on_train_begin`, and `on_epoch_begin`
    inside an epoch) are called once more; after that all state is restored over what they did.

    Attributes:
        model: the module that is trained; set `model.stop_training = True` to stop.
        params: `{"verbose": ..., "epochs": ..., "steps": ...}`.

    Example:
        >>> class Shout(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(f"epoch {epoch + 1}: loss {logs['loss']:.2f}")
        >>> Shout().on_epoch_end(0, {"loss": 0.25})
        epoch 1: loss 0.25
    """

    # Class attributes, not set in a constructor: user classes often do not call super().__init__.
    model: Any = None
    params: dict[str, Any] | None = None
    _compiled: Any = None

    def set_params(self, params: dict[str, Any]) -> None:
        """Receives `verbose`, `epochs` and `steps` before training begins."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Receives the module before training begins."""
        self.model = model

    def state_dict(self) -> dict[str, Any]:
        """What must survive a restart: plain values, lists, dicts, arrays and tensors."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes back what `state_dict` returned, after `on_train_begin`."""

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before an epoch; epochs count from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch and its validation; logs hold both, `val_` before the latter's names."""

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Another name for `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Another name for `on_train_batch_end`."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a training step; batches count from 0 in every epoch."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a training step; logs hold the epoch's averages so far."""
        self.on_batch_end(batch, logs=logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Before an evaluation, also the validation inside `fit`."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """After an evaluation; logs hold its results."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of an evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of an evaluation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Before a prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """After a prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Before a batch of a prediction."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """After a batch of a prediction; `logs["outputs"]` are its outputs."""


def optimizer_of(callback: Callback) -> Any:
    """The optimizer in use, also for a plain torch module, which has no `optimizer` itself."""
    if callback._compiled is not None:
        return callback._compiled.optimizer
    return getattr(callback.model, "optimizer", None)
