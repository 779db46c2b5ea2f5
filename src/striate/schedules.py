"""Short for the module of schedules: `from striate.schedules import ...` works."""

from __future__ import annotations

import sys

from striate.training.optimizers import schedules as _module
from striate.training.optimizers.schedules import *  # noqa: F403 - tells type checkers the names

sys.modules[__name__] = _module
