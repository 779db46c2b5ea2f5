"""Writing a picture into a file, in the format that the file's name ends with."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from striate import errors
from striate.storage.atomic import write_bytes

FORMATS = ("png", "svg", "pdf")


def save_picture(
    path: str | os.PathLike[str], content: Callable[[str], bytes], where: str = "save"
) -> None:
    """Writes what `content` makes for the format that the name of the file ends with.

    Args:
        path: a file name that ends with .png, .svg or .pdf.
        content: format -> the bytes of the file.
        where: what messages begin with.

    Raises:
        ArgumentError: another ending.
        StorageError: the file cannot be written.
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise errors.ArgumentError(
            errors.message(
                where,
                "not a format of pictures",
                got={"path": str(path)},
                expected="a name that ends with .png, .svg or .pdf",
            )
        )
    write_bytes(path, content(ending))
