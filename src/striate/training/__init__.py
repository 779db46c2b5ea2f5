"""Training of any `nn.Module`: losses, metrics, optimizers and the loop that uses them."""

from __future__ import annotations

from striate.training import losses as losses
from striate.training import metrics as metrics
