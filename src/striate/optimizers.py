"""Short for `striate.training.optimizers`, so that `from striate.optimizers import ...` works."""

from __future__ import annotations

import sys

from striate.training import optimizers as _module
from striate.training.optimizers import *  # noqa: F403 - tells type checkers the names

sys.modules[__name__] = _module
