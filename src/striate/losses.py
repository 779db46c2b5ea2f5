"""Short for `striate.training.losses`, so that `from striate.losses import ...` works."""

from __future__ import annotations

import sys

from striate.training import losses as _module
from striate.training.losses import *  # noqa: F403 - tells type checkers the names

sys.modules[__name__] = _module
