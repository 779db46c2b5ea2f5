"""What callbacks that watch one metric share: which way is better, and by how much."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from striate.errors import ArgumentError, message
from striate.training.callbacks.callback import Callback

_MODES = ("auto", "min", "max")
_UP = ("acc", "auc", "precision", "recall", "f1", "fbeta", "iou", "r2", "top_k", "kappa", "dice")
_DOWN = ("loss", "error", "mse", "mae", "mape", "msle", "entropy", "divergence", "hinge", "huber")


class MonitorCallback(Callback):
    """Base of callbacks that act when a monitored value gets better, or does not.

    Args:
        monitor: a name in the logs: "val_loss", "accuracy", ...
        mode: "min", "max", or "auto": the metric's own direction, else the one its name tells.
        baseline: the value to beat first; None: the first value seen counts as better.
        min_delta: a change smaller than this is no improvement.

    Raises:
        ArgumentError: the mode is unknown; or, when training begins, it is "auto" and neither the
            metric nor its name tells the direction.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0.0,
    ) -> None:
        if mode not in _MODES:
            raise ArgumentError(
                message(
                    type(self).__name__,
                    "unknown mode",
                    got={"mode": mode},
                    expected='"auto", "min" or "max"',
                )
            )
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(float(min_delta))
        self._warned = False

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        if self.compares():
            self._direction()  # an error now, not after an epoch

    def compares(self) -> bool:
        """Whether this callback compares values at all, and so must know which way is better."""
        return True

    def improves(self, value: float, reference: float | None) -> bool:
        """Whether a value beats a reference by more than `min_delta`."""
        if reference is None:
            return True
        if self._direction() == "max":
            return value - self.min_delta > reference
        return value + self.min_delta < reference

    def monitored(self, logs: Mapping[str, Any] | None) -> float | None:
        """The watched value, or None and, once, a warning that names what there is."""
        value = (logs or {}).get(self.monitor)
        if value is not None:
            return float(value)
        if not self._warned:
            self._warned = True
            known = ", ".join(logs or {})
            warnings.warn(
                message(
                    type(self).__name__,
                    "the monitored metric is not in the logs, so this callback does nothing",
                    got={"monitor": self.monitor},
                    expected=f"one of: {known}",
                    fix="Pass validation data for names with val_, or name another metric",
                ),
                UserWarning,
                stacklevel=2,
            )
        return None

    def _direction(self) -> str:
        if self.mode == "auto":
            self.mode = self._guessed()
        return self.mode

    def _guessed(self) -> str:
        name = self.monitor.removeprefix("val_")
        for metric in _metrics_of(self._compiled):
            direction = getattr(metric, "direction", None)
            ours = name == metric.name or name.endswith(f"_{metric.name}")
            if ours and direction in ("up", "max", "down", "min"):
                return "max" if direction in ("up", "max") else "min"
        for words, mode in ((_DOWN, "min"), (_UP, "max")):
            if any(word in name for word in words):
                return mode
        raise ArgumentError(
            message(
                type(self).__name__,
                "it is not known whether more or less of this metric is better",
                got={"monitor": self.monitor, "mode": "auto"},
                fix='Use mode="max" or mode="min"',
            )
        )


def _metrics_of(compiled: Any) -> Iterator[Any]:
    """The metrics that were given to `compile` as objects, at any depth."""
    waiting = [getattr(compiled, "metrics", None), getattr(compiled, "weighted_metrics", None)]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, Mapping):
            waiting += entry.values()
        elif isinstance(entry, (list, tuple)):
            waiting += entry
        elif hasattr(entry, "update_state") and isinstance(getattr(entry, "name", None), str):
            yield entry
