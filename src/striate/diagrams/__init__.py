"""Drawings of graphs: the layers and what flows between them, and the volumes they make."""

from __future__ import annotations

from striate.diagrams.drawing import Box as Box
from striate.diagrams.drawing import Drawing as Drawing
from striate.diagrams.drawing import Shape as Shape
from striate.diagrams.drawing import Text as Text
from striate.diagrams.model_plot import plot_model as plot_model
from striate.diagrams.volumes import plot_volumes as plot_volumes
