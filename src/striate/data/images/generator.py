"""`ImageDataGenerator`: random changes and scales of images, and batches of them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from striate.data.images.affine import Array, Border
from striate.data.images.array_iterator import ArrayIterator
from striate.data.images.directory_iterator import DirectoryIterator
from striate.data.images.files import is_channels_first
from striate.data.images.standardizing import (
    as_float,
    centred,
    statistics,
    warn_not_fitted,
    whitened,
    whitening,
)
from striate.data.images.table_iterator import TableIterator
from striate.data.images.transforms import Ranges, limits, transformed, zoom_limits
from striate.errors import ArgumentError, DataError, message


@dataclass(eq=False, repr=False)
class ImageDataGenerator:
    """Batches of images, each changed at random and brought to a common scale.

    What the class of this name did in Keras up to 2: with the same seed it draws the same numbers
    and gives the same pixels. New code is better off with the augmentation layers, which run
    inside the model. An image goes through: rotation, shift, shear and zoom as one map; channel
    shift; flips; brightness; then `preprocessing_function`, `rescale`, and the scales.

    As in Keras, `height_shift_range` moves along the columns and `width_shift_range` along the
    rows.

    Args:
        featurewise_center: subtracts the mean of each channel over the set given to `fit`.
        samplewise_center: subtracts each image's own mean.
        featurewise_std_normalization: divides by the set's standard deviation; centres too.
        samplewise_std_normalization: divides by the image's standard deviation; centres too.
        zca_whitening: makes the pixels uncorrelated over the set given to `fit`; centres too.
        zca_epsilon: added to the singular values.
        rotation_range: largest angle, in degrees.
        width_shift_range: a float: the largest shift, as a fraction below 1, else in pixels; a
            whole number: pixels below it; a list: one of these.
        height_shift_range: the same.
        brightness_range: (lowest, highest) factor.
        shear_range: largest angle, in degrees.
        zoom_range: a number z for 1 - z to 1 + z, or (lowest, highest); above 1 shows more.
        channel_shift_range: largest number added to all channels.
        fill_mode: what lies outside: "nearest", "constant", "reflect" or "wrap".
        cval: the number outside for "constant".
        horizontal_flip, vertical_flip: mirrors every second image, by chance.
        rescale: a factor.
        preprocessing_function: image (H, W, C) -> image of the same shape.
        data_format: "channels_last" (the default) or "channels_first".
        validation_split: the part that `subset="validation"` gives, the first of the data.
        interpolation_order: of the spline between pixels, 0 to 5.
        dtype: of the images; float32 by default.

    Raises:
        ArgumentError: a range, a split or an order that cannot be.

    Example:
        >>> import numpy as np
        >>> from striate.data.images import ImageDataGenerator
        >>> batches = ImageDataGenerator(rotation_range=20, horizontal_flip=True).flow(
        ...     np.zeros((50, 8, 8, 3)), np.arange(50), batch_size=32, seed=1)
        >>> x, y = next(batches)
        >>> x.shape, y.shape, len(batches)
        ((32, 8, 8, 3), (32,), 2)
    """

    featurewise_center: bool = False
    samplewise_center: bool = False
    featurewise_std_normalization: bool = False
    samplewise_std_normalization: bool = False
    zca_whitening: bool = False
    zca_epsilon: float = 1e-6
    rotation_range: float = 0
    width_shift_range: Any = 0.0
    height_shift_range: Any = 0.0
    brightness_range: Any = None
    shear_range: float = 0.0
    zoom_range: Any = 0.0
    channel_shift_range: float = 0.0
    fill_mode: str = "nearest"
    cval: float = 0.0
    horizontal_flip: bool = False
    vertical_flip: bool = False
    rescale: float | None = None
    preprocessing_function: Callable[[Any], Any] | None = None
    data_format: str | None = None
    validation_split: float = 0.0
    interpolation_order: int = 1
    dtype: Any = None
    mean: Any = field(default=None, init=False)
    std: Any = field(default=None, init=False)
    zca_whitening_matrix: Any = field(default=None, init=False)

    def __post_init__(self) -> None:
        first = is_channels_first(self.data_format)
        self.data_format = self.data_format or "channels_last"
        self.channel_axis, self.row_axis, self.col_axis = (1, 2, 3) if first else (3, 1, 2)
        self.dtype = self.dtype or "float32"
        self.zoom_range = zoom_limits(self.zoom_range)
        if self.brightness_range is not None:
            self.brightness_range = limits("brightness_range", self.brightness_range)
        if self.validation_split and not 0 < self.validation_split < 1:
            raise ArgumentError(
                message(
                    "ImageDataGenerator",
                    "this is no part of the data",
                    got={"validation_split": self.validation_split},
                    expected="0 < validation_split < 1",
                )
            )
        self._border()
        self._settle_scales()

    def _settle_scales(self) -> None:
        """Scales that need another one turn it on."""
        if self.zca_whitening and self.featurewise_std_normalization:
            _warn_of("zca_whitening", "featurewise_std_normalization", False)
            self.featurewise_std_normalization = False
        if (self.zca_whitening or self.featurewise_std_normalization) and (
            not self.featurewise_center
        ):
            name = "zca_whitening" if self.zca_whitening else "featurewise_std_normalization"
            _warn_of(name, "featurewise_center", True)
            self.featurewise_center = True
        if self.samplewise_std_normalization and not self.samplewise_center:
            _warn_of("samplewise_std_normalization", "samplewise_center", True)
            self.samplewise_center = True

    def _border(self) -> Border:
        return Border(self.fill_mode, self.cval, self.interpolation_order)

    def _ranges(self) -> Ranges:
        return Ranges(
            rotation=self.rotation_range,
            height_shift=self.height_shift_range,
            width_shift=self.width_shift_range,
            shear=self.shear_range,
            zoom=tuple(self.zoom_range),
            channel_shift=self.channel_shift_range,
            brightness=self.brightness_range,
            horizontal_flip=self.horizontal_flip,
            vertical_flip=self.vertical_flip,
        )

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> ArrayIterator:
        """Batches of changed images from arrays; see `ArrayIterator`."""
        return ArrayIterator(
            x,
            y,
            self,
            batch_size=batch_size,
            shuffle=shuffle,
            sample_weight=sample_weight,
            seed=seed,
            save_to_dir=save_to_dir,
            save_prefix=save_prefix,
            save_format=save_format,
            subset=subset,
            ignore_class_split=ignore_class_split,
        )

    def flow_from_directory(
        self,
        directory: str | os.PathLike[str],
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        **options: Any,
    ) -> DirectoryIterator:
        """Batches of changed images from a folder with a folder per class.

        Args:
            directory, classes: see `DirectoryIterator`.
            target_size, color_mode, class_mode, batch_size, shuffle, seed: see `Options`.
            options: `follow_links`, and the others of `Options`.
        """
        return DirectoryIterator(
            directory,
            self,
            target_size=target_size,
            color_mode=color_mode,
            classes=classes,
            class_mode=class_mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            **options,
        )

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: str | os.PathLike[str] | None = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        **options: Any,
    ) -> TableIterator:
        """Batches of changed images from files named in a table.

        Args:
            dataframe, directory, x_col, y_col, weight_col, classes: see `TableIterator`.
            target_size, color_mode, class_mode, batch_size, shuffle, seed: see `Options`.
            options: `validate_filenames`, the others of `Options`, and those of old that
                change nothing today: `has_ext`, `sort`, `drop_duplicates`.
        """
        for name in ("has_ext", "sort", "drop_duplicates"):
            if options.pop(name, None) is not None:
                warnings.warn(f"`{name}` changes nothing any more", DeprecationWarning, 2)
        return TableIterator(
            dataframe,
            directory,
            self,
            x_col=x_col,
            y_col=y_col,
            weight_col=weight_col,
            target_size=target_size,
            color_mode=color_mode,
            classes=classes,
            class_mode="raw" if class_mode == "other" else class_mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            **options,
        )

    def get_random_transform(
        self, img_shape: Sequence[int], seed: int | None = None
    ) -> dict[str, Any]:
        """The numbers of one random change of an image of this shape."""
        random = np.random if seed is None else np.random.RandomState(seed)
        return self._drawn(img_shape, random)[0]

    def _drawn(self, shape: Sequence[int], random: Any, count: int = 1) -> list[dict[str, Any]]:
        ranges = self._ranges()
        height, width = shape[self.row_axis - 1], shape[self.col_axis - 1]
        return [ranges.draw(height, width, random) for _ in range(count)]

    def apply_transform(self, x: Any, transform_parameters: Mapping[str, Any]) -> Array:
        """One image after a change; see `get_random_transform` for its numbers."""
        images = self._transformed(np.asarray(x)[np.newaxis], [transform_parameters])
        return np.asarray(images[0])

    def random_transform(self, x: Any, seed: int | None = None) -> Array:
        """One image after a random change."""
        image = np.asarray(x)
        return self.apply_transform(image, self.get_random_transform(image.shape, seed))

    def _transformed(self, images: Array, parameters: Sequence[Mapping[str, Any]]) -> Array:
        last = np.moveaxis(images, self.channel_axis, 3)
        return np.moveaxis(transformed(last, parameters, self._border()), 3, self.channel_axis)

    def standardize(self, x: Any) -> Array:
        """Images, or one, after `preprocessing_function`, `rescale` and the scales.

        An array of floats is changed in place, as in Keras.
        """
        if self.preprocessing_function is not None:
            x = self.preprocessing_function(x)
        return self._scaled(as_float(x, self.dtype), axis=None)

    def _scaled(self, x: Array, axis: tuple[int, ...] | None) -> Array:
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x = centred(x, axis, divide=self.samplewise_std_normalization)
        if self.featurewise_center:
            if self.mean is None:
                warn_not_fitted("featurewise_center")
            else:
                x -= np.asarray(self.mean, x.dtype)
        if self.featurewise_std_normalization:
            if self.std is None:
                warn_not_fitted("featurewise_std_normalization")
            else:
                x /= np.asarray(self.std + 1e-6, x.dtype)
        if self.zca_whitening:
            if self.zca_whitening_matrix is None:
                warn_not_fitted("zca_whitening")
            else:
                x = whitened(x, self.zca_whitening_matrix)
        return x

    def batch(self, images: Array, random: Any = np.random) -> Array:
        """Images (N, ...) of the generator's type, each changed at random and scaled.

        A class that replaces one of the steps has it called image by image.
        """
        images = images.astype(self.dtype)
        steps = ("get_random_transform", "apply_transform", "standardize")
        if any(
            getattr(type(self), name) is not getattr(ImageDataGenerator, name) for name in steps
        ):
            return np.stack([self._one(image) for image in images])
        parameters = self._drawn(images.shape[1:], random, len(images))
        images = self._transformed(images, parameters)
        if self.preprocessing_function is not None:
            made = [np.asarray(self.preprocessing_function(image)) for image in images]
            images = _same_shape(images, made).astype(self.dtype)
        return self._scaled(images, axis=(1, 2, 3))

    def _one(self, image: Array) -> Array:
        parameters = self.get_random_transform(image.shape)
        return np.asarray(self.standardize(self.apply_transform(image, parameters)), self.dtype)

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Gathers the statistics that `featurewise_...` and `zca_whitening` need.

        Args:
            x: images (N, H, W, C), or channels first.
            augment: gathers them from randomly changed images.
            rounds: how often each image is then changed.
            seed: of the changes.

        Raises:
            DataError: another rank than 4.
        """
        images = np.array(x, dtype=self.dtype)
        if images.ndim != 4:
            raise DataError(
                message(
                    "ImageDataGenerator.fit",
                    "these are not images",
                    got={"shape": images.shape},
                    expected="(samples, height, width, channels)",
                )
            )
        if self.rescale:
            images *= self.rescale
        if augment:
            random = np.random if seed is None else np.random.RandomState(seed)
            shape, count = images.shape[1:], len(images)
            drawn = [self._drawn(shape, random, count) for _ in range(rounds)]
            images = np.concatenate([self._transformed(images, part) for part in drawn])
        mean, std = statistics(images, self.channel_axis)
        if self.featurewise_center:
            self.mean = mean
            images -= mean
        if self.featurewise_std_normalization:
            self.std = std
        if self.zca_whitening:
            self.zca_whitening_matrix = whitening(images, self.zca_epsilon)


_STEPS = ("get_random_transform", "apply_transform", "standardize")


def _warn_of(name: str, other: str, value: bool) -> None:
    warnings.warn(f"`{name}` sets `{other}` to {value}", stacklevel=5)


def _same_shape(images: Array, made: list[Array]) -> Array:
    shapes = {image.shape for image in made}
    if shapes != {images.shape[1:]}:
        raise DataError(
            message(
                "preprocessing_function",
                "it changes the shape of an image",
                got={"returned": sorted(shapes)[0]},
                expected=str(tuple(images.shape[1:])),
            )
        )
    return np.stack(made)
