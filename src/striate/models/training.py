"""Trainable: placeholder until the loop lands."""

from __future__ import annotations


class Trainable:
    """The methods of a model that train it."""

    def compiled_for_graph_changed(self) -> None:
        """Nothing is compiled yet."""
