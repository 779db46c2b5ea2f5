"""Convolution kinds: one N-dimensional rule; the subclasses fix a number."""

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
from striate.graph.spec import Shape, Spec


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
    raise Fault(
        "the window is larger than its input",
        got=got,
        expected=f"{name} (dilated) <= {spec.spatial}, the height and width of the input"
        if len(kernel) == 2
        else f"{name} (dilated) <= {spec.spatial}, the size of the input",
        fix=f'Use padding="same", a smaller {name}, or fewer strides and poolings before it',
    )


@dataclass(frozen=True)
class Conv(Kind):
    """A bank of filters slid over the input; a sum of products at each position."""

    rank: ClassVar[int] = 2
    filters: int = 1
    kernel_size: tuple[int, ...] = ()
    strides: tuple[int, ...] = ()
    padding: str = "valid"
    dilation_rate: tuple[int, ...] = ()
    groups: int = 1
    activation: Named = Named("linear")
    use_bias: bool = True
    kernel_initializer: Named = Named("GlorotUniform")
    bias_initializer: Named = Named("Zeros")
    kernel_regularizer: Named | None = None
    bias_regularizer: Named | None = None
    activity_regularizer: Named | None = None
    kernel_constraint: Named | None = None
    bias_constraint: Named | None = None

    def __init_subclass__(cls) -> None:
        cls.min_rank = cls.max_rank = cls.rank + 2

    def check(self) -> None:
        self.replace(
            filters=whole("filters", self.filters),
            kernel_size=sizes("kernel_size", self.kernel_size, self.rank, default=1),
            strides=sizes("strides", self.strides, self.rank, default=1),
            padding=chosen("padding", self.padding, window.PADDINGS),
            dilation_rate=sizes("dilation_rate", self.dilation_rate, self.rank, default=1),
            groups=whole("groups", self.groups),
        )
        if self.filters % self.groups:
            raise bad_argument("groups", self.groups, f"a divisor of filters={self.filters}")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise bad_argument(
                "strides", self.strides, f"1 where dilation_rate={self.dilation_rate} is above 1"
            )

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        spatial = tuple(
            window.output_size(n, k, s, d, self.padding)
            for n, k, s, d in zip(
                spec.spatial, self.kernel_size, self.strides, self.dilation_rate, strict=True
            )
        )
        check_window(self, spec, self.kernel_size, spatial)
        return with_channels(spec, spatial, self.filters)

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        channels = known_channels(inputs[0])
        if channels % self.groups:
            raise Fault(
                "`groups` does not divide the input channels",
                got={"groups": self.groups, "input shape": inputs[0].shape},
                expected=f"channels divisible by groups, got {channels} channels",
            )
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        kernel = WeightSpec(
            "kernel",
            shape,
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        return (kernel, *bias_weight(self, self.filters))


def bias_weight(kind: Kind, size: int) -> tuple[WeightSpec, ...]:
    """The bias of a kind that has `use_bias` and its `bias_...` fields, or nothing."""
    if not kind.use_bias:  # type: ignore[attr-defined]
        return ()
    bias = WeightSpec(
        "bias",
        (size,),
        kind.bias_initializer,  # type: ignore[attr-defined]
        regularizer=kind.bias_regularizer,  # type: ignore[attr-defined]
        constraint=kind.bias_constraint,  # type: ignore[attr-defined]
    )
    return (bias,)


@register
@dataclass(frozen=True)
class Conv2D(Conv):
    """`Conv` over height and width."""

    rank: ClassVar[int] = 2
