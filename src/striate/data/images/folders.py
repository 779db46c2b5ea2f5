"""The image files of a folder with their labels, mixed and split as Keras does it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from striate.data.images.directory_iterator import class_files, class_folders
from striate.errors import ArgumentError, DataError, message

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
_SUBSETS = ("training", "validation", "both")


@dataclass(frozen=True)
class LabelledFiles:
    """Files, a class number for each, and the names of the classes; None without labels."""

    file_paths: list[str]
    labels: np.ndarray[Any, np.dtype[Any]] | None
    class_names: list[str] | None

    def mixed(self, seed: int) -> LabelledFiles:
        """The same in another order, which is Keras's for this seed."""
        order = np.arange(len(self.file_paths))
        np.random.RandomState(seed).shuffle(order)
        return self._at(order)

    def part(self, validation_split: float, subset: str) -> LabelledFiles:
        """The last files, a part of them, for "validation"; those before for "training"."""
        held = int(validation_split * len(self.file_paths))
        cut = len(self.file_paths) - held
        order = np.arange(len(self.file_paths))
        return self._at(order[cut:] if subset == "validation" else order[:cut])

    def _at(self, order: Any) -> LabelledFiles:
        paths = [self.file_paths[i] for i in order]
        labels = None if self.labels is None else self.labels[order]
        return replace(self, file_paths=paths, labels=labels)


def labelled_files(
    directory: str | os.PathLike[str],
    labels: Any = "inferred",
    class_names: Sequence[str] | None = None,
    follow_links: bool = False,
    suffixes: tuple[str, ...] = SUFFIXES,
) -> LabelledFiles:
    """The image files below a folder, in order of their names.

    Args:
        directory: the folder.
        labels: "inferred": of each class folder in it the number; a list: a number per file;
            None: none.
        class_names: the class folders in order; by default all, by name.
        follow_links: enters folders that are links.
        suffixes: what names of files end with.

    Raises:
        DataError: no such folder, no images, or another number of labels than files.
        ArgumentError: `class_names` where labels are not inferred.
    """
    folder = os.fspath(directory)
    if labels == "inferred":
        names = [n for n in class_folders(folder) if not n.startswith(".")]
        names = list(class_names) if class_names is not None else names
        found = [class_files(folder, name, suffixes, follow_links) for name in names]
        numbers = np.repeat(np.arange(len(names), dtype="int32"), [len(f) for f in found])
        files = LabelledFiles([f for part in found for f in part], numbers, names)
    else:
        if class_names is not None:
            raise ArgumentError(
                message(
                    "class_names",
                    "names of class folders are given, but labels are not taken from these",
                    expected='class_names only with labels="inferred"',
                )
            )
        class_folders(folder)  # says that the folder is missing
        files = _given(class_files(folder, "", suffixes, follow_links), labels, folder)
    if not files.file_paths:
        raise DataError(
            message(
                folder,
                "there are no images in it",
                expected=f"files that end with {', '.join(suffixes)}"
                + (", each in the folder of its class" if labels == "inferred" else ""),
            )
        )
    return replace(files, file_paths=[os.path.join(folder, path) for path in files.file_paths])


def _given(paths: list[str], labels: Any, folder: str) -> LabelledFiles:
    if labels is None:
        return LabelledFiles(paths, None, None)
    if isinstance(labels, str) or len(labels) != len(paths):
        raise DataError(
            message(
                folder,
                "the labels do not belong to its images",
                got={"labels": labels if isinstance(labels, str) else len(labels)},
                expected=f'"inferred", None, or a list of {len(paths)} numbers, one per file',
            )
        )
    names = [str(label) for label in sorted(set(labels))]
    return LabelledFiles(paths, np.asarray(labels), names)


def say_found(files: LabelledFiles) -> None:
    """Prints how many files there are, in Keras's words."""
    ending = (
        "." if files.class_names is None else f" belonging to {len(files.class_names)} classes."
    )
    sys.stdout.write(f"Found {len(files.file_paths)} files{ending}\n")


def say_part(files: LabelledFiles, subset: str) -> None:
    """Prints how many files a part has, in Keras's words."""
    sys.stdout.write(f"Using {len(files.file_paths)} files for {subset}.\n")


def check_split(validation_split: float | None, subset: str | None, mixed: bool, seed: Any) -> None:
    """Refuses a split without its part, and one whose two parts could overlap.

    Raises:
        ArgumentError: what is wrong with them.
    """
    got: dict[str, object] = {"validation_split": validation_split, "subset": subset}
    if validation_split is not None and not 0 < validation_split < 1:
        fault, expected = "this is no part of the data", "0 < validation_split < 1"
    elif (validation_split is None) != (subset is None):
        fault, expected = "a split needs its part, and a part its split", "both or neither"
    elif subset is not None and subset not in _SUBSETS:
        fault, expected = "the data have no such part", '"training", "validation" or "both"'
    elif validation_split and mixed and seed is None:
        fault = "without a seed the two parts would be mixed differently and overlap"
        got, expected = {"seed": None}, "the same seed for both parts, or shuffle=False"
    else:
        return
    raise ArgumentError(message("image_dataset_from_directory", fault, got=got, expected=expected))
