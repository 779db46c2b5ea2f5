"""Normalisation layers."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.ops import normalization
from striate.ops.layout import internal_axis


@register()
class BatchNormalization(BuiltIn):
    """Gives every channel zero mean and unit variance, then a learned scale and offset.

    In training with the statistics of the batch, which also move the moving ones:
    moving = momentum moving + (1 - momentum) batch (the variance divided by N, as in Keras;
    PyTorch divides by N - 1 there). In inference, and while `trainable` is False, with the
    moving ones. y = gamma (x - mean) / sqrt(variance + epsilon) + beta.

    Shapes: unchanged.

    Args:
        axis: the axis with a statistic of its own; -1 is the channels.
        momentum: share that the moving statistics keep at each step.
        epsilon: keeps the root away from zero.
        center: adds the learned offset beta.
        scale: multiplies by the learned scale gamma.
        beta_initializer: how beta starts.
        gamma_initializer: how gamma starts.
        moving_mean_initializer: how the moving mean starts.
        moving_variance_initializer: how the moving variance starts.
        beta_regularizer: penalty on beta.
        gamma_regularizer: penalty on gamma.
        beta_constraint: projection of beta after each step.
        gamma_constraint: projection of gamma after each step.

    Raises:
        ArgumentError: momentum outside [0, 1], epsilon not above 0.
        ShapeError: no such axis, or its size is open.

    Example:
        >>> from striate import Input, layers
        >>> layer = layers.BatchNormalization()
        >>> layer(Input((28, 28, 64))).shape, layer.count_params()
        ((None, 28, 28, 64), 256)

    References: Ioffe & Szegedy (2015), https://arxiv.org/abs/1502.03167
    """

    kind: kinds.BatchNormalization

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kinds.BatchNormalization,
            {
                "axis": axis,
                "momentum": momentum,
                "epsilon": epsilon,
                "center": center,
                "scale": scale,
                "beta_initializer": beta_initializer,
                "gamma_initializer": gamma_initializer,
                "moving_mean_initializer": moving_mean_initializer,
                "moving_variance_initializer": moving_variance_initializer,
                "beta_regularizer": beta_regularizer,
                "gamma_regularizer": gamma_regularizer,
                "beta_constraint": beta_constraint,
                "gamma_constraint": gamma_constraint,
            },
            **kwargs,
        )

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        x = inputs[0]
        axis = internal_axis(self.axis, x.dim())
        moved = x if axis == 1 else x.movedim(axis, 1)
        k = self.kind
        gamma = self.gamma if k.scale else None
        beta = self.beta if k.center else None
        moving = self.moving_mean, self.moving_variance
        if self.training and self.trainable:
            out = normalization.batch_norm_training(
                moved, gamma, beta, *moving, k.momentum, k.epsilon
            )
        else:
            out = normalization.batch_norm(moved, gamma, beta, *moving, k.epsilon)
        return out if axis == 1 else out.movedim(1, axis)
