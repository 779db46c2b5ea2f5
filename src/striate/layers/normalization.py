"""Normalisation layers with a learned scale and offset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate import errors
from striate.graph import kinds
from striate.graph.kinds import WeightSpec
from striate.layers import masks
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import BuiltIn, ChannelsLast, register
from striate.layers.calls import Template
from striate.ops import normalization
from striate.ops.layout import internal_axis, positions


class Affine(BuiltIn):
    """What normalisations with `scale` and `center` share."""

    kind: kinds.Affine

    def affine(self) -> tuple[Tensor | None, Tensor | None]:
        """gamma and beta, None where the layer has none."""
        return self.gamma if self.kind.scale else None, self.beta if self.kind.center else None


@register()
class BatchNormalization(Affine):
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
        renorm: False: batch renormalisation is not part of striate.
        synchronized: False: each process normalises by its own batch, as Keras does on PyTorch.

    Raises:
        ArgumentError: momentum outside [0, 1], epsilon not above 0, renorm or synchronized.
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
        renorm: bool = False,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        arguments = keras_arguments(locals())
        refuse(type(self).__name__, arguments, "renorm", "synchronized")
        super().__init__(kinds.BatchNormalization, arguments, **kwargs)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        why = "it cannot leave masked steps out of the statistics of a batch"
        raise masks.refused(self, why, "Put it before the mask, or use layers.LayerNormalization()")

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        x = inputs[0]
        axis = internal_axis(self.axis, x.dim())
        moved = x if axis == 1 else x.movedim(axis, 1)
        k = self.kind
        gamma, beta = self.affine()
        moving = self.moving_mean, self.moving_variance
        if self.training and self.trainable:
            out = normalization.batch_norm_training(
                moved, gamma, beta, *moving, k.momentum, k.epsilon
            )
        else:
            out = normalization.batch_norm(moved, gamma, beta, *moving, k.epsilon)
        return out if axis == 1 else out.movedim(1, axis)


@register()
class LayerNormalization(ChannelsLast, Affine):
    """Gives every sample zero mean and unit variance over some axes, then a scale and offset.

    Needs no batch, so training and inference are the same. y = gamma (x - mean) /
    sqrt(variance + epsilon) + beta, the statistics over `axis`, of each place apart.

    Shapes: unchanged; gamma and beta have the sizes of `axis`.

    Args:
        axis: the axis or axes that share a statistic; -1 is the channels of one place.
        epsilon: keeps the root away from zero.
        center: adds the learned offset beta.
        scale: multiplies by the learned scale gamma.
        beta_initializer: how beta starts.
        gamma_initializer: how gamma starts.
        beta_regularizer: penalty on beta.
        gamma_regularizer: penalty on gamma.
        beta_constraint: projection of beta after each step.
        gamma_constraint: projection of gamma after each step.
        rms_scaling: leaves the mean in and has no beta: y = gamma x / sqrt(variance + epsilon).
            Keras keeps it for old files; the root mean square proper is `RMSNormalization`.

    Raises:
        ArgumentError: epsilon not above 0, or an axis that is no whole number.
        ShapeError: no such axis, or its size is open.

    Example:
        >>> from striate import Input, layers
        >>> layer = layers.LayerNormalization(axis=[1, 2, 3])
        >>> layer(Input((20, 30, 40))).shape, tuple(layer.gamma.shape)
        ((None, 20, 30, 40), (20, 30, 40))

    References: Ba et al. (2016), https://arxiv.org/abs/1607.06450
    """

    kind: kinds.LayerNormalization

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        rms_scaling: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.LayerNormalization, keras_arguments(locals()), **kwargs)

    def memory_order(self, spec: WeightSpec) -> Sequence[int]:
        return range(len(spec.shape))

    def compute_last(self, x: Tensor, /) -> Tensor:
        k = self.kind
        axes = positions(k.axis, x.dim())
        if k.rms_scaling:
            return normalization.variance_scaling_norm(x, axes, self.gamma, k.epsilon)
        return normalization.layer_norm(x, axes, *self.affine(), k.epsilon)


class PerSample(Affine):
    """What normalisations by groups of channels of one sample share."""

    kind: kinds.GroupNormalization | kinds.InstanceNormalization

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        x = inputs[0]
        axis = internal_axis(self.kind.axis, x.dim())
        moved = x if axis == 1 else x.movedim(axis, 1)
        groups = getattr(self.kind, "groups", -1)
        groups = moved.shape[1] if groups == -1 else groups
        out = normalization.group_norm(moved, groups, *self.affine(), self.kind.epsilon)
        return out if axis == 1 else out.movedim(1, axis)


@register()
class GroupNormalization(PerSample):
    """Gives each group of channels of a sample zero mean and unit variance, then scale and offset.

    For batches too small for `BatchNormalization`. y = gamma (x - mean) / sqrt(variance +
    epsilon) + beta, the statistics over all places of a sample and the C / groups channels of a
    group; gamma and beta are per channel.

    Shapes: unchanged.

    Args:
        groups: number of groups, a divisor of the channels; -1 gives each channel its own, as
            `InstanceNormalization` does.
        axis: the axis that is grouped; -1 is the channels.
        epsilon: keeps the root away from zero.
        center: adds the learned offset beta.
        scale: multiplies by the learned scale gamma.
        beta_initializer: how beta starts.
        gamma_initializer: how gamma starts.
        beta_regularizer: penalty on beta.
        gamma_regularizer: penalty on gamma.
        beta_constraint: projection of beta after each step.
        gamma_constraint: projection of gamma after each step.

    Raises:
        ArgumentError: groups neither positive nor -1, epsilon not above 0.
        ShapeError: groups do not divide the channels, no such axis, or its size is open.

    Example:
        >>> from striate import Input, layers
        >>> layers.GroupNormalization(groups=8)(Input((28, 28, 64))).shape
        (None, 28, 28, 64)

    References: Wu & He (2018), https://arxiv.org/abs/1803.08494
    """

    kind: kinds.GroupNormalization

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.GroupNormalization, keras_arguments(locals()), **kwargs)


@register()
class InstanceNormalization(PerSample):
    """Gives each map of a sample zero mean and unit variance, then a scale and an offset.

    For style transfer and image translation, where the contrast of one image should not matter.
    y = gamma (x - mean) / sqrt(variance + epsilon) + beta, the statistics over the places of one
    map. Keras has it as GroupNormalization(groups=-1); here scale and offset are learned unless
    turned off, as there (PyTorch's has none by default).

    Shapes: (N, ..., C), with at least one axis of places, unchanged.

    Args:
        axis: the axis of the maps; -1 is the channels.
        epsilon: keeps the root away from zero.
        center: adds the learned offset beta.
        scale: multiplies by the learned scale gamma.
        beta_initializer: how beta starts.
        gamma_initializer: how gamma starts.
        beta_regularizer: penalty on beta.
        gamma_regularizer: penalty on gamma.
        beta_constraint: projection of beta after each step.
        gamma_constraint: projection of gamma after each step.

    Raises:
        ArgumentError: epsilon not above 0.
        ShapeError: fewer than 3 dimensions, no such axis, or its size is open.

    Example:
        >>> from striate import Input, layers
        >>> layers.InstanceNormalization()(Input((28, 28, 3))).shape
        (None, 28, 28, 3)

    References: Ulyanov et al. (2016), https://arxiv.org/abs/1607.08022
    """

    kind: kinds.InstanceNormalization

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.InstanceNormalization, keras_arguments(locals()), **kwargs)


def refuse(kind: str, arguments: dict[str, Any], *options: str) -> None:
    """Takes options of Keras that striate does not have out of `arguments`.

    Raises:
        ArgumentError: one of them is turned on.
    """
    for name in options:
        value = arguments.pop(name)
        if value:
            raise errors.ArgumentError(
                errors.message(kind, "no such option here", got={name: value}, expected="False")
            )
