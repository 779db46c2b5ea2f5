"""What a graph says about itself: records computed from it alone, without tensors."""

from __future__ import annotations

from striate.analysis.summaries import Summary as Summary
from striate.analysis.summaries import summary as summary
