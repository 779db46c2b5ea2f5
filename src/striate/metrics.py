"""Short for `striate.training.metrics`, so that `from striate.metrics import ...` works."""

from __future__ import annotations

import sys

from striate.training import metrics as _module
from striate.training.metrics import *  # noqa: F403 - tells type checkers the names

sys.modules[__name__] = _module
