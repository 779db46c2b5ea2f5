"""The classic image data sets, with Keras's return values: `mnist.load_data()` and its kin."""

from __future__ import annotations

from striate.data.datasets import cifar10 as cifar10
from striate.data.datasets import cifar100 as cifar100
from striate.data.datasets import digits as digits
from striate.data.datasets import fashion_mnist as fashion_mnist
from striate.data.datasets import mnist as mnist
from striate.data.datasets.records import DatasetRecord as DatasetRecord
from striate.data.datasets.registry import Dataset as Dataset
from striate.data.datasets.registry import DatasetListing as DatasetListing
from striate.data.datasets.registry import list_datasets as list_datasets
from striate.data.datasets.registry import load as load
from striate.data.datasets.verify import content_digest as content_digest
