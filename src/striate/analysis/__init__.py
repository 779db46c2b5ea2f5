"""What a graph says about itself: records computed from it alone, without tensors."""

from __future__ import annotations

from striate.analysis.memory import OPTIMIZERS as OPTIMIZERS
from striate.analysis.memory import Memory as Memory
from striate.analysis.memory import memory as memory
from striate.analysis.summaries import Summary as Summary
from striate.analysis.summaries import summary as summary
