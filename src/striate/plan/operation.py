"""Operation: the smallest thing that a plan moves: a layer, or one part of it."""

from __future__ import annotations

from dataclasses import dataclass

from striate.graph import Port
from striate.kernels.batch_norm import BatchNorm
from striate.kernels.shapes import ConvShape

WHOLE = "whole"  # the layer as it is
PRODUCT = "product"  # the layer without its activation
ACTIVATION = "activation"  # its activation alone, and its activity penalty


@dataclass(frozen=True)
class Operation:
    """One call at run time; rules replace its fields.

    Args:
        name: unique in its plan; values are named by who wrote them.
        node: the graph's node that it comes from.
        part: `WHOLE`, `PRODUCT` or `ACTIVATION`.
        reads: the values it takes.
        num_outputs: how many values it writes.
        in_place: an activation that overwrites its input.
        activation: the function's name, of an `ACTIVATION`.
        joined: the activation that the same kernel applies, and the node it comes from.
        normalized_by: the node of the batch normalisation in its weights.
        scaled_by: the node of the rescaling in its weights.
        factor: that rescaling's factor, one or one per channel.
        affine: factor and offset that it multiplies with and adds, from several nodes.
        padding: zeros around its input, before and after each axis, from padding nodes.
        precision: "float32", "bfloat16" or "float16", what its products are computed in.
        block: the sizes of a convolution that a kernel of ours runs, with the pooling and the
            activation that are part of it.
        product_images: up to how many images a convolution is one product of matrices.
        depthwise: the sizes of a depthwise convolution that our kernels run.
        normalizes: a batch normalisation that our kernel runs, with the sum and the activation that
            are part of it.
        beside: the blocks whose results it puts side by side, and which it computes itself.
        pools: the sizes of a max-pooling that our kernel runs, with the ReLU that is part of it;
            behind its block, if it is a convolution.
        nodes: all nodes whose work it does, in the order of the graph.
    """

    name: str
    node: str
    part: str
    reads: tuple[Port, ...]
    num_outputs: int = 1
    in_place: bool = False
    activation: str = ""
    joined: tuple[str, str] | None = None
    normalized_by: str = ""
    scaled_by: str = ""
    factor: float | tuple[float, ...] = 1.0
    affine: tuple[float | tuple[float, ...], float | tuple[float, ...]] | None = None
    padding: tuple[tuple[int, int], ...] | None = None
    precision: str = "float32"
    block: ConvShape | None = None
    product_images: int = 0
    depthwise: ConvShape | None = None
    normalizes: BatchNorm | None = None
    beside: tuple[Operation, ...] = ()
    pools: ConvShape | None = None
    nodes: tuple[str, ...] = ()

    @property
    def writes(self) -> tuple[Port, ...]:
        """The values it gives."""
        return tuple(Port(self.name, i) for i in range(self.num_outputs))
