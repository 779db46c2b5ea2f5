"""keras.ops.linalg: matrices."""

from __future__ import annotations

from striate.keras.ops import calling

_NAMES = "cholesky det eig eigh inv lstsq matrix_rank norm pinv qr solve solve_triangular svd"

__all__ = _NAMES.split()

globals().update({name: calling.function(name) for name in __all__})
