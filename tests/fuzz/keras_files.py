"""Opens changed Keras files by the ten thousand, in processes of their own, under watch.

    python -m tests.fuzz.keras_files --count 100000 --seed 1 --shared ../shared/keras_files

A run fails on anything but a model or one of striate's own errors: another exception, a crash, more
than 5 seconds, more than 2 GB of memory, or a file, program or connection that is opened besides
the file itself. The seeds, the numbers and the counts go into a file.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

SECONDS = 5.0
MEMORY_BYTES = 2 << 30
MEMORY = "! more than 2 GB"
RESULTS = Path("keras_files_fuzzed.json")
WATCHED = ("open", "os.system", "subprocess.Popen", "socket.connect", "exec", "marshal.loads")


class Watch:
    """Notes what is opened or run while a file is being opened."""

    def __init__(self) -> None:
        self.allowed: str | None = None
        self.seen: list[str] = []
        sys.addaudithook(self.hook)

    def hook(self, event: str, details: tuple[Any, ...]) -> None:
        if self.allowed is None or event not in WATCHED:
            return
        if event == "open" and str(details[0]) == self.allowed:
            return
        self.seen.append(f"{event} {str(details[0])[:200]}")


def opened(path: Path) -> str:
    """What becomes of one file: "model", or the class of the error."""
    import striate as st

    try:
        st.load_model(path)
    except st.StriateError as error:
        return type(error).__name__
    return "model"


def watched(path: Path, watch: Watch) -> str:
    """What becomes of one file; findings begin with "!"."""
    watch.allowed, watch.seen = str(path), []
    began = time.process_time()
    try:
        outcome = opened(path)
    except BaseException as error:
        outcome = f"! {type(error).__name__}: {str(error)[:300]}"
    seconds = time.process_time() - began
    watch.allowed = None
    if seconds > SECONDS:
        outcome = f"! took {seconds:.1f} s of computing"
    if watch.seen:
        outcome = f"! opened {sorted(set(watch.seen))[:4]}"
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > MEMORY_BYTES:
        outcome = MEMORY
    return outcome


def limit_memory() -> None:
    """From here on the process may take `MEMORY_BYTES` more."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def work(connection: Connection, seed: int, first: int, last: int, shared: str | None) -> None:
    """Opens inputs `first` to `last` and reports each; runs in a process of its own."""
    from tests.fuzz import mutations, seeds

    warnings.simplefilter("ignore")
    corpus = seeds.corpus(Path(shared) if shared else None)
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        for data in corpus.values():  # imports happen now
            path.write_bytes(data)
            opened(path)
        for number in range(200):
            path.write_bytes(mutations.mutant(seed + 1000, number, corpus)[1])
            try:
                opened(path)
            except Exception:
                continue
        limit_memory()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        for number in range(first, last):
            connection.send(("start", number))
            signal.setitimer(signal.ITIMER_REAL, 4 * SECONDS)
            name, data = mutations.mutant(seed, number, corpus)
            path.write_bytes(data)
            outcome = watched(path, watch)
            signal.setitimer(signal.ITIMER_REAL, 0)
            connection.send(("done", number, name, outcome))
            if outcome == MEMORY:  # the peak stays: the rest needs a process of its own
                connection.send(("again",))
                return
    connection.send(("end",))


def listen(
    ours: Connection,
    number: int,
    counts: Counter[str],
    findings: list[dict[str, Any]],
    began: float | None,
) -> tuple[int, str]:
    """Counts what a process reports: (its last input, "end", "again" or "crashed")."""
    current = number
    while True:
        try:
            report = ours.recv()
        except EOFError:
            return current, "crashed"
        if report[0] in ("end", "again"):
            return current, report[0]
        current = report[1]
        if report[0] == "done":
            _, _, name, outcome = report
            counts[outcome if not outcome.startswith("!") else "finding"] += 1
            if outcome.startswith("!"):
                findings.append({"number": current, "from": name, "what": outcome[2:]})
                print(findings[-1])  # now, since a stopped run writes no record
            if began is not None and current % 5000 == 4999:
                print(current + 1, dict(counts), f"{time.monotonic() - began:.0f} s")


def run(
    count: int, seed: int, shared: str | None, say: bool = False, first: int = 0
) -> dict[str, Any]:
    """Opens the inputs from `first` up to `count`; the record of what became of them."""
    context = multiprocessing.get_context("spawn")
    counts: Counter[str] = Counter()
    findings: list[dict[str, Any]] = []
    number, began = first, time.monotonic()
    while number < count:
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, seed, number, count, shared))
        process.start()
        theirs.close()
        try:
            current, ended = listen(ours, number, counts, findings, began if say else None)
        except KeyboardInterrupt:  # the record says how far it came
            process.terminate()
            break
        process.join()
        if ended == "crashed":
            findings.append({"number": current, "what": f"exit code {process.exitcode}"})
            counts["finding"] += 1
            print(findings[-1])
        number = count if ended == "end" else current + 1
    return {
        "seed": seed,
        "first": first,
        "inputs": counts.total(),
        "counts": dict(sorted(counts.items())),
        "findings": findings[:200],
        "seconds": round(time.monotonic() - began),
    }


def main() -> None:
    """Runs and writes the results file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shared", default=None)
    parser.add_argument("--out", default=str(RESULTS))
    given = parser.parse_args()
    from tests.fuzz import seeds

    found = run(given.count, given.seed, given.shared, say=True, first=given.first)
    corpus = sorted(seeds.corpus(Path(given.shared) if given.shared else None))
    command = " ".join(("python -m tests.fuzz.keras_files", *sys.argv[1:]))
    record = {"command": command, "corpus": corpus, **found}
    Path(given.out).write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(found["counts"]), len(found["findings"]), "findings")


if __name__ == "__main__":
    main()
