"""What a graph says about itself: records computed from it alone, without tensors."""

from __future__ import annotations

from striate.analysis.advice import Advice as Advice
from striate.analysis.advice import Finding as Finding
from striate.analysis.advice import advice as advice
from striate.analysis.cost import Cost as Cost
from striate.analysis.cost import LayerCost as LayerCost
from striate.analysis.cost import cost as cost
from striate.analysis.fields import Box as Box
from striate.analysis.fields import LayerField as LayerField
from striate.analysis.fields import ReceptiveFields as ReceptiveFields
from striate.analysis.fields import receptive_field as receptive_field
from striate.analysis.memory import OPTIMIZERS as OPTIMIZERS
from striate.analysis.memory import LayerMemory as LayerMemory
from striate.analysis.memory import Memory as Memory
from striate.analysis.memory import memory as memory
from striate.analysis.shapes import AxisShape as AxisShape
from striate.analysis.shapes import ShapeExplanation as ShapeExplanation
from striate.analysis.shapes import explain_shape as explain_shape
from striate.analysis.summaries import Row as Row
from striate.analysis.summaries import Summary as Summary
from striate.analysis.summaries import summary as summary
