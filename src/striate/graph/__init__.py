"""What a model is: frozen specs, kinds, nodes and graphs; pure data, no torch."""

from __future__ import annotations

from striate.graph.graph import Graph as Graph
from striate.graph.graph import Node as Node
from striate.graph.graph import Port as Port
from striate.graph.named import Items as Items
from striate.graph.named import Named as Named
from striate.graph.record import Recording as Recording
from striate.graph.record import Symbol as Symbol
from striate.graph.record import freeze as freeze
from striate.graph.spec import Spec as Spec
