"""Data in any form as batches, and the classic data sets."""

from __future__ import annotations

from striate.data import datasets as datasets
from striate.data.augmenting import Augmented as Augmented
from striate.data.augmenting import augmented as augmented
from striate.data.batches import Batch as Batch
from striate.data.batches import BatchSource as BatchSource
from striate.data.checks import check_finite as check_finite
from striate.data.checks import check_samples as check_samples
from striate.data.class_weights import class_sample_weights as class_sample_weights
from striate.data.labels import to_categorical as to_categorical
from striate.data.moving import moved as moved
from striate.data.order import epoch_order as epoch_order
from striate.data.resizing import Resized as Resized
from striate.data.resizing import resized as resized
from striate.data.sequences import Sequence as Sequence
from striate.data.sources import source as source
from striate.data.splitting import split as split
