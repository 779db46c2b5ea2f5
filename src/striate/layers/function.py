"""Lambda: a function as a layer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from striate import errors
from striate.layers.base import Layer
from striate.layers.calls import Template

ANONYMOUS = "<lambda>"  # how Python calls a function without a name


class Lambda(Layer):
    """Applies a function of tensors, for operations that have no layer.

    The function gets a channels-last tensor (a list of them for several inputs) and may use all of
    torch; if it takes `training` or `mask`, it gets them. Weights belong into a `Layer` subclass:
    those that a function uses from outside are neither trained nor saved. A file holds the name
    of the layer and never its code, so loading needs the function again:
    `load_model(path, custom_objects={"lambda": function})`, "lambda" being the layer's name.

    Shapes: found by running the function on tensors without data, or on zeros if it needs data.

    Args:
        function: `function(inputs, **arguments)`.
        output_shape: shape of one sample, without the batch, where it fails on zeros; or a
            function of the input shape, batch first, that returns the whole shape.
        mask: the mask of the output: None drops that of the input; or a function of the inputs
            and their mask; or the mask itself.
        arguments: further arguments of the function.

    Raises:
        ArgumentError: `function` cannot be called, or does not take `arguments`.
        ShapeError: the function cannot run on this input.

    Example:
        >>> from striate import Input, layers
        >>> layers.Lambda(lambda x: x.mean(dim=(1, 2)))(Input((8, 8, 3))).shape
        (None, 3)
    """

    shape_fix = "Or state the shape: Lambda(function, output_shape=...)"

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Sequence[int | None] | Callable[[Any], Any] | None = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.function = function
        self.arguments = dict(arguments or {})
        self.mask = mask
        self.supports_masking = mask is not None
        self._stated_shape = output_shape
        self._takes = self._checked()

    def _checked(self) -> tuple[str, ...]:
        if not callable(self.function):
            raise errors.ArgumentError(
                errors.message(
                    self.where,
                    "`function` cannot be called",
                    got={"function": self.function},
                    expected="a function of a tensor",
                )
            )
        try:
            signature = inspect.signature(self.function)
        except (TypeError, ValueError):  # some functions written in C do not say
            return ()
        takes = [n for n in ("mask", "training") if n in signature.parameters]
        try:
            signature.bind(None, **{**dict.fromkeys(takes), **self.arguments})
        except TypeError as error:
            raise errors.ArgumentError(
                errors.message(
                    self.where,
                    f"the function cannot be called so ({error})",
                    got={"arguments": self.arguments},
                    expected="a function of the inputs that takes these arguments by name",
                )
            ) from None
        return tuple(takes)

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        """The function of the inputs."""
        asked = {"mask": mask, "training": training}
        given = {name: asked[name] for name in self._takes}
        return self.function(inputs, **{**given, **self.arguments})

    def arranged(
        self, args: Any, kwargs: Any, types: tuple[type, ...]
    ) -> tuple[Template, tuple[Any, ...]]:
        if self.supports_masking or "mask" in self._takes:
            return super().arranged(args, kwargs, types)
        return Template.split(args, kwargs, types)  # the mask of the input is dropped, and said

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    @property
    def states_shape(self) -> bool:
        return self._stated_shape is not None

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._stated_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._stated_shape):
            return self._stated_shape(input_shape)
        first = input_shape[0]
        batch = first[0] if isinstance(first, (tuple, list)) else first
        return (batch, *self._stated_shape)
