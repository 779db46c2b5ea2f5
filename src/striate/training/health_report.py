"""HealthReport: what `fit(..., watch=True)` measured, as data, as a plot and as advice."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DEAD, _SATURATED = 0.25, 0.5
_VANISHING = 1e-4
_EXPLODING = 10.0
_LARGE_UPDATE, _SMALL_UPDATE = 0.1, 1e-6
_MOST_NAMED = 10

_PANELS = (
    ("gradient", "gradient norm", "log"),
    ("update", "update / weights", "log"),
    ("dead", "dead units", "linear"),
    ("saturated", "saturated values", "linear"),
)


@dataclass(frozen=True)
class HealthFinding:
    """Something that hinders training.

    Args:
        layer: where.
        finding: what it is, with its numbers.
        reason: why it hinders.
        remedy: what to try.
    """

    layer: str
    finding: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.layer}: {self.finding}. {self.reason}. {self.remedy}."


@dataclass(frozen=True)
class HealthReport:
    """The measurements of each epoch.

    Args:
        epochs: per epoch `{"epoch": number from 0, "layers": {layer: measurements}}`. Of a layer
            with weights: `gradient` (mean norm over the steps measured), `gradient_max`,
            `gradient_not_finite` (steps, if any), `update` (mean norm of the change over the norm
            of the weights), `weight` (their norm), `values` (their number). Of a rectifier:
            `units`, `dead` (those that gave 0 for all samples seen in the epoch). Of tanh and
            sigmoid: `saturated` (share of values at an end of the range).

    Example:
        >>> measured = {"relu": {"activation": "relu", "units": 8, "dead": 6}}
        >>> report = HealthReport(({"epoch": 0, "layers": measured},))
        >>> report.advice()[0].finding
        '6 of 8 units are dead'
    """

    epochs: tuple[dict[str, Any], ...] = ()

    @property
    def layers(self) -> list[str]:
        """Every layer that was measured, in the order of the network."""
        return list(dict.fromkeys(name for epoch in self.epochs for name in epoch["layers"]))

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {"epochs": [dict(epoch) for epoch in self.epochs]}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> HealthReport:
        """The inverse of `to_dict`."""
        return cls(tuple(dict(epoch) for epoch in record["epochs"]))

    def advice(self) -> list[HealthFinding]:
        """What hinders training, judged by the last epoch, the gravest kind first."""
        if not self.epochs:
            return []
        last = self.epochs[-1]["layers"]
        found = [*self._not_finite(), *_exploding(last), *_vanishing(last), *_units(last)]
        return [*found, *self._updates(last)]

    def _not_finite(self) -> list[HealthFinding]:
        found = []
        for name in self.layers:
            rows = [epoch["layers"].get(name, {}) for epoch in self.epochs]
            steps = sum(row.get("gradient_not_finite", 0) for row in rows)
            if steps:
                found.append(
                    HealthFinding(
                        name,
                        f"its gradient was not finite in {steps} of the steps measured",
                        "One such step makes the weights NaN, from which they do not recover",
                        "Lower the learning rate, use clipnorm=1.0 in the optimizer, or "
                        "callbacks=[TerminateOnNaN()] to find where it begins",
                    )
                )
        return found

    def _updates(self, last: Mapping[str, Any]) -> list[HealthFinding]:
        found = [
            HealthFinding(
                name,
                f"a step changes its weights by {row['update']:.0%} of their size",
                "Steps this large jump over minima; about 0.1 % is usual",
                "Lower the learning rate",
            )
            for name, row in last.items()
            if row.get("update", 0.0) > _LARGE_UPDATE
        ]
        most = [
            row["update"] for e in self.epochs for row in e["layers"].values() if "update" in row
        ]
        if most and max(most) < _SMALL_UPDATE:
            found.append(
                HealthFinding(
                    "all layers",
                    f"a step changes weights by at most {max(most):.1e} of their size",
                    "The network hardly moves; about 0.1 % is usual",
                    "Raise the learning rate; find_learning_rate suggests one",
                )
            )
        return found

    def plot(self) -> Figure:
        """A panel per measurement, a line per layer over the epochs; the most extreme are named."""
        from striate.figures import panels

        shown = [panel for panel in _PANELS if self._lines(panel[0])]
        picture, places = panels(len(shown), most_columns=2, width_inches=5.2)
        for axes, (what, title, scale) in zip(places, shown, strict=True):
            _draw(axes, self._lines(what), title, scale)
        return picture

    def plot_one(self, what: str) -> Figure:
        """One of the panels: "gradient", "update", "dead" or "saturated"."""
        from striate.figures import panels

        ((_, title, scale),) = [panel for panel in _PANELS if panel[0] == what]
        picture, (axes,) = panels(1, width_inches=5.2)
        _draw(axes, self._lines(what), title, scale)
        return picture

    @property
    def measured(self) -> list[str]:
        """Which panels there are."""
        return [what for what, _, _ in _PANELS if self._lines(what)]

    def _lines(self, what: str) -> dict[str, tuple[list[int], list[float]]]:
        """Layer -> (epochs from 1, values)."""
        found: dict[str, tuple[list[int], list[float]]] = {}
        for epoch in self.epochs:
            for name, row in epoch["layers"].items():
                value = row["dead"] / row["units"] if what == "dead" and "dead" in row else None
                value = row.get(what) if what != "dead" else value
                if value is not None:
                    x, y = found.setdefault(name, ([], []))
                    x.append(epoch["epoch"] + 1)
                    y.append(value)
        return found

    def __str__(self) -> str:
        found = self.advice()
        if not self.epochs:
            return "training health: nothing was measured"
        head = f"training health: {len(self.layers)} layers, {len(self.epochs)} epochs"
        return "\n".join([head, *(str(f) for f in found)] if found else [f"{head}, nothing found"])

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(v)}</td>" for v in asdict(f).values()) + "</tr>"
            for f in self.advice()
        )
        head = "".join(f"<th>{t}</th>" for t in ("layer", "finding", "reason", "remedy"))
        first = html.escape(str(self).splitlines()[0])
        return f"<b>{first}</b>" + (f"<table><tr>{head}</tr>{rows}</table>" if rows else "")


def _exploding(last: Mapping[str, Any]) -> list[HealthFinding]:
    return [
        HealthFinding(
            name,
            f"its gradient is large: norm {row['gradient']:.3g}, up to {row['gradient_max']:.3g}, "
            f"for weights of norm {row['weight']:.3g}",
            "Gradients larger than the weights throw them far away",
            "Use clipnorm=1.0 in the optimizer, BatchNormalization, or smaller inputs "
            "(Rescaling) and initial weights",
        )
        for name, row in last.items()
        if row.get("gradient", 0.0) > _EXPLODING * max(row.get("weight", 0.0), 1.0)
    ]


def _vanishing(last: Mapping[str, Any]) -> list[HealthFinding]:
    """Compares root mean squares, so that layers of other sizes can be compared."""
    means = {
        name: row["gradient"] / math.sqrt(row["values"])
        for name, row in last.items()
        if "gradient" in row and row.get("values")
    }
    if not means or not max(means.values()):
        return []
    largest = max(means, key=lambda name: means[name])
    return [
        HealthFinding(
            name,
            f"its gradient vanishes: {value / means[largest]:.1e} of that of {largest}, per weight",
            "It learns next to nothing while other layers move",
            "Use relu in place of tanh and sigmoid, BatchNormalization, residual connections, "
            'or kernel_initializer="he_normal"',
        )
        for name, value in means.items()
        if value < _VANISHING * means[largest]
    ]


def _units(last: Mapping[str, Any]) -> list[HealthFinding]:
    found = []
    for name, row in last.items():
        if row.get("dead", 0) >= _DEAD * row.get("units", 1) and row.get("dead"):
            found.append(
                HealthFinding(
                    name,
                    f"{row['dead']} of {row['units']} units are dead",
                    "They give 0 for every sample seen, so no gradient reaches their weights",
                    "Lower the learning rate, put BatchNormalization before the activation, use "
                    'kernel_initializer="he_normal", or activation="leaky_relu"',
                )
            )
        if row.get("saturated", 0.0) >= _SATURATED:
            found.append(
                HealthFinding(
                    name,
                    f"{row['saturated']:.0%} of its {row['activation']} values are saturated",
                    "At the ends of the range the slope is almost 0, so gradients vanish there",
                    "Scale the inputs (Rescaling, Normalization), put BatchNormalization before "
                    'it, use smaller initial weights, or activation="relu"',
                )
            )
    return found


def _draw(
    axes: Any, lines: Mapping[str, tuple[Sequence[int], Sequence[float]]], title: str, scale: str
) -> None:
    from striate.figures import MUTED, as_text, colour, quiet

    quiet(axes, title, "epoch")
    ranked = sorted(lines, key=lambda name: -lines[name][1][-1])
    half = _MOST_NAMED // 2
    many = len(lines) > _MOST_NAMED
    named = [*ranked[:half], *ranked[-half:]] if many else list(lines)
    for name in [n for n in lines if n not in named]:
        axes.plot(*lines[name], color=MUTED, alpha=0.4, linewidth=0.8)
    for i, name in enumerate(named):
        axes.plot(*lines[name], color=colour(i), label=as_text(name), marker="o", ms=3)
    if scale == "log" and any(v > 0 for _, values in lines.values() for v in values):
        axes.set_yscale("log")
    elif scale == "linear":
        axes.set_ylim(-0.03, 1.03)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, fontsize=7)
