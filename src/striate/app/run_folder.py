"""The folder of one training run: what is in it, who may write to it, and what state it is in.

    model.striate      the trained model, written at the end
    history.json, .csv losses and metrics of every epoch, rewritten after each
    config.json        every option, the seeds, the data, the command that repeats the run
    environment.json   versions, machine, device, threads
    log.txt            a line per event, with the time
    checkpoints/       what a run that was stopped goes on from
    health.json        what `--watch` measured inside the layers, rewritten after each epoch
    results.json       the measurements on the test images; its presence says: finished

Files are replaced in one step, so that a crash leaves the old one or the new one.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import platform
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from striate import __version__
from striate.app.reporting import plain
from striate.errors import ArgumentError, FormatError, StorageError, message
from striate.storage import storage_error, write_bytes

try:
    import fcntl
except ImportError:  # Windows: nothing keeps two runs apart there
    fcntl = None  # type: ignore[assignment]

MODEL, HISTORY, TABLE = "model.striate", "history.json", "history.csv"
CONFIG, ENVIRONMENT, LOG = "config.json", "environment.json", "log.txt"
RESULTS, CHECKPOINTS, HEALTH = "results.json", "checkpoints", "health.json"
_LOCK = ".lock"
_OURS = (RESULTS, HEALTH, MODEL, HISTORY, TABLE, CONFIG, ENVIRONMENT, LOG)


class RunFolder:
    """One run's folder; nothing is written before `held`.

    Args:
        path: where it is or shall be.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def __str__(self) -> str:
        return str(self.path)

    @property
    def model(self) -> Path:
        """The model file."""
        return self.path / MODEL

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints."""
        return self.path / CHECKPOINTS

    @property
    def state(self) -> str:
        """ "new", "unfinished", "finished", or "foreign": a folder with other things in it."""
        if self.path.exists() and not self.path.is_dir():
            return "foreign"
        if (self.path / CONFIG).exists():
            return "finished" if (self.path / RESULTS).exists() else "unfinished"
        if not self.path.exists():
            return "new"
        visible = [p for p in self.path.iterdir() if not p.name.startswith(".")]
        return "foreign" if visible else "new"

    def check_free(self, overwrite: bool) -> None:
        """Whether a new run may use the folder.

        Raises:
            ArgumentError: it holds a run and may not be overwritten, or holds other things.
        """
        state = self.state
        if state == "new" or (overwrite and state in ("finished", "unfinished")):
            return
        if state == "foreign":
            fault = "this folder holds other things than a run"
            if not self.path.is_dir():
                fault = "this is a file, not a folder"
            raise ArgumentError(message(str(self), fault, fix="Give another --out"))
        more = "" if state == "unfinished" else " with more --epochs"
        raise ArgumentError(
            message(
                str(self),
                "this folder holds a finished run"
                if state == "finished"
                else "this folder holds a run that was not finished",
                fix=f"Use --resume to go on{more}, another --out for a new run, "
                "or --overwrite to replace it",
            )
        )

    def config(self) -> dict[str, Any]:
        """What config.json holds.

        Raises:
            ArgumentError: there is no run.
            FormatError: the file is damaged.
        """
        if self.state in ("new", "foreign"):
            raise ArgumentError(
                message(
                    str(self),
                    "there is no run to resume",
                    expected=f"a folder with the {CONFIG} of `striate train`",
                    fix="Leave out --resume to begin one",
                )
            )
        return self.read_json(CONFIG)

    def read_json(self, name: str) -> dict[str, Any]:
        """One of the JSON files.

        Raises:
            FormatError: it cannot be read.
        """
        path = self.path / name
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise FormatError(message(str(path), "this file cannot be read as JSON")) from error
        if not isinstance(found, dict):
            raise FormatError(message(str(path), "this file does not hold a JSON object"))
        return found

    def write_json(self, name: str, record: dict[str, Any]) -> None:
        """Replaces one of the JSON files.

        Raises:
            StorageError: it cannot be written; what stood there is untouched.
        """
        text = json.dumps(plain(record), indent=2, allow_nan=False) + "\n"
        write_bytes(self.path / name, text.encode())

    def write_history(self, text: str, records: list[dict[str, Any]]) -> None:
        """Replaces history.json (its text is given) and history.csv (a row per epoch)."""
        write_bytes(self.path / HISTORY, text.encode())
        columns = list(dict.fromkeys(name for record in records for name in record))
        table = io.StringIO()
        writer = csv.DictWriter(table, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
        write_bytes(self.path / TABLE, table.getvalue().encode())

    def clear(self) -> None:
        """Deletes the files of a run, and nothing else.

        Raises:
            StorageError: one of them cannot be deleted.
        """
        old = [self.path / name for name in _OURS]
        if self.checkpoints.is_dir():
            old += sorted(self.checkpoints.glob("checkpoint-*.zip"))
        for path in old:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise storage_error(path, error) from error

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Makes the folder, and keeps other processes from training into it.

        The lock is the system's, so it is gone when this process is, however it ends. Where a
        file system has no locks, nothing is checked.

        Raises:
            StorageError: the folder cannot be made, or another process holds it.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            file = open(self.path / _LOCK, "w", encoding="utf-8")  # noqa: SIM115 (closed below)
        except OSError as error:
            raise storage_error(self.path, error) from error
        with file:
            if not _lock(file):
                raise StorageError(
                    message(
                        str(self),
                        "another process is training into this folder",
                        fix="Wait until it has ended, or give another --out",
                    )
                )
            yield


class Log:
    """log.txt: a line per event, with the time; also what is printed as warnings.

    Args:
        path: the file; lines are appended.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, text: str) -> None:
        """Appends a line. A full disk loses lines of the log, never the run."""
        time = datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
        with contextlib.suppress(OSError), open(self.path, "a", encoding="utf-8") as file:
            file.write(f"{time}  {text}\n")


def environment() -> dict[str, Any]:
    """Versions and machine, for environment.json."""
    import numpy
    import torch

    return {
        "striate": __version__,
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "cuda": torch.version.cuda,
        "devices": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
    }


def free_name(parent: Path, name: str) -> Path:
    """`runs/digits`, or `runs/digits-2` if that is taken, and so on."""
    number = 1
    while True:
        path = parent / (name if number == 1 else f"{name}-{number}")
        if not path.exists():
            return path
        number += 1


def _lock(file: IO[str]) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
