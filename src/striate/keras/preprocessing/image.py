"""keras.preprocessing.image: image files, and random changes of images, of every Keras age."""

from __future__ import annotations

from typing import Any

from striate import errors
from striate.data import images as _images
from striate.data.images import ImageIterator as Iterator
from striate.data.images.array_iterator import ArrayIterator as NumpyArrayIterator
from striate.data.images.directory_iterator import DirectoryIterator as DirectoryIterator
from striate.data.images.functions import apply_affine_transform as apply_affine_transform
from striate.data.images.functions import apply_brightness_shift as apply_brightness_shift
from striate.data.images.functions import apply_channel_shift as apply_channel_shift
from striate.data.images.functions import random_brightness as random_brightness
from striate.data.images.functions import random_channel_shift as random_channel_shift
from striate.data.images.functions import random_rotation as random_rotation
from striate.data.images.functions import random_shear as random_shear
from striate.data.images.functions import random_shift as random_shift
from striate.data.images.functions import random_zoom as random_zoom
from striate.data.images.table_iterator import TableIterator as DataFrameIterator
from striate.keras import config, notes
from striate.keras.folder_datasets import (
    image_dataset_from_directory as image_dataset_from_directory,
)

_ORDERINGS = {"tf": "channels_last", "th": "channels_first"}


def _format(data_format: str | None, dim_ordering: str | None) -> str:
    """The order of axes: as given in the words of any age, else the one that is set."""
    if dim_ordering is not None:
        notes.old("dim_ordering=", "data_format=")
    chosen = dim_ordering or data_format
    if chosen in (None, "default"):
        return config.image_data_format()
    return _ORDERINGS.get(str(chosen), str(chosen))


class ImageDataGenerator(_images.ImageDataGenerator):
    """`striate.data.images.ImageDataGenerator`; axes are in the order that is set by default."""

    def __init__(self, *args: Any, dim_ordering: str | None = None, **kwargs: Any) -> None:
        self._dim_ordering = dim_ordering
        super().__init__(*args, **kwargs)

    def __post_init__(self) -> None:
        self.data_format = _format(self.data_format, self._dim_ordering)
        super().__post_init__()


def load_img(
    path: Any,
    color_mode: Any = "rgb",
    target_size: Any = None,
    interpolation: Any = "nearest",
    keep_aspect_ratio: bool = False,
    grayscale: bool = False,
) -> Any:
    """`striate.data.images.load_img`, also as Keras 1 and 2 had it: `grayscale` came second."""
    if isinstance(color_mode, bool):  # Keras 1: (path, grayscale, target_size)
        color_mode, grayscale = "rgb", color_mode
        if isinstance(target_size, str):  # Keras 2: (path, grayscale, color_mode, target_size)
            color_mode, target_size, interpolation = target_size, interpolation, "nearest"
            target_size = None if target_size == "nearest" else target_size
    if grayscale:
        notes.old("load_img(..., grayscale=True)", 'load_img(..., color_mode="grayscale")')
        color_mode = "grayscale"
    return _images.load_img(path, color_mode, target_size, interpolation, keep_aspect_ratio)


def img_to_array(
    img: Any, data_format: str | None = None, dtype: Any = None, dim_ordering: str | None = None
) -> Any:
    """`striate.data.images.img_to_array`, with the order of axes that is set by default."""
    return _images.img_to_array(img, _format(data_format, dim_ordering), dtype)


def array_to_img(
    x: Any,
    data_format: str | None = None,
    scale: bool = True,
    dtype: Any = None,
    dim_ordering: str | None = None,
) -> Any:
    """`striate.data.images.array_to_img`, with the order of axes that is set by default."""
    return _images.array_to_img(x, _format(data_format, dim_ordering), scale, dtype)


def save_img(
    path: Any,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """`striate.data.images.save_img`, with the order of axes that is set by default."""
    _images.save_img(path, x, _format(data_format, None), file_format, scale, **kwargs)


def smart_resize(
    x: Any,
    size: tuple[int, int],
    interpolation: str = "bilinear",
    data_format: str = "channels_last",
    **_: Any,
) -> Any:
    """An image, or a batch, cut to the proportions of a size and resized to it.

    Shapes: (H, W, C) or (N, H, W, C), or channels first -> the same with the sides of `size`

    Raises:
        DataError: another rank.
    """
    import numpy as np
    import torch

    from striate.ops import resampling

    tensor = torch.as_tensor(x)
    if tensor.dim() not in (3, 4):
        raise errors.DataError(
            errors.message(
                "smart_resize",
                "this is no image and no batch of images",
                got={"shape": tuple(tensor.shape)},
                expected="three or four axes",
            )
        )
    last = data_format == "channels_last"
    inner = tensor.movedim(-1, -3) if last else tensor
    batch = inner if inner.dim() == 4 else inner[None]
    cut = resampling.crop_to_aspect(batch.float(), size)
    found = resampling.resize(cut, size, interpolation)
    found = found if inner.dim() == 4 else found[0]
    found = found.movedim(-3, -1) if last else found
    return found if isinstance(x, torch.Tensor) else np.ascontiguousarray(found.numpy())


__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "array_to_img",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "random_brightness",
    "random_channel_shift",
    "random_rotation",
    "random_shear",
    "random_shift",
    "random_zoom",
    "save_img",
    "smart_resize",
]
