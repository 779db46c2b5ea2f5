"""Before anything is timed: do the contenders compute the same?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.conductor import Case, Process, attempt, without

STEPS = 20
# Sums are taken in another order everywhere; training enlarges the difference step by step. By how
# much, the controls show: the first contender again, from weights changed by 1e-6 of their size.
# Batch normalisation of few values enlarges it a thousandfold within a few steps.
LOSS_TOLERANCE = 5e-3
CONTROLS = 3
TIMES_ROUNDING = 10
OUTPUT_TOLERANCE = 1e-2  # of the spread of the outputs between images, which may be small


def check_losses(
    processes: list[Process], case: Case, folder: Path, failed: dict[str, str]
) -> tuple[dict[str, float], float]:
    """Largest differences of losses of 20 steps between float32 contenders, and of the controls.

    Same weights, same batches of at most 16, SGD with momentum, no dropout. Who differs from the
    middle value by more than the tolerance, relative to the loss, is out.
    """
    losses: dict[str, np.ndarray] = {}
    exact = [p for p in processes if p.contender.exact]
    for process in exact:
        found = attempt(process, failed, _losses, process, case, folder)
        if found:
            losses[process.contender.name] = np.asarray(found)
    there = without(exact, failed)
    if not there:
        return {}, 0.0
    first = losses[there[0].contender.name]
    size = np.maximum(first, 1.0)
    nudged = [_losses(there[0], case, folder, seed) for seed in range(1, CONTROLS + 1)]
    change = np.abs(np.asarray(nudged) - first).max(axis=0) / size
    allowed = np.maximum(LOSS_TOLERANCE, TIMES_ROUNDING * np.maximum.accumulate(change))
    relative = {name: found / size for name, found in losses.items()}
    return compared(there, relative, allowed, failed), float(change.max())


def check_outputs(
    processes: list[Process], case: Case, folder: Path, failed: dict[str, str]
) -> tuple[dict[str, float], float]:
    """The same for the class probabilities of one batch, relative to their spread over images."""
    outputs: dict[str, np.ndarray] = {}
    exact = [p for p in processes if p.contender.exact]
    for process in exact:
        file = folder / "outputs.npy"
        if attempt(process, failed, _outputs, process, case, folder, file):
            outputs[process.contender.name] = np.load(file)
    if not outputs:
        return {}, 0.0
    middle = np.median(np.stack(list(outputs.values())), axis=0)
    spread = middle.std(0).max()
    scaled = {name: value / spread for name, value in outputs.items()}
    return compared(without(exact, failed), scaled, np.array(OUTPUT_TOLERANCE), failed), 0.0


def _losses(process: Process, case: Case, folder: Path, nudge: int = 0) -> Any:
    process.prepare(case, folder, True, True, nudge)
    return process.ask(do="losses", count=STEPS)["losses"]


def _outputs(process: Process, case: Case, folder: Path, file: Path) -> None:
    process.prepare(case, folder, False, True)
    process.ask(do="outputs", file=str(file))


def compared(
    processes: list[Process],
    values: dict[str, np.ndarray],
    allowed: np.ndarray,
    failed: dict[str, str],
) -> dict[str, float]:
    """Largest differences to the middle value of all; an outlier is written into `failed`."""
    if not values:
        return {}
    middle = np.median(np.stack(list(values.values())), axis=0)
    found = {}
    for process in processes:
        name = process.contender.name
        difference = np.abs(values[name] - middle)
        found[name] = float(difference.max())
        over = ~(difference <= allowed)
        if over.any():
            most = float(np.broadcast_to(allowed, difference.shape)[over].max())
            failed[name] = f"differs from the others by {found[name]:.1e}, more than {most:.0e}"
            process.close()
    return found
