"""Layers with which sequences enter a model."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.graph import kinds
from striate.graph.kinds import WeightSpec
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.ops.layout import to_external, to_internal


@register()
class Embedding(BuiltIn):
    """A learned vector for each whole number: words, classes, codes.

    Shapes: (N, ...) of whole numbers -> (N, ..., output_dim).

    Args:
        input_dim: how many numbers there are: 0 to input_dim - 1.
        output_dim: length of a vector.
        embeddings_initializer: how the vectors start; "uniform" is Keras's name for numbers
            between -0.05 and 0.05.
        embeddings_regularizer: penalty on the vectors.
        embeddings_constraint: projection of the vectors after each step.
        mask_zero: 0 says that a step does not count; layers behind it that know masks skip it.

    Raises:
        ArgumentError: input_dim or output_dim below 1.

    Example:
        >>> from striate import Input, layers
        >>> layers.Embedding(1000, 64)(Input((10,), dtype="int64")).shape
        (None, 10, 64)
    """

    kind: kinds.Embedding
    takes_whole_numbers = True

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        **kwargs: Any,
    ) -> None:
        arguments = keras_arguments(locals())
        kwargs.pop("input_length", None)  # of Keras 2; shapes come from the input
        super().__init__(kinds.Embedding, arguments, **kwargs)

    def memory_order(self, spec: WeightSpec) -> tuple[int, ...]:
        return (0, 1)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Any:
        numbers = to_external(inputs[0])
        if numbers.dtype not in (torch.int32, torch.int64):
            numbers = numbers.long()
        vectors = to_internal(F.embedding(numbers, self.embeddings))
        return (vectors, to_internal(numbers != 0)) if self.kind.mask_zero else vectors

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Which steps are not 0; None unless `mask_zero`."""
        return inputs != 0 if self.kind.mask_zero else None


@register()
class Masking(BuiltIn):
    """Says that steps of nothing but `mask_value` do not count, and sets them to 0.

    For sequences of different lengths in one array. Layers behind it that know masks (recurrent
    layers, attention) skip these steps; layers that compute step by step pass the mask on.

    Shapes: (N, L, ...) unchanged, with a mask (N, L, ...) of one dimension less.

    Args:
        mask_value: the number that fills steps that do not count.

    Raises:
        ShapeError: fewer than 3 dimensions.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.Masking().compute_mask(np.array([[[1.0, 0.0], [0.0, 0.0]]])).tolist()
        [[True, False]]
    """

    kind: kinds.Masking

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(kinds.Masking, {"mask_value": mask_value}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> tuple[Tensor, ...]:
        x = to_external(inputs[0])
        mask = (x != self.kind.mask_value).any(-1)
        return to_internal(x.where(mask.unsqueeze(-1), 0.0)), to_internal(mask)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Which steps count."""
        return (inputs != self.kind.mask_value).any(-1)
