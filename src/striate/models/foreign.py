"""Files that are not `.striate`: the one place where models hands them over to `formats`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from striate.storage.contents import FOREIGN, content_of

if TYPE_CHECKING:
    from striate.models.model import Model


def is_foreign(path: str | os.PathLike[str]) -> bool:
    """Whether a file is one that `formats` knows, by its content."""
    return content_of(path) in FOREIGN


def load_weights(
    model: Model,
    path: str | os.PathLike[str],
    *,
    skip_mismatch: bool = False,
    by_name: bool = False,
) -> None:
    """Sets the weights of a model from a Keras file; see `formats.keras_files`."""
    from striate.formats import keras_files

    keras_files.load_weights(model, Path(path), skip_mismatch=skip_mismatch, by_name=by_name)
