"""Folders of images, and windows of a series, as `tf.data.Dataset`s of batches."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.data.images import img_to_array, load_img
from striate.data.images.folders import (
    LabelledFiles,
    check_split,
    labelled_files,
    say_found,
    say_part,
)
from striate.data.series import windows
from striate.errors import ArgumentError, message, unknown_name
from striate.keras import config

if TYPE_CHECKING:
    import torch

_LABEL_MODES = ("int", "categorical", "binary")
_INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Batches of images, or of (images, labels), from a folder with a folder per class.

    A `tf.data.Dataset` whose `class_names` and `file_paths` say what is in it. The same seed gives
    the same split as in Keras. Where Keras mixes images within 8 batches, all of them are mixed,
    anew in each iteration.

    Shapes: images (batch, height, width, channels) float32, 0 to 255; labels (batch,) int32 for
    "int", (batch, classes) float32 for "categorical", (batch, 1) float32 for "binary"

    Args:
        directory, labels, class_names, follow_links: see `labelled_files`.
        label_mode: "int", "categorical", "binary", or None for images alone.
        color_mode: "rgb", "rgba" or "grayscale".
        batch_size: None gives images one by one.
        image_size: (height, width), or one number for both.
        shuffle: mixes the images.
        seed: of the order.
        validation_split, subset: the last part is for "validation", the rest for "training";
            "both" gives the two.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5", as TensorFlow
            has them.
        crop_to_aspect_ratio, pad_to_aspect_ratio: keep proportions, by cutting or by a border.
        data_format: "channels_last" or "channels_first".
        format: accepted.
        verbose: prints how many files there are.

    Raises:
        DataError: no such folder, or no images.
        ArgumentError: a split without a part or a seed, "binary" without two classes.
        UnknownNameError: another label mode or interpolation.
    """
    _check_words(label_mode, interpolation)
    check_split(validation_split, subset, shuffle, seed)
    files = labelled_files(directory, label_mode and labels, class_names, follow_links)
    if verbose:
        say_found(files)
    _check_binary(label_mode, files)
    seed = int(np.random.randint(10**6)) if seed is None else seed
    ratio = "crop" if crop_to_aspect_ratio else "pad" if pad_to_aspect_ratio else ""
    read = _Reader(color_mode, image_size, interpolation, ratio, data_format).read
    found = []
    for name, part in _parts(files.mixed(seed) if shuffle else files, validation_split, subset):
        if verbose and name:
            say_part(part, name)
        order = seed if shuffle and name != "validation" else None
        found.append(_batches(part, read, label_mode, batch_size, order))
    return found if subset == "both" else found[0]


def _parts(
    files: LabelledFiles, split: float | None, subset: str | None
) -> list[tuple[str, LabelledFiles]]:
    if subset is None or split is None:
        return [("", files)]
    names = ("training", "validation") if subset == "both" else (subset,)
    return [(name, files.part(split, name)) for name in names]


def _check_words(label_mode: str | None, interpolation: str) -> None:
    where = "image_dataset_from_directory"
    if label_mode is not None and label_mode not in _LABEL_MODES:
        raise unknown_name(where, "label_mode", label_mode, _LABEL_MODES)
    if interpolation not in _INTERPOLATIONS:
        raise unknown_name(where, "interpolation", interpolation, _INTERPOLATIONS)


def _check_binary(label_mode: str | None, files: LabelledFiles) -> None:
    if label_mode == "binary" and len(files.class_names or ()) != 2:
        raise ArgumentError(
            message(
                "image_dataset_from_directory",
                'label_mode="binary" needs two classes',
                got={"class_names": files.class_names},
                expected="2 classes",
                fix='Use label_mode="int" or "categorical"',
            )
        )


class _Reader:
    """Image files as tensors of one size, resized as TensorFlow does it."""

    def __init__(
        self,
        color_mode: str,
        size: Any,
        interpolation: str,
        ratio: str,
        data_format: str | None,
    ) -> None:
        self.color_mode, self.interpolation, self.ratio = color_mode, interpolation, ratio
        height, width = (size, size) if isinstance(size, int) else size
        self.size = (int(height), int(width))
        self.first = (data_format or config.image_data_format()) == "channels_first"

    def read(self, path: str) -> torch.Tensor:
        """One file."""
        import torch

        from striate.ops import resampling

        pixels = torch.from_numpy(np.array(img_to_array(load_img(path, self.color_mode))))
        image = pixels.permute(2, 0, 1)[None]
        if self.ratio == "crop":
            image = resampling.crop_to_aspect(image, self.size)
        elif self.ratio == "pad":
            image = resampling.pad_to_aspect(image, self.size, 0.0)
        if tuple(image.shape[2:]) != self.size:
            image = resampling.resize(image, self.size, self.interpolation)
        return image[0] if self.first else image[0].permute(1, 2, 0)


def _batches(
    files: LabelledFiles,
    read: Callable[[str], torch.Tensor],
    label_mode: str | None,
    batch_size: int | None,
    seed: int | None,
) -> Any:
    """A dataset of batches; with a seed mixed anew in each iteration."""
    import torch

    count = len(files.file_paths)
    size = batch_size or 1
    targets = _targets(files, label_mode)
    turns = itertools.count()

    def make() -> Iterator[Any]:
        order = np.arange(count)
        if seed is not None:
            order = np.random.default_rng([seed, next(turns)]).permutation(count)
        with ThreadPoolExecutor(cpu_count() or 1, thread_name_prefix="striate-image") as pool:
            for start in range(0, count, size):
                at = order[start : start + size]
                images = torch.stack(list(pool.map(read, [files.file_paths[i] for i in at])))
                one = images if targets is None else (images, torch.from_numpy(targets[at]))
                yield _as_elements(one, batch_size is None)

    dataset = _dataset(make, -(-count // size), batch_size is not None)
    dataset.class_names = files.class_names
    dataset.file_paths = files.file_paths
    return dataset


def _targets(files: LabelledFiles, label_mode: str | None) -> np.ndarray[Any, Any] | None:
    if label_mode is None or files.labels is None:
        return None
    if label_mode == "categorical":
        return np.asarray(np.eye(len(files.class_names or ()), dtype="float32")[files.labels])
    if label_mode == "binary":
        return files.labels.astype("float32")[:, np.newaxis]
    return files.labels.astype("int32")


def _as_elements(batch: Any, single: bool) -> Any:
    from striate.keras.tensorflow.data import elements

    found = elements.element(batch)
    return elements.each(lambda leaf: leaf[0], found) if single else found


def _dataset(make: Callable[[], Iterator[Any]], count: int, open_batch: bool) -> Any:
    from striate.keras.tensorflow.data import Dataset

    return Dataset(make, count, open_batch=open_batch)


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Any:
    """Batches of windows of a series and the target at the beginning of each; see `windows`.

    Args:
        data, targets, sequence_length, sequence_stride, sampling_rate, start_index, end_index:
            as for `striate.data.series.windows`.
        batch_size: windows per batch; None gives them one by one.
        shuffle: mixes the windows, anew in each iteration.
        seed: of the order.
        format: accepted.

    Raises:
        ArgumentError: a length, stride or rate that does not fit the series.
    """
    from striate.keras.tensorflow.data import Dataset

    x, y = windows(
        data, targets, sequence_length, sequence_stride, sampling_rate, start_index, end_index
    )
    made = Dataset.from_tensor_slices(x if y is None else (x, y))
    made = made.shuffle(max(len(x), 1), seed) if shuffle else made
    return made if batch_size is None else made.batch(batch_size)
