"""Images from files and arrays as batches, changed at random on the way."""

from __future__ import annotations

from striate.data.images.array_iterator import ArrayIterator as ArrayIterator
from striate.data.images.directory_iterator import DirectoryIterator as DirectoryIterator
from striate.data.images.files import array_to_img as array_to_img
from striate.data.images.files import img_to_array as img_to_array
from striate.data.images.files import load_img as load_img
from striate.data.images.files import save_img as save_img
from striate.data.images.generator import ImageDataGenerator as ImageDataGenerator
from striate.data.images.iterator import ImageIterator as ImageIterator
from striate.data.images.table_iterator import TableIterator as TableIterator
