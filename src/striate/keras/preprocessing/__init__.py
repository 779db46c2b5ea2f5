"""keras.preprocessing: images, sequences and text made ready for a model."""

from __future__ import annotations

from striate.keras.folder_datasets import (
    image_dataset_from_directory as image_dataset_from_directory,
)
from striate.keras.folder_datasets import (
    timeseries_dataset_from_array as timeseries_dataset_from_array,
)
from striate.keras.preprocessing import image as image
from striate.keras.preprocessing import sequence as sequence
from striate.keras.preprocessing import text as text

__all__ = [
    "image",
    "image_dataset_from_directory",
    "sequence",
    "text",
    "timeseries_dataset_from_array",
]
