"""Layers that normalise the weights of another layer, not its values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from striate.graph import kinds
from striate.graph.kinds import WeightSpec
from striate.layers.builtin import register
from striate.layers.calls import Template
from striate.layers.wrapping import Wrapping
from striate.ops import normalization
from striate.ops.layout import to_external, to_internal

KERNELS = ("layer/kernel", "layer/embeddings")


@register()
class SpectralNormalization(Wrapping):
    """Divides the kernel of a layer by its largest singular value before each training step.

    So the layer stretches no input by more than 1, which steadies the discriminator of a GAN. The
    value sigma is found by power iteration on the kernel as a matrix W of (everything else,
    outputs): v = u W^T / norm, u = v W / norm, sigma = v W u^T; u is kept from step to step. As
    in Keras the kernel itself is replaced by W / sigma, in training only.

    Shapes: those of the layer.

    Args:
        layer: a layer with a kernel, or an Embedding.
        power_iterations: iterations per training step.

    Raises:
        ArgumentError: power_iterations below 1, or a layer without a kernel.

    Example:
        >>> from striate import Input, layers
        >>> layers.SpectralNormalization(layers.Conv2D(8, 3))(Input((10, 10, 3))).shape
        (None, 8, 8, 8)

    References: Miyato et al. (2018), https://arxiv.org/abs/1802.05957
    """

    kind: kinds.SpectralNormalization
    divides: bool = True  # False where a step runs again with the kernel that it divided

    def __init__(self, layer: Any, power_iterations: int = 1, **kwargs: Any) -> None:
        arguments = {"power_iterations": power_iterations}
        super().__init__(kinds.SpectralNormalization, layer, arguments, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Any:
        if self.training and self.divides:
            self.normalize()
        return self.layer.compute(*inputs)

    def weight_places(self) -> Iterator[tuple[str, nn.Module, str]]:
        # Keras's order: the kernel, u, the other weights of the layer
        return iter(sorted(super().weight_places(), key=lambda item: item[0] not in KERNELS))

    def weight_specs(self) -> tuple[WeightSpec, ...]:
        return tuple(sorted(super().weight_specs(), key=lambda spec: spec.name not in KERNELS))

    @torch.no_grad()
    def normalize(self) -> None:
        """One step: moves u and divides the kernel; a kernel of zeros stays."""
        name = "kernel" if hasattr(self.layer, "kernel") else "embeddings"
        kernel: Tensor = getattr(self.layer, name).data  # its gradient may still need the graph
        matrix = kernel.movedim(-1, 0).flatten(1).t()
        u, sigma = normalization.largest_singular_value(
            matrix, self.vector_u, self.kind.power_iterations
        )
        if bool(kernel.any()):
            self.vector_u.copy_(u)
            kernel.div_(sigma)


@register()
class WeightStandardization(Wrapping):
    """Gives the kernel of a layer zero mean and unit variance per output channel, each time.

    Makes training in small batches with `GroupNormalization` as good as with large batches.
    The layer computes with (W - mean) / sqrt(variance + epsilon), the statistics of each output
    channel over all that enters it; gradients flow through them to the layer's own kernel W.

    Shapes: those of the layer.

    Args:
        layer: a convolution or a Dense layer.
        epsilon: keeps the root away from zero.

    Raises:
        ArgumentError: epsilon not above 0, or another layer.

    Example:
        >>> from striate import Input, layers
        >>> layers.WeightStandardization(layers.Conv2D(8, 3))(Input((10, 10, 3))).shape
        (None, 8, 8, 8)

    References: Qiao et al. (2019), https://arxiv.org/abs/1903.10520
    """

    kind: kinds.WeightStandardization

    def __init__(self, layer: Any, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(kinds.WeightStandardization, layer, {"epsilon": epsilon}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        own: Any = self.layer.kernel
        kernel = normalization.standardized(own, self.kind.epsilon)
        values = tuple(to_external(x) for x in inputs)
        out: Tensor = functional_call(self.layer, {"kernel": kernel}, values)
        return to_internal(out)
