"""keras.datasets: small data sets, downloaded when first asked for."""

from __future__ import annotations

from striate.keras.datasets import boston_housing as boston_housing
from striate.keras.datasets import california_housing as california_housing
from striate.keras.datasets import cifar10 as cifar10
from striate.keras.datasets import cifar100 as cifar100
from striate.keras.datasets import fashion_mnist as fashion_mnist
from striate.keras.datasets import mnist as mnist

__all__ = [
    "boston_housing",
    "california_housing",
    "cifar10",
    "cifar100",
    "fashion_mnist",
    "mnist",
]
