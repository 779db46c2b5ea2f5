"""Layers that carry others through time: step by step, or from both ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from striate import errors
from striate.graph import kinds
from striate.graph.spec import Spec
from striate.layers import masks
from striate.layers.base import Layer
from striate.layers.builtin import register
from striate.layers.calling import Calling
from striate.layers.calls import Template
from striate.layers.normalization import BatchNormalization
from striate.layers.recurrent import Recurrent, states_apart
from striate.layers.weight_normalization import SpectralNormalization
from striate.layers.wrapping import Holding, Wrapping, as_layer
from striate.ops.layout import to_external, to_internal

if TYPE_CHECKING:
    from typing_extensions import Self


@register()
class TimeDistributed(Wrapping):
    """Applies one layer, or a whole model, to each step of a sequence with the same weights.

    A film is a sequence of images: a convolutional net for each image, then an `LSTM` over what it
    saw. All steps run at once, as one large batch; only in the training of layers whose result
    depends on their batch (`BatchNormalization`) step by step, as in Keras 3.

    Shapes: (N, T, ...) -> (N, T, ...), where the layer takes (N, ...) -> (N, ...).

    Args:
        layer: what is applied.

    Raises:
        ArgumentError: `layer` is not a layer, or has several outputs.
        ShapeError: fewer than 3 dimensions, or a step that does not fit the layer.

    Example:
        >>> from striate import Input, layers
        >>> layers.TimeDistributed(layers.Conv2D(64, 3))(Input((10, 128, 128, 3))).shape
        (None, 10, 126, 126, 64)
    """

    kind: kinds.TimeDistributed

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(kinds.TimeDistributed, layer, {}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        x = to_external(inputs[0])
        if self.training and any(isinstance(m, BY_BATCH) for m in self.layer.modules()):
            steps = [to_external(self._inner(x[:, t])) for t in range(x.shape[1])]
            return to_internal(torch.stack(steps, 1))
        out = to_external(self._inner(x.flatten(0, 1)))
        return to_internal(out.unflatten(0, x.shape[:2]))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        if mask is not None and mask.ndim > 2:
            raise masks.refused(
                self,
                "its mask is for parts of a step",
                "Put the layer that gives the mask inside: layers.TimeDistributed("
                "st.Sequential([layers.Embedding(..., mask_zero=True), layers.LSTM(32)]))",
            )
        return super().compute_mask(inputs, mask)

    def _inner(self, x: Tensor) -> Tensor:
        out: Any = self.layer.compute(to_internal(x))
        return out[0] if isinstance(out, (tuple, list)) else out  # type: ignore[no-any-return]


BY_BATCH = (BatchNormalization, SpectralNormalization)  # training sees the batch as one


@register()
class Bidirectional(Calling, Holding):
    """Reads a sequence with one recurrent layer from its start and with another from its end.

    Each step then knows what comes before and after it. The layer passed is a pattern: two layers
    of its arguments are made, the second with `go_backwards`.

    Shapes: (N, T, C) -> (N, 2 units), or (N, T, 2 units) with return_sequences, for "concat";
        (N, units) for the other modes, two of them for None. With return_state the states of both
        behind it. Also called with `initial_state` (those of both) and `mask` (N, T).

    Args:
        layer: a recurrent layer.
        merge_mode: "concat", "sum", "ave" (mean), "mul" (product), or None for both apart.
        weights: arrays to start with, in the order of `get_weights`.
        backward_layer: the layer from the end, if it is to have other arguments.

    Raises:
        ArgumentError: no recurrent layer, both in one direction, or layers that return different
            things.
        ShapeError: sizes that differ where they are added, states or a mask that do not fit.

    Example:
        >>> from striate import Input, layers
        >>> layers.Bidirectional(layers.LSTM(32, return_sequences=True))(Input((10, 8))).shape
        (None, 10, 64)

    References: Schuster & Paliwal (1997), "Bidirectional recurrent neural networks"
    """

    kind: kinds.Bidirectional
    forward_layer: Recurrent
    backward_layer: Recurrent

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Sequence[Any] | None = None,
        backward_layer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.Bidirectional, {"merge_mode": merge_mode}, **kwargs)
        pattern = self._recurrent(layer)
        zero = {"zero_output_for_mask": pattern.kind.return_sequences}
        self.forward_layer = twin(pattern, "forward_", **zero)
        if backward_layer is None:
            other = twin(pattern, "backward_", **zero, go_backwards=not pattern.kind.go_backwards)
        else:
            other = twin(self._recurrent(backward_layer), "", **zero)
        self.backward_layer = other
        self._check_pair()
        self._first_weights = weights

    def _recurrent(self, layer: Any) -> Recurrent:
        made = as_layer(layer, self.where)
        if not isinstance(made, Recurrent):
            raise errors.ArgumentError(
                errors.message(
                    self.where,
                    "the layer inside is not recurrent",
                    got={"layer": made.where},
                    expected="a layer such as layers.LSTM(32)",
                )
            )
        return made

    def _check_pair(self) -> None:
        ours, theirs = self.forward_layer.kind, self.backward_layer.kind
        for name in ("go_backwards", "return_sequences", "return_state", "stateful"):
            same = getattr(ours, name) == getattr(theirs, name)
            if same == (name == "go_backwards"):
                raise errors.ArgumentError(
                    errors.message(
                        self.where,
                        "the two layers do not go together",
                        got={name: (getattr(ours, name), getattr(theirs, name))},
                        expected="different directions"
                        if name == "go_backwards"
                        else "the same in both",
                        fix="layers.LSTM(32, go_backwards=True)" if name == "go_backwards" else "",
                    )
                )

    def specs_of(self, values: Sequence[Any]) -> tuple[Spec, ...]:
        return self.forward_layer.specs_of(values)

    def wrapped(self) -> Mapping[str, Layer]:
        return {"forward_layer": self.forward_layer, "backward_layer": self.backward_layer}

    @classmethod
    def around(cls, inner: Sequence[Layer], fields: Mapping[str, Any]) -> Self:
        return cls(inner[0], backward_layer=inner[1], **fields)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        forward = config.pop("forward_layer")
        return {**config, "layer": forward}

    def after_build(self, specs: Any) -> None:
        super().after_build(specs)
        if self._first_weights is not None:
            self.set_weights(self._first_weights)
            self._first_weights = None

    def reset_states(self) -> None:
        """Sets the kept states of both layers to 0."""
        self.forward_layer.reset_states()
        self.backward_layer.reset_states()

    reset_state = reset_states

    def named(self, args: Any, kwargs: Any) -> dict[str, Any]:
        return states_apart(super().named(args, kwargs))

    def call(self, sequences: Tensor, initial_state: Any = None, mask: Any = None) -> Any:
        """Runs over the steps of (N, T, ...) sequences in both directions; see `Recurrent`."""
        half = len(initial_state) // 2 if initial_state is not None else 0
        starts = (initial_state[:half], initial_state[half:]) if half else (None, None)
        first = self.forward_layer.call(sequences, starts[0], mask)
        second = self.backward_layer.call(sequences, starts[1], mask)
        states: list[Tensor] = []
        if self.forward_layer.kind.return_state:
            states = [*first[1:], *second[1:]]
            first, second = first[0], second[0]
        if self.forward_layer.kind.return_sequences:
            second = second.flip(1)
        found = [*joined(self.kind.merge_mode, first, second), *states]
        return found if len(found) > 1 else found[0]

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return super().compute_mask(inputs, mask) if self.forward_layer.return_sequences else None


def joined(mode: str | None, a: Tensor, b: Tensor) -> list[Tensor]:
    """The outputs of both directions as one, or both."""
    if mode is None:
        return [a, b]
    if mode == "concat":
        return [torch.cat([a, b], -1)]
    return [a * b if mode == "mul" else (a + b) / (2 if mode == "ave" else 1)]


def twin(layer: Recurrent, prefix: str, **changes: Any) -> Recurrent:
    """A layer of the same arguments without weights, some of them changed."""
    made = layer.again(**changes)
    made.automatic_name = f"{prefix}{layer.name.removeprefix(prefix)}"
    return made
