"""Checks of arguments that several layer families share."""

from __future__ import annotations

from striate import errors


def check_data_format(kind: str, data_format: str | None) -> None:
    """Raises ArgumentError unless `data_format` is None or "channels_last"."""
    if data_format in (None, "channels_last"):
        return
    fix = ""
    if data_format == "channels_first":
        fix = "Transpose the images: x.transpose(0, 2, 3, 1), and leave data_format out"
    raise errors.ArgumentError(
        errors.message(
            kind,
            "`data_format` is not valid",
            got={"data_format": data_format},
            expected='"channels_last": arrays are (N, H, W, C) everywhere',
            fix=fix,
        )
    )
