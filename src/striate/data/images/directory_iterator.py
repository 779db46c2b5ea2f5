"""Batches of changed images from a folder with a folder per class."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.data.images.file_iterator import SUFFIXES, FileIterator, Options, check_class_mode
from striate.data.images.iterator import part_of
from striate.errors import DataError, message

if TYPE_CHECKING:
    from striate.data.images.generator import ImageDataGenerator

_CLASS_MODES = ("categorical", "binary", "sparse", "input", None)


class DirectoryIterator(FileIterator):
    """Batches of changed images from `directory/<class>/.../<image>`.

    The class folders are numbered by name, or in the order of `classes`; files of a class are
    taken by name, from the folders inside it too. Prints how many it found.

    Args:
        directory: the folder of class folders.
        generator: changes the images.
        classes: names of the class folders; by default all there are.
        follow_links: enters folders that are links.
        options: those of `Options`. Of each class the first files are for validation.

    Raises:
        DataError: no such folder, or no images in it.
        UnknownNameError: another class mode, colour mode or interpolation.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        generator: ImageDataGenerator,
        classes: Sequence[str] | None = None,
        follow_links: bool = False,
        **options: Any,
    ) -> None:
        chosen = Options(data_format=generator.data_format, **options)
        check_class_mode(chosen.class_mode, _CLASS_MODES)
        self.directory = os.fspath(directory)
        names = list(classes) if classes else class_folders(self.directory)
        part = part_of(generator, chosen.subset)
        found = [class_files(self.directory, name, SUFFIXES, follow_links, part) for name in names]
        self.class_indices = {name: number for number, name in enumerate(names)}
        self.filenames = [name for files in found for name in files]
        self.classes = np.repeat(np.arange(len(names), dtype="int32"), [len(f) for f in found])
        count = len(self.filenames)
        sys.stdout.write(f"Found {count} images belonging to {len(names)} classes.\n")
        if not count:
            raise _empty(self.directory, names)
        paths = [os.path.join(self.directory, name) for name in self.filenames]
        super().__init__(paths, generator, chosen, self.classes, len(names))


def class_folders(directory: str) -> list[str]:
    """The names of the folders in a folder, in order.

    Raises:
        DataError: there is no such folder.
    """
    if not Path(directory).is_dir():
        raise DataError(message(directory, "there is no such folder"))
    return sorted(name for name in os.listdir(directory) if Path(directory, name).is_dir())


def class_files(
    directory: str,
    name: str,
    suffixes: tuple[str, ...],
    follow_links: bool = False,
    part: tuple[float, float] = (0.0, 1.0),
) -> list[str]:
    """The files of a class, from its folder and those inside: names that begin with the class.

    Args:
        directory: the folder of class folders.
        name: of the class folder.
        suffixes: what names of files end with, in small letters.
        follow_links: enters folders that are links.
        part: (from, to) of the files in order.

    Raises:
        DataError: there is no such class folder.
    """
    folder = os.path.join(directory, name)
    if not os.path.isdir(folder):
        raise DataError(
            message(
                directory,
                "a class has no folder",
                got={"class": name},
                expected=f"one of {', '.join(class_folders(directory)) or 'none'}",
            )
        )
    found = []
    for place, _, files in sorted(os.walk(folder, followlinks=follow_links)):
        chosen = [os.path.join(place, f) for f in sorted(files) if f.lower().endswith(suffixes)]
        found += [os.path.join(name, os.path.relpath(path, folder)) for path in chosen]
    return found[int(part[0] * len(found)) : int(part[1] * len(found))]


def _empty(directory: str, names: list[str]) -> DataError:
    loose = [file for file in os.listdir(directory) if file.lower().endswith(SUFFIXES)]
    fix = "The images lie in the folder itself: give classes=['.']" if loose else ""
    return DataError(
        message(
            directory,
            "there are no images in the folders of its classes",
            got={"classes": tuple(names[:8])},
            expected=f"files that end with {', '.join(SUFFIXES)}",
            fix=fix,
        )
    )
