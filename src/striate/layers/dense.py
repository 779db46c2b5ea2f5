"""The fully connected layer."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.builtin import BuiltIn, register
from striate.ops.dense import dense
from striate.ops.layout import to_external, to_internal


@register()
class Dense(BuiltIn):
    """Connects every input feature to every unit: activation(x kernel + bias).

    Shapes: (N, ..., in) -> (N, ..., units); in between, every position is treated alike.

    Args:
        units: number of outputs.
        activation: name or function, applied to the result.
        use_bias: adds one learned number per unit.
        kernel_initializer: how the kernel starts.
        bias_initializer: how the bias starts.
        kernel_regularizer: penalty on the kernel.
        bias_regularizer: penalty on the bias.
        activity_regularizer: penalty on the output, per sample.
        kernel_constraint: projection of the kernel after each step.
        bias_constraint: projection of the bias after each step.

    Raises:
        ArgumentError: units below 1.
        ShapeError: the size of the last axis is open.

    Example:
        >>> from striate import Input, layers
        >>> layers.Dense(10, activation="softmax")(Input((128,))).shape
        (None, 10)
    """

    kind: kinds.Dense

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            kinds.Dense,
            {
                "units": units,
                "activation": activation,
                "use_bias": use_bias,
                "kernel_initializer": kernel_initializer,
                "bias_initializer": bias_initializer,
                "kernel_regularizer": kernel_regularizer,
                "bias_regularizer": bias_regularizer,
                "activity_regularizer": activity_regularizer,
                "kernel_constraint": kernel_constraint,
                "bias_constraint": bias_constraint,
            },
            **kwargs,
        )

    def before_activation(self, *inputs: Tensor) -> Tensor:
        bias = self.bias if self.kind.use_bias else None
        return to_internal(dense(to_external(inputs[0]), self.kernel, bias))

    def compute_last(self, x: Tensor, /) -> Tensor:
        if not self.of_each_value():
            return super().compute_last(x)
        bias = self.bias if self.kind.use_bias else None
        return self.finish(dense(x, self.kernel, bias))
