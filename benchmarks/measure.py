"""Turns, rounds and what they gave: the measurements of a case."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import equality
from benchmarks.conductor import Case, Process, attempt, prepared, started, without
from benchmarks.contenders import Contender
from benchmarks.work import forward_macs, training_macs

LEAST_WARM_STEPS = 3


@dataclass(frozen=True)
class Plan:
    """How is measured.

    Args:
        what: "training", "inference", "epoch" or "start".
        rounds: turns of each contender.
        turn_s: about how long a turn takes, in seconds.
        threads: cores in use.
        device: "cpu" or "cuda".
        check: whether equality comes first.
    """

    what: str
    rounds: int
    turn_s: float
    threads: int
    device: str
    check: bool = True

    @property
    def trains(self) -> bool:
        """Whether networks are trained."""
        return self.what != "inference"

    @property
    def unit(self) -> str:
        """What a worker is asked to do."""
        return {"inference": "calls", "epoch": "epochs"}.get(self.what, "steps")


def measured(case: Case, contenders: list[Contender], plan: Plan) -> dict[str, Any]:
    """Everything about one case, as JSON values."""
    failed: dict[str, str] = {}
    graph = case.build().graph
    with prepared(case) as folder:
        if plan.what == "start":
            times = _starts(case, contenders, plan, folder, failed)
            differences, rounding, memory, versions = {}, 0.0, {}, {}
        else:
            processes = started(contenders, plan.threads, plan.device, failed)
            try:
                differences, rounding = _checked(processes, case, plan, folder, failed)
                times = _rounds(without(processes, failed), case, plan, folder, failed)
                memory = _memory(without(processes, failed), failed)
                versions = {p.contender.name: p.versions for p in processes}
            finally:
                for process in processes:
                    process.close()
    return {
        "what": plan.what,
        "case": case.title,
        "batch": case.batch,
        "images": case.images,
        "optimizer": case.optimizer if plan.trains else "",
        "parameters": graph.num_parameters,
        "macs": training_macs(graph) if plan.trains else forward_macs(graph),
        "seconds_per_image": times,
        "differences": differences,
        "rounding": rounding,
        "memory": memory,
        "versions": versions,
        "failed": failed,
    }


def _checked(
    processes: list[Process], case: Case, plan: Plan, folder: Path, failed: dict[str, str]
) -> tuple[dict[str, float], float]:
    if not plan.check:
        return {}, 0.0
    check = equality.check_losses if plan.trains else equality.check_outputs
    return check(processes, case, folder, failed)


def _rounds(
    processes: list[Process], case: Case, plan: Plan, folder: Path, failed: dict[str, str]
) -> dict[str, list[float]]:
    counts = {}
    for process in processes:
        ready = attempt(process, failed, process.prepare, case, folder, plan.trains, False)
        counts[process.contender.name] = ready and attempt(process, failed, _turn, process, plan)
    times: dict[str, list[float]] = {p.contender.name: [] for p in without(processes, failed)}
    for number in range(plan.rounds):
        taking_part = without(processes, failed)
        for process in taking_part if number % 2 else reversed(taking_part):
            name = process.contender.name
            count = counts[name]
            seconds = attempt(process, failed, process.seconds, plan.unit, count)
            if seconds:
                images = case.images if plan.what == "epoch" else case.batch
                times[name].append(seconds / (count * images))
    return {name: found for name, found in times.items() if found}


def _turn(process: Process, plan: Plan) -> int:
    """Warms up, and says how many steps fill a turn."""
    if plan.what == "epoch":
        process.seconds(plan.unit, 1)
        return 1
    process.seconds(plan.unit, LEAST_WARM_STEPS)
    several = process.seconds(plan.unit, 2) / 2
    return max(1, round(plan.turn_s / several))


def _starts(
    case: Case, contenders: list[Contender], plan: Plan, folder: Path, failed: dict[str, str]
) -> dict[str, list[float]]:
    """Seconds from the start of a process to the end of its first step; per process, not image."""
    times: dict[str, list[float]] = {}
    for _ in range(plan.rounds):
        for contender in contenders:
            if contender.name in failed:
                continue
            (process,) = started([contender], plan.threads, plan.device, failed) or (None,)
            if process is None:
                continue
            ready = attempt(process, failed, process.prepare, case, folder, True, False)
            if ready and attempt(process, failed, process.seconds, "steps", 1):
                elapsed = time.perf_counter() - process.started
                times.setdefault(contender.name, []).append(elapsed)
            process.close()
    return times


def _memory(processes: list[Process], failed: dict[str, str]) -> dict[str, dict[str, int]]:
    found = {p.contender.name: attempt(p, failed, _asked, p) for p in processes}
    return {name: answer for name, answer in found.items() if answer}


def _asked(process: Process) -> dict[str, int]:
    return process.ask(do="memory")


LIMIT_SIZES = {
    "cpu": {"float32": 2048, "bfloat16": 2048, "bandwidth": 2**25},
    "cuda": {
        "float32": 8192,
        "tf32": 8192,
        "bfloat16": 8192,
        "float16": 8192,
        "bandwidth": 2**28,
    },
}


def _limit(kind: str, size: int, form: str) -> dict[str, Any]:
    return {"precision": kind, "size": size, "form": form}


def limits(plan: Plan) -> dict[str, list[float]]:
    """Multiply-adds per second by precision and form, and bytes per second; one per round."""
    sizes = LIMIT_SIZES[plan.device]
    rows = [
        Contender(f"{kind} {form}", "limits_worker", setting=_limit(kind, size, form))
        for kind, size in sizes.items()
        for form in (("vector",) if kind == "bandwidth" else ("mm", "1x1"))
    ]
    failed: dict[str, str] = {}
    processes = started(rows, plan.threads, plan.device, failed)
    found: dict[str, list[float]] = {p.contender.name: [] for p in processes}
    case = Case("limits", None, 1)
    try:
        for process in processes:
            process.prepare(case, Path(), False, False)
            process.seconds("steps", 3)
        for _ in range(plan.rounds):
            for process in processes:
                kind, size = (process.contender.setting[n] for n in ("precision", "size"))
                each = 3 * 4 * size if kind == "bandwidth" else size**3
                count = max(1, round(plan.turn_s / 2 / process.seconds("steps", 1)))
                rate = each * count / process.seconds("steps", count)
                found[process.contender.name].append(rate)
    finally:
        for process in processes:
            process.close()
    return found
