"""Everything that decides the result of `striate train`; kept in the run folder's config.json."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from striate.errors import ArgumentError, FormatError, message


@dataclass(frozen=True)
class TrainSettings:
    """The options of `striate train`, each with its value.

    Args:
        data: name of a data set, or path of an `.npz` file.
        model: name of a network.
        epochs: number of passes over the data.
        batch_size: images per step.
        optimizer: its name.
        learning_rate: None for the optimizer's own.
        validation_split: share of the training images kept for validation.
        seed: of weights, order of images and choice of the validation part.
        device: "auto", "cpu", "cuda", ...
        save_every: "epoch", a number of steps, or a time such as "10min".
    """

    data: str
    model: str = "small"
    epochs: int = 10
    batch_size: int = 32
    optimizer: str = "adam"
    learning_rate: float | None = None
    validation_split: float = 0.1
    seed: int = 0
    device: str = "auto"
    save_every: str = "epoch"

    def as_dict(self) -> dict[str, Any]:
        """The options as JSON values."""
        return asdict(self)

    def command(self, out: str) -> str:
        """The command line that repeats the run, every option written out."""
        words = ["striate", "train", self.data]
        for name, value in self.as_dict().items():
            if name != "data" and value is not None:
                words += [option(name), f"{value:g}" if isinstance(value, float) else str(value)]
        return shlex.join([*words, "--out", out])

    def interval(self) -> str | int:
        """`save_every` as `fit` takes it."""
        return int(self.save_every) if self.save_every.isdigit() else self.save_every


OPTIONS = tuple(field.name for field in fields(TrainSettings))


def new_settings(given: Mapping[str, Any]) -> TrainSettings:
    """Settings from the options that were given; those that are None take their defaults."""
    chosen = {name: value for name, value in given.items() if value is not None}
    return TrainSettings(**{**chosen, "data": _resolved(chosen["data"])})


def resumed_settings(old: TrainSettings, given: Mapping[str, Any], where: str) -> TrainSettings:
    """The settings of a run that goes on: its own, with more epochs if they are asked for.

    Raises:
        ArgumentError: an option was given that would make it another run.
    """
    for name, value in given.items():
        if value is None:
            continue
        before, now = getattr(old, name), _resolved(value) if name == "data" else value
        if now == before or (name == "epochs" and now > before):
            continue
        what = "DATA" if name == "data" else option(name)
        raise ArgumentError(
            message(
                f"{where}, {what}",
                "a run goes on as it was begun",
                got={name: now},
                expected=f"{before!r}, or more" if name == "epochs" else repr(before),
                fix=f"Leave out {what}, or begin another run with another --out",
            )
        )
    return replace(old, epochs=given.get("epochs") or old.epochs)


def read_settings(record: Any, where: str) -> TrainSettings:
    """The settings in a config.json.

    Raises:
        FormatError: an option is missing, unknown, or of another type.
    """
    options = record.get("options") if isinstance(record, dict) else None
    known = {field.name: field for field in fields(TrainSettings)}
    if (
        not isinstance(options, dict)
        or set(options) != set(known)
        or not all(_fits(known[name], options[name]) for name in known)
    ):
        raise FormatError(
            message(
                where,
                "these are not the settings of a run",
                expected="what `striate train` wrote there",
                fix="Begin another run with another --out",
            )
        )
    return TrainSettings(**options)


def option(name: str) -> str:
    """`batch_size` -> `--batch-size`."""
    return "--" + name.replace("_", "-")


def default(name: str) -> Any:
    """The default of an option, for the help text."""
    (found,) = (field.default for field in fields(TrainSettings) if field.name == name)
    return None if found is MISSING else found


def _fits(field: Field[Any], value: Any) -> bool:
    """Compares with the written type, such as `int` or `float | None`."""
    allowed = str(field.type).split(" | ")
    if value is None:
        return "None" in allowed
    if type(value) is int and "float" in allowed:
        return True
    return type(value).__name__ in allowed


def _resolved(data: str) -> str:
    """A file by its full path, so that the run can be resumed from any folder."""
    path = Path(data).expanduser()
    return str(path.resolve()) if path.suffix.lower() == ".npz" else data
