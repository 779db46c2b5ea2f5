"""Training of any `nn.Module`: losses, metrics, optimizers and the loop that uses them."""

from __future__ import annotations

from . import losses as losses
