"""Training: optimizers and the learning-rate finder."""

from __future__ import annotations

from striate.training import optimizers as optimizers
