"""Short for `striate.ops.initializers`, so that `from striate.initializers import ...` works."""

from __future__ import annotations

import sys

from striate.ops import initializers as _module
from striate.ops.initializers import *  # noqa: F403 - tells type checkers the names

sys.modules[__name__] = _module
