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
from striate.layers.arguments import arguments_in
from striate.layers.builtin import BuiltIn
from striate.layers.calling import Calling
from striate.layers.calls import leaves, specs_of
from striate.layers.steps import Gated
from striate.ops import activations


class Recurrent(Calling):
    """What recurrent layers share: states, direction, masks; subclasses write `run`."""

    kind: kinds.Recurrent

    def specs_of(self, values: Sequence[Any]) -> tuple[Spec, ...]:
        return specs_with_batch(values) if self.kind.stateful else specs_of(values)

    # states ----------------------------------------------------------------------------------

    def after_build(self, specs: tuple[Spec, ...]) -> None:
        super().after_build(specs)
        if self.kind.stateful:
            for i, state in enumerate(self.kind.state_specs(specs[0])):
                self.register_buffer(f"state_{i}", torch.zeros([n or 0 for n in state.shape]))

    @property
    def states(self) -> list[Tensor]:
        """The states that a stateful layer keeps from call to call."""
        if not self.kind.stateful or not self.built:
            return []
        first = (self._built_for or ())[0]
        return [getattr(self, f"state_{i}") for i, _ in enumerate(self.kind.state_specs(first))]

    def reset_states(self) -> None:
        """Sets kept states to 0: the next call begins new sequences."""
        for state in self.states:
            state.zero_()

    reset_state = reset_states

    def _start(self, x: Tensor, given: Any) -> list[Tensor]:
        if given is not None:
            return leaves(given)
        kept_states = self.states
        if not kept_states:
            return self.initial_states(x)
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

    def initial_states(self, x: Tensor) -> list[Tensor]:
        """The states to start from for a sequence: zeros."""
        specs = self.kind.state_specs(Spec(tuple(x.shape)))
        return [x.new_zeros([n or 0 for n in spec.shape]) for spec in specs]

    def again(self, **changes: Any) -> Recurrent:
        """A layer of the same arguments without weights, some of them changed."""
        return type(self)(**{**arguments_of(self), **changes})

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


class GatedRecurrent(Recurrent, Gated):
    """A recurrent layer with a step of its own."""

    kind: kinds.GatedRecurrent

    def again(self, **changes: Any) -> Recurrent:
        made = super().again(**changes)
        made.use_cudnn = self.use_cudnn
        return made

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
    if "initial_state" in named:
        named["initial_state"] = leaves(named["initial_state"])
    return named


def specs_with_batch(values: Sequence[Any]) -> tuple[Spec, ...]:
    """Specs of tensors with their batch size, which kept states have."""
    pairs = zip(values, specs_of(values), strict=True)
    return tuple(Spec((v.shape[0], *spec.shape[1:]), spec.dtype) for v, spec in pairs)


def arguments_of(layer: BuiltIn) -> dict[str, Any]:
    """The constructor's arguments of a layer, with the objects that were chosen."""
    return {**arguments_in(layer.kind), **layer._choices, "trainable": layer.trainable}
