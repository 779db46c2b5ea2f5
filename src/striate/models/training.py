"""Trainable: placeholder until the loop lands."""

from __future__ import annotations


class Trainable:
    def compiled_for_graph_changed(self) -> None:
        pass
