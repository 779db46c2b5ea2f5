"""Recurrent: what every recurrent layer does around its step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from striate import errors
from striate.graph import kinds
from striate.graph.kinds import Kind
from striate.graph.spec import Spec
from striate.layers.activating import activate
from striate.layers.calling import Calling
from striate.layers.random import Random
from striate.ops import activations
from striate.ops.layout import to_external, to_internal
from striate.ops.random import kept


class Recurrent(Calling, Random):
    """What recurrent layers share: states, direction, masks, dropout; subclasses write the step.

    Dropout of inputs and states is drawn once per call, the same for all steps, as in Keras.
    """

    kind: kinds.Recurrent
    choices_of = {"recurrent_kernel": "recurrent"}  # noqa: RUF012 - read only

    def __init__(self, kind: type[Kind], arguments: Mapping[str, Any], **kwargs: Any) -> None:
        use_cudnn = arguments.get("use_cudnn", "auto")
        kwargs.pop("implementation", None)  # of Keras: how, not what
        arguments = {k: v for k, v in arguments.items() if k != "use_cudnn"}
        for name in ("unroll", "zero_output_for_mask"):  # Keras takes them as further arguments
            if name in kwargs:
                arguments[name] = bool(kwargs.pop(name))
        super().__init__(kind, arguments, **kwargs)
        self.use_cudnn = use_cudnn
        if self.use_cudnn not in ("auto", True, False):
            raise errors.ArgumentError(
                errors.message(
                    self.where,
                    "`use_cudnn` is not valid",
                    got={"use_cudnn": self.use_cudnn},
                    expected='"auto", True or False',
                )
            )

    # states ----------------------------------------------------------------------------------

    def after_build(self, specs: tuple[Spec, ...]) -> None:
        if self.kind.use_bias and getattr(self.kind, "unit_forget_bias", False):
            width = self.bias.shape[0] // 4
            with torch.no_grad():
                self.bias[width : 2 * width] = 1.0
        if self.kind.stateful:
            shape = [n or 0 for n in (specs[0].shape[0], *self.kind.state_sizes(specs[0]))]
            for i in range(self.kind.num_states):
                self.register_buffer(f"state_{i}", torch.zeros(shape))

    @property
    def states(self) -> list[Tensor]:
        """The states that a stateful layer keeps from call to call."""
        if not self.kind.stateful or not self.built:
            return []
        return [getattr(self, f"state_{i}") for i in range(self.kind.num_states)]

    def reset_states(self) -> None:
        """Sets kept states to 0: the next call begins new sequences."""
        for state in self.states:
            state.zero_()

    reset_state = reset_states

    def _start(self, x: Tensor, given: Any) -> list[Tensor]:
        if given is not None:
            return list(given) if isinstance(given, (list, tuple)) else [given]
        kept_states = self.states
        if not kept_states:
            sizes = [n or 0 for n in self.kind.state_sizes(Spec(tuple(x.shape)))]
            return [x.new_zeros((x.shape[0], *sizes))] * self.kind.num_states
        if kept_states[0].shape[0] != x.shape[0]:
            raise errors.ShapeError(
                errors.message(
                    self.where,
                    "another batch size than that of its kept states",
                    got={"batch size": x.shape[0]},
                    expected=f"{kept_states[0].shape[0]}",
                    fix="stateful=False, or batches of one size",
                )
            )
        return [s.clone() for s in kept_states]

    # calling ---------------------------------------------------------------------------------

    def named(self, args: Any, kwargs: Any) -> dict[str, Any]:
        return states_apart(super().named(args, kwargs))

    def call(self, sequences: Tensor, initial_state: Any = None, mask: Any = None) -> Any:
        """Runs over the steps of (N, T, ...) sequences.

        Args:
            sequences: the input.
            initial_state: the states to start from; zeros by default.
            mask: (N, T), False for steps that do not count.
        """
        states: Sequence[Tensor] = self._start(sequences, initial_state)
        mask = None if mask is None else mask != 0
        if self.kind.go_backwards:
            sequences = sequences.flip(1)
            mask = None if mask is None else mask.flip(1)
        out, states = self.run(sequences, states, mask)
        for kept_state, state in zip(self.states, states, strict=False):
            kept_state.copy_(state.detach())
        found = [out, *states] if self.kind.return_state else [out]
        penalty = self._choices["activity_regularizer"]
        if penalty is not None:
            self.penalise(sum(penalty(o) for o in found) / max(1, out.shape[0]))
        return found if len(found) > 1 else out

    def run(
        self, x: Tensor, states: Sequence[Tensor], mask: Tensor | None
    ) -> tuple[Tensor, Sequence[Tensor]]:
        """The output of the last step, or of all with `return_sequences`, and the last states."""
        return x, states

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return super().compute_mask(inputs, mask) if self.kind.return_sequences else None

    # parts of a step -------------------------------------------------------------------------

    def masks_of_dropout(self, x: Tensor, state: Tensor, count: int) -> tuple[Any, Any]:
        """What inputs and states are multiplied by, `count` of each; None for nothing.

        Args:
            x: the input of one step.
            state: a state.
            count: how many products get a mask of their own.
        """
        k = self.kind
        if not self.training or not (k.dropout or k.recurrent_dropout):
            return None, None
        source = self.stream(x)
        first = scaled_mask((count, *x.shape), x, k.dropout, source)
        return first, scaled_mask((count, *state.shape), state, k.recurrent_dropout, source)

    def bent(self, name: str) -> Any:
        """One of its activations as a function of a channels-last tensor."""
        function = self._choices[name]
        if activations.of_each_value(function):
            return function
        return lambda x: to_external(activate(function, to_internal(x), self.where))

    def has_kernel_of_torch(self) -> bool:
        """Whether its activations are those of torch's kernels, and these may be used."""
        gate = self._choices.get("recurrent_activation", activations.sigmoid)
        usual = self._choices["activation"] is activations.tanh and gate is activations.sigmoid
        return usual and self.use_cudnn is not False


def states_apart(named: dict[str, Any]) -> dict[str, Any]:
    """A call on [sequences, *states], as in Keras 2, as one with `initial_state`."""
    first = named["sequences"]
    if isinstance(first, (list, tuple)):
        named = {**named, "sequences": first[0]}
        if len(first) > 1:
            named["initial_state"] = list(first[1:])
    return named


def scaled_mask(
    shape: Sequence[int], like: Tensor, rate: float, source: torch.Generator | None
) -> Tensor | None:
    """1 / (1 - rate) where a value is kept, else 0; None where all are."""
    if rate in (0.0, 1.0):
        return torch.zeros(tuple(shape)).to(like) if rate else None
    return kept(shape, like, rate, source) / (1.0 - rate)
