"""Activations as layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.graph.kinds import WeightSpec
from striate.layers import masks
from striate.layers.builtin import BuiltIn, ChannelsLast, register
from striate.layers.calls import Template
from striate.ops import activations


@register()
class Activation(BuiltIn):
    """Applies an activation function.

    `striate.activations` lists them with their formulas. One with arguments is passed as
    `functools.partial(activations.leaky_relu, negative_slope=0.1)`.

    Shapes: unchanged; "glu" halves the channels.

    Args:
        activation: a name such as "relu", or a function of a tensor.
        activity_regularizer: penalty on the output, per sample.

    Raises:
        UnknownNameError: no activation of that name; the nearest are listed.
        ArgumentError: an activation with arguments that it does not take.
        ShapeError: "glu" on an odd number of channels.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.Activation("relu")(np.array([[-1.0, 2.0]])).tolist()
        [[0.0, 2.0]]
    """

    may_halve = True

    def __init__(self, activation: Any, activity_regularizer: Any = None, **kwargs: Any) -> None:
        arguments = {"activation": activation, "activity_regularizer": activity_regularizer}
        super().__init__(kinds.Activation, arguments, **kwargs)

    def compute_last(self, x: Tensor, /) -> Tensor:
        return self.finish(x) if self.of_each_value() else super().compute_last(x)


@register()
class ReLU(BuiltIn):
    """max(0, x); optionally capped, leaky, or with another threshold than 0.

    Shapes: unchanged. f(x) = max_value for x >= max_value, x for threshold < x < max_value,
        negative_slope (x - threshold) up to the threshold.

    Args:
        max_value: the cap; None for none.
        negative_slope: slope below the threshold.
        threshold: where the function starts to pass x.

    Raises:
        ArgumentError: a negative number.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.ReLU(max_value=6.0)(np.array([[-1.0, 8.0]])).tolist()
        [[0.0, 6.0]]

    References: Nair & Hinton (2010), "Rectified linear units improve restricted Boltzmann machines"
    """

    kind: kinds.ReLU

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Any,
    ) -> None:
        arguments = {
            "max_value": max_value,
            "negative_slope": negative_slope,
            "threshold": threshold,
        }
        super().__init__(kinds.ReLU, arguments, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        k = self.kind
        return activations.relu(inputs[0], k.negative_slope, k.max_value, k.threshold)

    compute_last = compute  # of each value: the order of the axes does not matter


@register()
class LeakyReLU(BuiltIn):
    """x above zero, negative_slope x below: units never die.

    Shapes: unchanged.

    Args:
        negative_slope: slope below zero. Keras's layer has 0.3, its function 0.2.

    Raises:
        ArgumentError: a negative slope.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.LeakyReLU(negative_slope=0.5)(np.array([[-1.0, 2.0]])).tolist()
        [[-0.5, 2.0]]

    References: Maas et al. (2013), "Rectifier nonlinearities improve neural network acoustic
        models"
    """

    kind: kinds.LeakyReLU

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        super().__init__(kinds.LeakyReLU, {"negative_slope": negative_slope}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return activations.leaky_relu(inputs[0], self.kind.negative_slope)

    compute_last = compute  # of each value: the order of the axes does not matter


@register()
class ELU(BuiltIn):
    """x above zero, alpha (exp(x) - 1) below.

    Shapes: unchanged.

    Args:
        alpha: what large negative inputs approach, negated.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.ELU()(np.array([[0.0, 2.0]])).tolist()
        [[0.0, 2.0]]

    References: Clevert et al. (2015), https://arxiv.org/abs/1511.07289
    """

    kind: kinds.ELU

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(kinds.ELU, {"alpha": alpha}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return activations.elu(inputs[0], self.kind.alpha)

    compute_last = compute  # of each value: the order of the axes does not matter


@register()
class Softmax(ChannelsLast):
    """exp(x) / sum(exp(x)): numbers that are positive and add up to 1.

    Shapes: unchanged.

    Args:
        axis: the axis, or several, that adds up to 1; -1 is the channels.

    Raises:
        ShapeError: the input has no such axis.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.Softmax()(np.array([[1.0, 1.0]])).tolist()
        [[0.5, 0.5]]
    """

    kind: kinds.Softmax

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(kinds.Softmax, {"axis": axis}, **kwargs)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        why = "it cannot leave masked values out of the sum"
        raise masks.refused(self, why, 'layers.Activation("softmax") passes the mask on')

    def final_activation(self) -> str | None:
        return "softmax" if self.axis == -1 else None

    def compute_last(self, x: Tensor, /) -> Tensor:
        return activations.softmax(x, self.kind.axis)


@register()
class PReLU(ChannelsLast):
    """x above zero, a learned slope times x below.

    Shapes: unchanged.

    Args:
        alpha_initializer: how the slopes start.
        alpha_regularizer: penalty on the slopes.
        alpha_constraint: projection of the slopes after each step.
        shared_axes: axes that share a slope; [1, 2] gives one per channel of an image.

    Raises:
        ShapeError: an axis that is not shared has an open size.

    Example:
        >>> from striate import Input, layers
        >>> layer = layers.PReLU(shared_axes=[1, 2])
        >>> layer(Input((28, 28, 8))).shape, tuple(layer.alpha.shape)
        ((None, 28, 28, 8), (1, 1, 8))

    References: He et al. (2015), https://arxiv.org/abs/1502.01852
    """

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        arguments = {
            "alpha_initializer": alpha_initializer,
            "alpha_regularizer": alpha_regularizer,
            "alpha_constraint": alpha_constraint,
            "shared_axes": shared_axes,
        }
        super().__init__(kinds.PReLU, arguments, **kwargs)

    def memory_order(self, spec: WeightSpec) -> Sequence[int]:
        return range(len(spec.shape))

    def compute_last(self, x: Tensor, /) -> Tensor:
        return activations.prelu(x, self.alpha)


@register()
class GELU(BuiltIn):
    """x times the share of a normal distribution below x: a smooth relu.

    y = x (1 + erf(x / sqrt 2)) / 2; approximately x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
    / 2. Keras has it by name only: Activation("gelu").

    Shapes: unchanged.

    Args:
        approximate: the form with tanh, which older models were trained with.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.GELU()(np.array([[0.0, 9.0]])).tolist()
        [[0.0, 9.0]]

    References: Hendrycks & Gimpel (2016), https://arxiv.org/abs/1606.08415
    """

    kind: kinds.GELU

    def __init__(self, approximate: bool = False, **kwargs: Any) -> None:
        super().__init__(kinds.GELU, {"approximate": bool(approximate)}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return activations.gelu(inputs[0], self.kind.approximate)

    compute_last = compute  # of each value: the order of the axes does not matter


@register()
class ThresholdedReLU(BuiltIn):
    """x above theta, 0 up to it. Keras 2 has it; in Keras 3 it is ReLU(threshold=theta).

    Shapes: unchanged.

    Args:
        theta: what a value must exceed to pass.

    Raises:
        ArgumentError: a negative theta.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.ThresholdedReLU(theta=1.0)(np.array([[0.5, 1.5]])).tolist()
        [[0.0, 1.5]]

    References: Konda et al. (2014), https://arxiv.org/abs/1402.3337
    """

    kind: kinds.ThresholdedReLU

    def __init__(self, theta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(kinds.ThresholdedReLU, {"theta": theta}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return activations.threshold(inputs[0], self.kind.theta, 0.0)

    compute_last = compute  # of each value: the order of the axes does not matter


@register()
class Maxout(ChannelsLast):
    """The largest value of each group of neighbouring channels: a learned convex activation.

    Put it behind a layer without activation: Dense(units k) and Maxout(units) is the paper's
    h_i(x) = max over j of x W_ij + b_ij with k pieces; likewise behind a convolution.

    Shapes: (N, ..., num_units k) -> (N, ..., num_units) for axis -1.

    Args:
        num_units: number of groups = channels out.
        axis: the axis that is grouped; -1 is the channels.

    Raises:
        ArgumentError: num_units below 1.
        ShapeError: num_units does not divide the channels.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.Maxout(2)(np.array([[1.0, 2.0, 9.0, 4.0]])).tolist()
        [[2.0, 9.0]]

    References: Goodfellow et al. (2013), https://arxiv.org/abs/1302.4389
    """

    kind: kinds.Maxout

    def __init__(self, num_units: int, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(kinds.Maxout, {"num_units": num_units, "axis": axis}, **kwargs)

    def compute_last(self, x: Tensor, /) -> Tensor:
        k = self.kind
        groups = x.unflatten(k.axis, (k.num_units, -1))
        out: Tensor = groups.amax(k.axis if k.axis < 0 else k.axis + 1)
        return out
