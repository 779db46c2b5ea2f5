"""What a graph says about itself: records computed from it alone, without tensors."""

from __future__ import annotations

from striate.analysis.summary import Summary as Summary
from striate.analysis.summary import summary as summary
