"""Short for `striate.data.datasets`, so that `from striate.datasets import ...` works."""

from __future__ import annotations

import sys

from striate.data import datasets as _module
from striate.data.datasets import *  # noqa: F403 - tells type checkers the names

sys.modules[__name__] = _module
