"""Short for `striate.training.callbacks`, so that `from striate.callbacks import ...` works."""

from __future__ import annotations

import sys

from striate.training import callbacks as _module
from striate.training.callbacks import *  # noqa: F403 - tells type checkers the names

sys.modules[__name__] = _module
