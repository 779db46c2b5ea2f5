"""Gates: layers that multiply maps by how much each channel, or each place, matters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.activating import activate
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.ops import gating


class Squeezing(BuiltIn):
    """What has two dense layers between the mean of each map and its gate."""

    kind: kinds.Squeezing
    choices_of = {  # noqa: RUF012 - read only
        "squeeze_kernel": "kernel",
        "excite_kernel": "kernel",
        "squeeze_bias": "bias",
        "excite_bias": "bias",
        "place_kernel": "kernel",
    }

    def squeezed(self, s: Tensor) -> Tensor:
        """The scores of the channels for one number of each."""
        bias = self.kind.use_bias
        return gating.squeezed(
            s,
            (self.squeeze_kernel, self.squeeze_bias if bias else None),
            partial(activate, self.activation, where=self.where),
            (self.excite_kernel, self.excite_bias if bias else None),
        )

    def gate(self, scores: Tensor) -> Tensor:
        """The gates of scores."""
        return activate(self.gate_activation, scores, self.where)

    def final_activation(self) -> str | None:
        return None


@register()
class SqueezeExcite(Squeezing):
    """Multiplies each channel by a gate that depends on the means of all channels.

    So a net learns which maps matter for this image; of SENet, MobileNetV3 and EfficientNet.
    With s the mean of each map over its places, z = sigmoid(W2 relu(W1 s + b1) + b2) and
    y = x z, z between 0 and 1 for each channel.

    Shapes: (N, ..., C), at least one axis of places, unchanged. Between W1 and W2 are
        max(1, floor(C / ratio)) numbers.

    Args:
        ratio: by how much the channels are reduced in between; the paper's r.
        activation: between the two products.
        gate_activation: of the gate; "hard_sigmoid" in MobileNetV3.
        use_bias: adds b1 and b2.
        squeeze_units: the numbers in between, instead of `ratio`: EfficientNet counts them from
            the channels before the block was widened.
        kernel_initializer: how W1 and W2 start.
        bias_initializer: how b1 and b2 start.
        kernel_regularizer: penalty on W1 and W2.
        bias_regularizer: penalty on b1 and b2.
        kernel_constraint: projection of W1 and W2 after each step.
        bias_constraint: projection of b1 and b2 after each step.

    Raises:
        ArgumentError: ratio not above 0, or squeeze_units below 1.
        ShapeError: fewer than 3 dimensions, or open channels.

    Example:
        >>> from striate import Input, layers
        >>> layer = layers.SqueezeExcite(ratio=16)
        >>> layer(Input((14, 14, 256))).shape, layer.count_params()
        ((None, 14, 14, 256), 8464)

    References: Hu et al. (2018), https://arxiv.org/abs/1709.01507
    """

    def __init__(
        self,
        ratio: float = 16,
        activation: Any = "relu",
        gate_activation: Any = "sigmoid",
        use_bias: bool = True,
        squeeze_units: int | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.SqueezeExcite, keras_arguments(locals()), **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        (x,) = inputs
        return x * gating.over_places(self.gate(self.squeezed(gating.channel_mean(x))), x)


@register()
class CBAM(Squeezing):
    """Multiplies by a gate per channel, then by a gate per place: what matters, then where.

    With m and M the mean and the largest value of each map and f(s) = W2 relu(W1 s + b1) + b2:
    x' = x sigmoid(f(m) + f(M)). Then, with the mean and the largest value over the channels of
    each place as two maps, y = x' sigmoid(conv(mean, largest)), the convolution with zeros
    around. As in the paper's formula the convolution has no bias and no normalisation (the
    authors' code has a batch normalisation there).

    Shapes: (N, H, W, C), unchanged. Between W1 and W2 are max(1, floor(C / ratio)) numbers.

    Args:
        ratio: by how much the channels are reduced in between.
        kernel_size: of the convolution over places.
        activation: between the two products.
        gate_activation: of both gates.
        use_bias: adds b1 and b2.
        kernel_initializer: how the kernels start.
        bias_initializer: how b1 and b2 start.
        kernel_regularizer: penalty on the kernels.
        bias_regularizer: penalty on b1 and b2.
        kernel_constraint: projection of the kernels after each step.
        bias_constraint: projection of b1 and b2 after each step.

    Raises:
        ArgumentError: ratio not above 0, or kernel_size below 1.
        ShapeError: not 4 dimensions, or open channels.

    Example:
        >>> from striate import Input, layers
        >>> layer = layers.CBAM(ratio=16)
        >>> layer(Input((14, 14, 256))).shape, layer.count_params()
        ((None, 14, 14, 256), 8562)

    References: Woo et al. (2018), https://arxiv.org/abs/1807.06521
    """

    def __init__(
        self,
        ratio: float = 16,
        kernel_size: int | Sequence[int] = 7,
        activation: Any = "relu",
        gate_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.CBAM, keras_arguments(locals()), **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        (x,) = inputs
        scores = self.squeezed(gating.channel_mean(x)) + self.squeezed(gating.channel_max(x))
        x = x * gating.over_places(self.gate(scores), x)
        return x * self.gate(gating.place_scores(x, self.place_kernel))


@register()
class ECA(BuiltIn):
    """Multiplies each channel by a gate that depends on the means of its neighbouring channels.

    Efficient channel attention: what `SqueezeExcite` does, with k weights instead of 2 C^2 / r.
    With s the mean of each map over its places, z = sigmoid(sum over j of w_j s_(c+j)), zeros
    beyond the first and the last channel, and y = x z. k grows with the channels: it is
    floor(abs((log2(C) + b) / gamma)), plus 1 if that is even.

    Shapes: (N, ..., C), at least one axis of places, unchanged; the kernel is (k, 1, 1).

    Args:
        kernel_size: k, an odd number; None for the formula.
        gamma: of the formula.
        b: of the formula.
        gate_activation: of the gate.
        kernel_initializer: how the kernel starts.
        kernel_regularizer: penalty on the kernel.
        kernel_constraint: projection of the kernel after each step.

    Raises:
        ArgumentError: an even kernel_size, gamma not above 0.
        ShapeError: fewer than 3 dimensions, or open channels.

    Example:
        >>> from striate import Input, layers
        >>> layer = layers.ECA()
        >>> layer(Input((14, 14, 256))).shape, layer.count_params()
        ((None, 14, 14, 256), 5)

    References: Wang et al. (2020), https://arxiv.org/abs/1910.03151
    """

    kind: kinds.ECA

    def __init__(
        self,
        kernel_size: int | None = None,
        gamma: float = 2.0,
        b: float = 1.0,
        gate_activation: Any = "sigmoid",
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        kernel_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.ECA, keras_arguments(locals()), **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        (x,) = inputs
        scores = gating.neighbours(gating.channel_mean(x), self.kernel)
        return x * gating.over_places(activate(self.gate_activation, scores, self.where), x)
