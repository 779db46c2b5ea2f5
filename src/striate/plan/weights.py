"""WeightSource: the weights of a product as a plan uses them: folded, scaled, in its precision."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from striate.graph import Node
from striate.layers import Layer
from striate.ops.folding import batch_norm_affine, scaled_kernel


class WeightSource:
    """Gives kernel and bias; computes them from the layer's own, which stay as they are.

    Where no gradient is needed, what was computed is kept and used until one of the tensors it
    came from is another one, or was written to (torch counts writes in `_version`). Writes
    through `tensor.data` are not counted; `forget`, called at the start of every `predict` and
    `evaluate`, covers those.

    Args:
        layer: whose weights.
        node: its node.
        norm: the batch normalisation to fold in.
        scale: factor of the input, one or one per channel.
        precision: "float32", "bfloat16" or "float16".
        keep: whether no gradient is needed.
    """

    def __init__(
        self, layer: Layer, node: Node, norm: Layer | None, scale: Any, precision: str, keep: bool
    ) -> None:
        self.layer, self.node, self.norm, self.scale = layer, node, norm, scale
        self.dtype = getattr(torch, precision)
        self.keep = keep
        self.as_it_is = norm is None and scale is None and precision == "float32"
        self._state: tuple[Any, ...] | None = None
        self._kept: tuple[Tensor, Tensor | None] | None = None

    def __call__(self) -> tuple[Tensor, Tensor | None]:
        """Kernel and bias."""
        if self.as_it_is:
            held = self.layer._parameters
            return held["kernel"], held.get("bias")  # type: ignore[return-value]
        if not self.keep:
            return self._compute()
        state = self._written()
        if self._kept is None or state != self._state:
            with torch.no_grad():
                self._kept = self._compute()
            self._state = state
        return self._kept

    def forget(self) -> None:
        """Computes them anew at the next call."""
        self._kept = None

    def _written(self) -> tuple[Any, ...]:
        owners = (self.layer,) if self.norm is None else (self.layer, self.norm)
        tensors = [t for o in owners for held in (o._parameters, o._buffers) for t in held.values()]
        return tuple((id(t), t._version, t.data_ptr()) for t in tensors if t is not None)

    def _compute(self) -> tuple[Tensor, Tensor | None]:
        layer: Any = self.layer
        kernel, bias = layer.kernel, layer.bias if self.node.kind.use_bias else None  # type: ignore[attr-defined]
        if self.norm is not None:
            norm: Any = self.norm
            scale, shift = batch_norm_affine(
                norm.gamma if norm.scale else None,
                norm.beta if norm.center else None,
                norm.moving_mean,
                norm.moving_variance,
                norm.epsilon,
            )
            wide = kernel.double()
            kernel = (wide * scaled_kernel(self.node.kind_name, scale, wide)).to(kernel.dtype)
            bias = (shift if bias is None else bias.double() * scale + shift).to(kernel.dtype)
        if self.scale is not None:
            factor = torch.as_tensor(self.scale, dtype=torch.float64, device=kernel.device)
            per_channel = factor if factor.dim() == 0 else factor[:, None]
            kernel = (kernel.double() * per_channel).to(kernel.dtype)
        if kernel.dtype is not self.dtype and self.dtype is not torch.float32:
            kernel = kernel.to(self.dtype)
            bias = None if bias is None else bias.to(self.dtype)
        return kernel, bias
