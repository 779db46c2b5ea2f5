"""How much arithmetic a network asks for: multiply-adds of its products, by the definitions."""

from __future__ import annotations

import math
from typing import Any

from striate.graph import Graph


def forward_macs(graph: Graph) -> int:
    """Multiply-adds of all convolutions and dense layers for one image."""
    return sum(_macs(node) for node in graph)


def training_macs(graph: Graph) -> int:
    """Forward and both gradients; the first product needs none for its input.

    Each product is computed three times: for its result, for the gradient of its weights, for the
    gradient of its input.
    """
    products = [_macs(node) for node in graph if _macs(node)]
    first = products[0] if products else 0
    return 3 * sum(products) - first


def _macs(node: Any) -> int:
    """Each output value of a product takes one multiply-add for each weight that makes it."""
    kernel = next((w.shape for w in node.weights if w.name == "kernel"), None)
    if kernel is None:
        return 0
    positions = math.prod(n for n in node.output.shape[1:-1] if n is not None)
    return int(math.prod(kernel)) * positions
