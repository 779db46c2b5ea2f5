"""Functions on symbols by name: how many tensors each takes, and what comes out."""

from __future__ import annotations

from striate.graph.kinds.functions.table import FUNCTIONS as FUNCTIONS
from striate.graph.kinds.functions.table import Function as Function
