"""Graphs of saved models for commands that need no weights: `.striate` files, and Keras's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from striate.storage import read_graph
from striate.storage.contents import FOREIGN, content_of

if TYPE_CHECKING:
    from striate.graph import Graph


def graph_of(run: str) -> Graph:
    """The graph of a run folder, a `.striate` file or a Keras file; no weight is read.

    Layers of Keras files are striate's own, so these need torch.

    Raises:
        FormatError: no such model, a damaged one, or one that needs code of its author's.
    """
    if content_of(run) not in FOREIGN:
        return read_graph(run)
    from striate.models.foreign import graph_of as foreign_graph

    return foreign_graph(run)
