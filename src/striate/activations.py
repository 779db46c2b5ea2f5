"""Short for `striate.ops.activations`, so that `from striate.activations import ...` works."""

from __future__ import annotations

import sys

from striate.ops import activations as _module
from striate.ops.activations import *  # noqa: F403 - tells type checkers the names

sys.modules[__name__] = _module
