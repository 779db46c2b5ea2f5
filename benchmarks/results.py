"""Files of results: everything as JSON, and the same as a table to read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks import report

FOLDER = Path(__file__).resolve().parent / "results"


def path(what: str, chip: str, threads: int) -> Path:
    """Where the results of a kind of measurement on a chip belong, without an ending."""
    import torch

    version = torch.__version__.partition("+")[0]
    return FOLDER / f"{what}_{chip}_{threads}threads_torch{version}"


class Store:
    """One file of results, written after each case.

    Cases that an earlier run left in the file stay unless they are measured anew, so that a long
    run may be made in pieces. Each case says when and by which command it was measured.
    """

    def __init__(self, place: Path, what: str, where: dict[str, Any]) -> None:
        self.place, self.where = place, where
        self.record: dict[str, Any] = {"what": what, "machine": where, "limits": {}, "cases": []}
        file = self._file("json")
        if file.exists():
            earlier = json.loads(file.read_text(encoding="utf-8"))
            self.record["cases"] = earlier["cases"]
            self.record["limits"] = earlier["limits"]

    def limits(self, found: dict[str, list[float]]) -> None:
        """Takes the limits of this run."""
        self.record["limits"] = found
        self.write()

    def add(self, case: dict[str, Any]) -> None:
        """Takes a case; an earlier one of the same name and batch is replaced."""
        key = _key(case)
        kept = [c for c in self.record["cases"] if _key(c) != key]
        run = {name: self.where[name] for name in ("command", "utc", "commit", "load_at_start")}
        self.record["cases"] = [*kept, {**case, "run": run, "limits": self.record["limits"]}]
        self.write()

    def write(self) -> None:
        """Writes both files."""
        self.place.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(rounded(self.record), indent=1)
        self._file("json").write_text(text + "\n", encoding="utf-8")
        self._file("txt").write_text(report.text(self.record), encoding="utf-8")

    def _file(self, ending: str) -> Path:
        return self.place.with_name(f"{self.place.name}.{ending}")


def _key(case: dict[str, Any]) -> tuple[Any, ...]:
    return case["what"], case["case"], case["batch"], case.get("device", "")


def rounded(value: Any) -> Any:
    """Numbers with 5 digits, which is more than any of these measurements has."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return value
