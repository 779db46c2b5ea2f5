"""Short for `striate.ops.constraints`, so that `from striate.constraints import ...` works."""

from __future__ import annotations

import sys

from striate.ops import constraints as _module
from striate.ops.constraints import *  # noqa: F403 - tells type checkers the names

sys.modules[__name__] = _module
