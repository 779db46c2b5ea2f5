"""Short for `striate.ops.regularizers`, so that `from striate.regularizers import ...` works."""

from __future__ import annotations

import sys

from striate.ops import regularizers as _module
from striate.ops.regularizers import *  # noqa: F403 - tells type checkers the names

sys.modules[__name__] = _module
