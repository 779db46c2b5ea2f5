"""What happened, epoch by epoch: the value that `fit` returns."""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.errors import FormatError, MissingExtraError, message, unknown_name
from striate.training.callbacks.callback import Callback, Logs
from striate.training.logs import Answering

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from striate.training.health_report import HealthReport

_NOT_FINITE = ("nan", "inf", "-inf")


class History(Callback):
    """Losses and metrics of every epoch.

    Attributes:
        history: name -> list with one value per epoch that measured it; the names of validation
            begin with `val_`. It answers to Keras's earlier names, "acc" for "accuracy", too.
        epoch: the number of each epoch, from 0.
        params: `verbose`, `epochs` and `steps` of the fit.
        model: the module that was trained.
        health: what `fit(..., watch=True)` measured, else None.

    Example:
        >>> history = History()
        >>> history.on_epoch_end(0, {"loss": 0.5})
        >>> history.history, history.to_records()
        ({'loss': [0.5]}, [{'epoch': 0, 'loss': 0.5}])
    """

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = Answering()
        self.epoch: list[int] = []
        self._measured: dict[str, list[int]] = {}
        self.health: HealthReport | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        # Keras keeps old values here; a record of two runs in one list has no order of epochs.
        self.history, self.epoch, self._measured = Answering(), [], {}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
            self._measured.setdefault(name, []).append(epoch)
        if hasattr(type(self.model), "fit"):  # not on a plain torch module: it is the user's
            self.model.history = self

    def state_dict(self) -> dict[str, Any]:
        return {"history": dict(self.history), "epoch": self.epoch, "measured": self._measured}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.history = Answering({name: list(values) for name, values in state["history"].items()})
        self.epoch = list(state["epoch"])
        self._measured = {name: list(epochs) for name, epochs in state["measured"].items()}

    def to_records(self) -> list[dict[str, Any]]:
        """One dict per epoch; a metric that was not measured in an epoch is not in its dict."""
        records: dict[int, dict[str, Any]] = {number: {"epoch": number} for number in self.epoch}
        for name, values in self.history.items():
            for number, value in zip(self._measured[name], values, strict=True):
                records.setdefault(number, {"epoch": number})[name] = value
        return [records[number] for number in sorted(records)]

    def to_frame(self) -> Any:
        """A `pandas.DataFrame` with one row per epoch.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        try:
            pandas = importlib.import_module("pandas")  # it has no types of its own
        except ImportError as error:
            raise MissingExtraError(
                message(
                    "History.to_frame",
                    "the package pandas is not installed",
                    fix='Install it: pip install "striate[pandas]"; or use history.to_records()',
                )
            ) from error
        return pandas.DataFrame.from_records(self.to_records())

    def to_json(self) -> str:
        """The history as JSON text, with NaN and infinity as text, which JSON lacks."""
        record = {
            "version": 1,
            "epoch": self.epoch,
            "measured": self._measured,
            "history": {
                name: [_plain(value) for value in values] for name, values in self.history.items()
            },
        }
        if self.params is not None:
            record["params"] = dict(self.params)
        return json.dumps(record, indent=1, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> History:
        """The inverse of `to_json`; no code is run.

        Raises:
            FormatError: the text is not a history.
        """
        history = cls()
        try:
            record = json.loads(text)
            if record["version"] != 1:
                raise ValueError("unknown version")
            values = {name: [_value(v) for v in found] for name, found in record["history"].items()}
            history.load_state_dict({**record, "history": values})
            history.params = record.get("params")
            history.to_records()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise FormatError(
                message("History.from_json", "this is not a history written by striate")
            ) from error
        return history

    def plot(self, metrics: Sequence[str] | None = None) -> Figure:
        """A figure with a panel for each metric: training and, where there is one, validation.

        Nothing is shown or saved; in a notebook the returned figure shows itself, elsewhere use
        `history.plot().savefig("history.png")`.

        Args:
            metrics: which, without `val_`; None: the loss, then all others.

        Raises:
            UnknownNameError: a metric was not measured, or is not one number per epoch.
        """
        from striate.figures import panels

        known = _plotted(self.history)
        for name in metrics or ():
            if name not in known:
                raise unknown_name("History.plot", "metric", name, known)
        names = known if metrics is None else list(metrics)
        picture, places = panels(len(names))
        for axes, name in zip(places, names, strict=True):
            self._draw(axes, name)
        return picture

    def _draw(self, axes: Any, name: str) -> None:
        from striate.figures import ACCENT, SECOND, quiet

        for key, label, colour in (
            (name, "training", ACCENT),
            (f"val_{name}", "validation", SECOND),
        ):
            if key in self.history:
                epochs = [number + 1 for number in self._measured[key]]
                marker = "o" if len(epochs) <= 30 else None
                axes.plot(
                    epochs, self.history[key], color=colour, label=label, marker=marker, ms=3.5
                )
        last = _last(name, self._measured, self.history)
        if last is not None:
            epoch, value = last
            axes.annotate(
                f"{value:.4g}",
                (epoch + 1, value),
                textcoords="offset points",
                xytext=(0, 6),
                ha="center",
                fontsize=8,
            )
        quiet(axes, name.replace("_", " "), "epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(frameon=False)


def _plotted(history: Mapping[str, Sequence[Any]]) -> list[str]:
    """The loss first, then the metrics, without their `val_` twins and what is not one number."""
    names = [name for name in history if not name.startswith("val_") and _is_curve(history[name])]
    names += [
        name.removeprefix("val_")
        for name in history
        if name.startswith("val_") and name[4:] not in history and _is_curve(history[name])
    ]
    return sorted(names, key=lambda name: (name != "loss", name.endswith("_rate"), name))


def _is_curve(values: Sequence[Any]) -> bool:
    return all(isinstance(value, (int, float)) for value in values)


def _last(
    name: str, measured: Mapping[str, Sequence[int]], history: Mapping[str, Sequence[Any]]
) -> tuple[int, float] | None:
    """The last value of the curve that matters: validation if there is one."""
    key = f"val_{name}" if f"val_{name}" in history else name
    if not history[key] or not math.isfinite(history[key][-1]):
        return None
    return measured[key][-1], float(history[key][-1])


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value.tolist()]
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return [_value(item) for item in value]
    return float(value) if value in _NOT_FINITE else value
