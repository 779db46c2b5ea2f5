"""Convolution kinds: one N-dimensional rule per operation; the subclasses fix a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph import window
from striate.graph.kinds.base import (
    Fault,
    Kind,
    WeightSpec,
    bad_argument,
    chosen,
    known_channels,
    register,
    sizes,
    whole,
    with_channels,
)
from striate.graph.named import Named
from striate.graph.reach import Reach, padded, placing
from striate.graph.spec import Shape, Spec, product


def check_window(kind: Kind, spec: Spec, kernel: tuple[int, ...], outputs: Shape) -> None:
    """A `Fault` if a sliding window does not fit into its input."""
    if all(n is None or n >= 1 for n in outputs):
        return
    name = "pool_size" if hasattr(kind, "pool_size") else "kernel_size"
    if 0 in spec.spatial:
        raise Fault("the input has no rows or columns left", got={"input shape": spec.shape})
    dilation = getattr(kind, "dilation_rate", ())
    got: dict[str, object] = {name: kernel, "input shape": spec.shape}
    if any(d != 1 for d in dilation):
        got["dilation_rate"] = dilation
    what = f"{name} (dilated)" if "dilation_rate" in got else name
    size = "height and width" if len(kernel) == 2 else "size"
    raise Fault(
        "the window is larger than its input",
        got=got,
        expected=f"{what} <= {spec.spatial}, the {size} of the input",
        fix=f'Use padding="same", a smaller {name}, or fewer strides and poolings before it',
    )


def weight(kind: Kind, name: str, shape: tuple[int, ...], fields: str) -> WeightSpec:
    """A weight whose choices are the fields `{fields}_initializer`, `..._regularizer`, ..."""
    return WeightSpec(
        name,
        shape,
        getattr(kind, f"{fields}_initializer"),
        regularizer=getattr(kind, f"{fields}_regularizer"),
        constraint=getattr(kind, f"{fields}_constraint"),
    )


def bias_weight(kind: Kind, *shape: int) -> tuple[WeightSpec, ...]:
    """The bias of a kind that has `use_bias` and its `bias_...` fields, or nothing."""
    wanted = kind.use_bias  # type: ignore[attr-defined]
    return (weight(kind, "bias", shape, "bias"),) if wanted else ()


@dataclass(frozen=True)
class Convolving(Kind):
    """What all convolutions have: a window that slides, a bias, an activation."""

    rank: ClassVar[int] = 2
    paddings: ClassVar[tuple[str, ...]] = window.CONVOLUTION_PADDINGS
    kernel_size: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    padding: str = "valid"
    activation: Named = Named("linear")
    use_bias: bool = True
    bias_initializer: Named = Named("Zeros")
    bias_regularizer: Named | None = None
    bias_constraint: Named | None = None
    activity_regularizer: Named | None = None

    def __init_subclass__(cls) -> None:
        cls.min_rank = cls.max_rank = cls.rank + 2

    def check(self) -> None:
        self.replace(
            kernel_size=sizes("kernel_size", self.kernel_size, self.rank),
            strides=sizes("strides", self.strides, self.rank, default=1),
            padding=chosen("padding", self.padding, self.paddings),
        )

    def macs(self, *inputs: Spec) -> int | None:
        return product((*self.positions(*inputs), self.kernel_values(*inputs)))

    def positions(self, *inputs: Spec) -> Shape:
        """How many windows there are along each axis."""
        return self.windows(inputs[0], getattr(self, "dilation_rate", None))

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        i = axis - 1
        rate = getattr(self, "dilation_rate", (1,) * self.rank)[i]
        size, stride = self.kernel_size[i], self.strides[i]
        return padded(self.padding, given.shape[axis], size, stride, rate)

    def windows(self, spec: Spec, dilation: tuple[int, ...] | None = None) -> Shape:
        """How many windows there are along each axis; a `Fault` if none fits."""
        rates = dilation or (1,) * self.rank
        axes = zip(spec.spatial, self.kernel_size, self.strides, rates, strict=True)
        found = tuple(window.output_size(n, k, s, d, self.padding) for n, k, s, d in axes)
        check_window(self, spec, self.kernel_size, found)
        return found


@dataclass(frozen=True)
class Dilated(Convolving):
    """A convolution whose window may be spread out."""

    dilation_rate: tuple[int, ...] = ()

    def check(self) -> None:
        super().check()
        rates = sizes("dilation_rate", self.dilation_rate, self.rank, default=1)
        self.replace(dilation_rate=rates)

    def refuse_both(self) -> None:
        """Keras's rule: strides and dilation exclude each other."""
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise bad_argument(
                "strides", self.strides, f"1 where dilation_rate={self.dilation_rate} is above 1"
            )


@dataclass(frozen=True)
class Conv(Dilated):
    """A bank of filters slid over the input; a sum of products at each position."""

    filters: int = 1
    groups: int = 1
    kernel_initializer: Named = Named("GlorotUniform")
    kernel_regularizer: Named | None = None
    kernel_constraint: Named | None = None

    def check(self) -> None:
        super().check()
        self.replace(filters=whole("filters", self.filters), groups=whole("groups", self.groups))
        if self.filters % self.groups:
            raise bad_argument("groups", self.groups, f"a divisor of filters={self.filters}")
        self.refuse_both()

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        return with_channels(spec, self.windows(spec, self.dilation_rate), self.filters)

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        channels = known_channels(inputs[0])
        if channels % self.groups:
            raise Fault(
                "`groups` does not divide the input channels",
                got={"groups": self.groups, "input shape": inputs[0].shape},
                expected=f"channels divisible by groups, got {channels} channels",
            )
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        return (weight(self, "kernel", shape, "kernel"), *bias_weight(self, self.filters))


@register
class Conv1D(Conv):
    """`Conv` over one axis; also "causal", which looks back only."""

    rank: ClassVar[int] = 1
    paddings: ClassVar[tuple[str, ...]] = window.SEQUENCE_PADDINGS


@register
class Conv2D(Conv):
    """`Conv` over height and width."""


@register
class Conv3D(Conv):
    """`Conv` over depth, height and width."""

    rank: ClassVar[int] = 3


@dataclass(frozen=True)
class ConvTranspose(Dilated):
    """The gradient of a convolution as a layer: each input value places a scaled filter."""

    paddings: ClassVar[tuple[str, ...]] = window.PADDINGS
    filters: int = 1
    output_padding: tuple[int, ...] | None = None
    kernel_initializer: Named = Named("GlorotUniform")
    kernel_regularizer: Named | None = None
    kernel_constraint: Named | None = None

    def check(self) -> None:
        super().check()
        self.replace(filters=whole("filters", self.filters))
        if self.output_padding is not None:
            extra = sizes("output_padding", self.output_padding, self.rank, least=0)
            if any(o >= s for o, s in zip(extra, self.strides, strict=True)):
                raise bad_argument("output_padding", extra, f"less than strides={self.strides}")
            self.replace(output_padding=extra)
        self.refuse_both()

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        extra = self.output_padding or (None,) * self.rank
        axes = zip(
            spec.spatial, self.kernel_size, self.strides, self.dilation_rate, extra, strict=True
        )
        spatial = tuple(
            window.transposed_output_size(n, k, s, d, self.padding, o) for n, k, s, d, o in axes
        )
        if any(n is not None and n < 1 for n in spatial):
            raise Fault(
                "nothing is left after cropping",
                got={"input shape": spec.shape, "output size": spatial},
                expected="at least 1 along every axis",
                fix='Use padding="valid", or leave output_padding out',
            )
        return with_channels(spec, spatial, self.filters)

    def macs(self, *inputs: Spec) -> int | None:
        return product((*inputs[0].spatial, self.kernel_values(*inputs)))

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        i = axis - 1
        size, stride, rate = self.kernel_size[i], self.strides[i], self.dilation_rate[i]
        extra = self.output_padding[i] if self.output_padding is not None else None
        cut, _ = window.transposed_cropping(size, stride, rate, self.padding, extra)
        return placing(window.extent(size, rate), stride, cut, rate)

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        shape = (*self.kernel_size, self.filters, known_channels(inputs[0]))
        return (weight(self, "kernel", shape, "kernel"), *bias_weight(self, self.filters))


@register
class Conv1DTranspose(ConvTranspose):
    """`ConvTranspose` over one axis."""

    rank: ClassVar[int] = 1


@register
class Conv2DTranspose(ConvTranspose):
    """`ConvTranspose` over height and width."""


@register
class Conv3DTranspose(ConvTranspose):
    """`ConvTranspose` over depth, height and width."""

    rank: ClassVar[int] = 3


@dataclass(frozen=True)
class DepthwiseConv(Dilated):
    """Every channel has filters of its own and sees no other channel."""

    depth_multiplier: int = 1
    depthwise_initializer: Named = Named("GlorotUniform")
    depthwise_regularizer: Named | None = None
    depthwise_constraint: Named | None = None

    def check(self) -> None:
        super().check()
        self.replace(depth_multiplier=whole("depth_multiplier", self.depth_multiplier))

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        channels = product((spec.channels, self.depth_multiplier))
        return with_channels(spec, self.windows(spec, self.dilation_rate), channels)

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        channels = known_channels(inputs[0])
        kernel = self.depthwise_weight("kernel", channels)
        return (kernel, *bias_weight(self, channels * self.depth_multiplier))

    def depthwise_weight(self, name: str, channels: int) -> WeightSpec:
        """The filters of every channel: (kernel_size..., channels, depth_multiplier)."""
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        return weight(self, name, shape, "depthwise")


@register
class DepthwiseConv1D(DepthwiseConv):
    """`DepthwiseConv` over one axis."""

    rank: ClassVar[int] = 1
    paddings: ClassVar[tuple[str, ...]] = window.SEQUENCE_PADDINGS


@register
class DepthwiseConv2D(DepthwiseConv):
    """`DepthwiseConv` over height and width."""


@dataclass(frozen=True)
class SeparableConv(DepthwiseConv):
    """`DepthwiseConv`, then a 1x1 convolution that mixes the channels."""

    filters: int = 1
    pointwise_initializer: Named = Named("GlorotUniform")
    pointwise_regularizer: Named | None = None
    pointwise_constraint: Named | None = None

    def check(self) -> None:
        super().check()
        self.replace(filters=whole("filters", self.filters))

    def output(self, *inputs: Spec) -> Spec:
        spec = super().output(*inputs)
        return Spec((*spec.shape[:-1], self.filters), spec.dtype)

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        channels = known_channels(inputs[0])
        shape = (*(1,) * self.rank, channels * self.depth_multiplier, self.filters)
        return (
            self.depthwise_weight("depthwise_kernel", channels),
            weight(self, "pointwise_kernel", shape, "pointwise"),
            *bias_weight(self, self.filters),
        )

    def macs_inside(self, *inputs: Spec) -> int | None:
        point = next(w.size for w in self.weights(*inputs) if w.name == "pointwise_kernel")
        return product((*self.positions(*inputs), point))


@register
class SeparableConv1D(SeparableConv):
    """`SeparableConv` over one axis."""

    rank: ClassVar[int] = 1
    paddings: ClassVar[tuple[str, ...]] = window.SEQUENCE_PADDINGS


@register
class SeparableConv2D(SeparableConv):
    """`SeparableConv` over height and width."""


@dataclass(frozen=True)
class LocallyConnected(Convolving):
    """A convolution without sharing: every position has filters and biases of its own.

    Args:
        implementation: Keras 2's choice of algorithm (1, 2, 3); kept, because a file's weights
            lie as it says. Here there is one algorithm, and the layout of 1.
    """

    paddings: ClassVar[tuple[str, ...]] = window.PADDINGS
    filters: int = 1
    kernel_initializer: Named = Named("GlorotUniform")
    kernel_regularizer: Named | None = None
    kernel_constraint: Named | None = None
    implementation: int = 1

    def check(self) -> None:
        super().check()
        self.replace(filters=whole("filters", self.filters))
        if self.implementation not in (1, 2, 3):
            raise bad_argument("implementation", self.implementation, "1, 2 or 3")

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        return with_channels(spec, self.windows(spec), self.filters)

    def macs(self, *inputs: Spec) -> int | None:
        return None if None in inputs[0].spatial else self.kernel_values(*inputs)

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        (spec,) = inputs
        positions = self.windows(spec)
        known = [n for n in positions if n is not None]
        if len(known) < self.rank:
            raise Fault(
                "a size of the input is open, but every position has weights of its own",
                got={"input shape": spec.shape},
                expected="known sizes",
                fix="State them in Input(shape=...)",
            )
        values = (product(self.kernel_size) or 0) * known_channels(spec)
        shape = (product(known) or 0, values, self.filters)
        return (
            weight(self, "kernel", shape, "kernel"),
            *bias_weight(self, *known, self.filters),
        )


@register
class LocallyConnected1D(LocallyConnected):
    """`LocallyConnected` over one axis."""

    rank: ClassVar[int] = 1


@register
class LocallyConnected2D(LocallyConnected):
    """`LocallyConnected` over height and width."""
