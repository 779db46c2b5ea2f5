"""Arguments of constructors: passing them on to the kind, checks that several families share."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from striate import errors
from striate.graph.kinds import Kind

_NOT_ARGUMENTS = ("self", "kwargs", "data_format", "__class__")

FILLED_BY_CALLS = ("call", "graph")  # fields of a kind that its calls fill in


def keras_arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a constructor by name, from its `locals()` before anything else is set.

    `data_format` is checked and left out: a kind has no such field.
    """
    check_data_format(type(values["self"]).__name__, values.get("data_format"))
    return {name: value for name, value in values.items() if name not in _NOT_ARGUMENTS}


def arguments_in(kind: Kind) -> dict[str, Any]:
    """The constructor's arguments of a layer of this kind."""
    fields = {f.name: getattr(kind, f.name) for f in dataclasses.fields(kind)}
    return {name: value for name, value in fields.items() if name not in FILLED_BY_CALLS}


def check_data_format(kind: str, data_format: str | None) -> None:
    """Raises ArgumentError unless `data_format` is None or "channels_last"."""
    if data_format in (None, "channels_last"):
        return
    fix = ""
    if data_format == "channels_first":
        fix = (
            "Transpose the images: x.transpose(0, 2, 3, 1), and leave data_format out; or wrap the"
            " layer: layers.ChannelsFirst(layer)"
        )
    raise errors.ArgumentError(
        errors.message(
            kind,
            "`data_format` is not valid",
            got={"data_format": data_format},
            expected='"channels_last": arrays are (N, H, W, C) everywhere',
            fix=fix,
        )
    )
