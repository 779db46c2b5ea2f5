"""`Progbar`: the progress line for loops of one's own."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from striate.training.progress import Meter, choose_display, refresh_is_due


class Progbar:
    """The line that `fit` shows, for a training loop of one's own; as Keras's.

    Args:
        target: the number of steps; None if unknown.
        width: accepted; the bar has one width.
        verbose: 1: one line drawn over itself (in a file: one at the end), 2: at the end, 0: none.
        interval: accepted; the line is drawn at most ten times a second.
        stateful_metrics: names whose value is shown as it is; others are averaged over steps.
        unit_name: accepted; steps are called steps.

    Example:
        >>> bar = Progbar(2, verbose=0)
        >>> for step in range(2):
        ...     bar.update(step + 1, values=[("loss", 0.5 * step)])
        >>> bar.logs
        {'loss': 0.25}
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        self.target = target
        self.stateful_metrics = set(stateful_metrics or ())
        self._meter = Meter(target)
        self._display = choose_display(verbose)
        self._display.begin("")
        self._sums: dict[str, tuple[Any, float]] = {}
        self._drawn = time.monotonic()

    @property
    def logs(self) -> dict[str, Any]:
        """What is shown: the mean of each metric so far."""
        return {name: total / weight for name, (total, weight) in self._sums.items()}

    def update(
        self,
        current: int,
        values: Iterable[tuple[str, Any]] | None = None,
        finalize: bool | None = None,
    ) -> None:
        """Says that `current` steps are done.

        Args:
            current: steps done so far.
            values: (name, value) of metrics since the last call.
            finalize: whether this is the end; by default when all steps are done.
        """
        steps = max(current - self._meter.done, 1)
        for name, value in values or ():
            total, weight = self._sums.get(name, (0.0, 0.0))
            number = float(value)
            if name in self.stateful_metrics:
                total, weight = 0.0, 0.0
            self._sums[name] = (total + number * steps, weight + steps)
        now = self._meter.advance(current)
        ends = finalize if finalize is not None else current == self.target
        if ends:
            self._display.finish(self._meter, self.logs)
        elif self._display.live and refresh_is_due(self._drawn, now):
            self._drawn = now
            self._display.update(self._meter, self.logs)

    def add(self, n: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Says that `n` more steps are done."""
        self.update(self._meter.done + n, values)
