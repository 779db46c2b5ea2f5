"""The weights of a layer: making them from specs, reading and setting them as Keras does."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from striate import errors
from striate.graph.kinds import WeightSpec
from striate.graph.named import Named
from striate.layers.waiting import WaitingWeights, allocate, shape_of, started
from striate.ops import constraints, initializers, regularizers
from striate.ops.modules import parts


class Weights(WaitingWeights):
    """The part of a layer that owns weights.

    Weights are made when they are first read (`waiting`). A weight has Keras's shape, (H, W, in,
    out) for kernels, but lies in memory with the outputs outermost: seen as (out, in, H, W) it is
    channels-last, which convolutions read without a copy.
    """

    storage: Mapping[str, tuple[int, ...]] = MappingProxyType({})  # memory order, outermost first

    def __init__(self) -> None:
        super().__init__()
        self._specs: dict[str, WeightSpec] = {}
        self._regularized: list[tuple[str, Callable[[Tensor], Tensor]]] = []
        self._constrained: list[tuple[str, Callable[[Tensor], Tensor]]] = []
        self._extra_losses: list[Tensor] = []
        self.activity_penalty: Tensor | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        listed = isinstance(value, (list, tuple)) and name[0] != "_"
        if listed and all(isinstance(v, nn.Module) for v in value):  # as in Keras, these count
            for i, module in enumerate(value):
                self.add_module(f"{name}_{i}", module)

    @property
    def where(self) -> str:
        """How messages call it: `conv2d_1 (Conv2D)`."""
        return type(self).__name__

    # making ------------------------------------------------------------------------------

    def make_weight(
        self, spec: WeightSpec, initializer: Any, regularizer: Any, constraint: Any
    ) -> None:
        """A new weight of this layer, which gets its values when it is first read."""
        start = started(initializer, spec.shape)
        if isinstance(start, Tensor) and tuple(start.shape) != spec.shape:
            raise errors.ShapeError(
                errors.message(
                    self.where,
                    f"the initialiser of `{spec.name}` gave another shape",
                    got={"shape": tuple(start.shape)},
                    expected=str(spec.shape),
                )
            )
        self.let_wait(spec, self.memory_order(spec), start)
        self._specs[spec.name] = spec
        if regularizer is not None and spec.trainable:
            self._regularized.append((spec.name, regularizer))
        if constraint is not None:
            self._constrained.append((spec.name, constraint))

    def memory_order(self, spec: WeightSpec) -> Sequence[int]:
        """The axes of a weight from the outermost in memory to the innermost."""
        rank = len(spec.shape)
        return self.storage.get(spec.name) or (rank - 1, *range(rank - 1))

    def add_weight(
        self,
        shape: Sequence[int] | int | str | None = None,
        initializer: Any = None,
        dtype: str | None = None,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str | None = None,
    ) -> Tensor:
        """Makes a weight in `build`.

        Args:
            shape: its shape.
            initializer: name or object; "glorot_uniform" by default, "zeros" for one axis or none.
            dtype: "float32".
            trainable: False for a statistic that training does not change by gradients.
            regularizer: penalty added to the loss.
            constraint: projection applied after each optimizer step.
            name: unique in the layer; `weight`, `weight_1`, ... by default.
        """
        if isinstance(shape, str):  # Keras 2 code passes the name first
            shape, name = None, shape
        sizes = (shape,) if isinstance(shape, int) else tuple(shape or ())
        if name is None or name in self._specs:
            name = _free_name(name or "weight", self._specs)
        chosen = initializers.get(
            ("glorot_uniform" if len(sizes) > 1 else "zeros")
            if initializer is None
            else initializer,
            self.where,
        )
        penalty = None if regularizer is None else regularizers.get(regularizer, self.where)
        rule = None if constraint is None else constraints.get(constraint, self.where)
        spec = WeightSpec(
            name,
            sizes,
            initializers.named(None, chosen),
            trainable,
            None if penalty is None else regularizers.named(None, penalty),
            None if rule is None else constraints.named(None, rule),
        )
        self.make_weight(spec, chosen, penalty, rule)
        made: Tensor = getattr(self, spec.name)
        return made

    def weight_specs(self) -> tuple[WeightSpec, ...]:
        """Specs of all weights, sublayers' included with their path in front."""
        specs: list[WeightSpec] = list(_trainable_first(self._specs.values()))
        for name, module in self.named_children():
            if isinstance(module, Weights):
                specs += [_prefixed(name, s) for s in module.weight_specs()]
            else:
                specs += [
                    WeightSpec(f"{name}/{n.replace('.', '/')}", tuple(p.shape), Named("torch"))
                    for n, p in module.named_parameters()
                ]
        return tuple(specs)

    # reading and setting -------------------------------------------------------------------

    def weight_places(self) -> Iterator[tuple[str, nn.Module, str]]:
        """(path, module, name in the module) of every weight, as `named_weights`; reads none."""
        for spec in _trainable_first(self._specs.values()):
            yield spec.name, self, spec.name
        for name, module in self.named_children():
            if isinstance(module, Weights):
                for path, owner, own in module.weight_places():
                    yield f"{name}/{path}", owner, own
            else:
                for path, _ in [*module.named_parameters(), *module.named_buffers()]:
                    where, _, own = path.rpartition(".")
                    yield f"{name}/{path.replace('.', '/')}", module.get_submodule(where), own

    def named_weights(self) -> Iterator[tuple[str, Tensor]]:
        """(path, tensor) of every weight in Keras's order: per layer, trainable ones first."""
        for path, owner, name in self.weight_places():
            yield path, getattr(owner, name)

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every weight by its path, in the order of `named_weights`; reads none."""
        return {path: shape_of(owner, name) for path, owner, name in self.weight_places()}

    @property
    def weights(self) -> list[Tensor]:
        """All weights in Keras's order."""
        return [w for _, w in self.named_weights()]

    @property
    def trainable_weights(self) -> list[Tensor]:
        """The weights that training changes."""
        return [w for w in self.weights if w.requires_grad]

    @property
    def non_trainable_weights(self) -> list[Tensor]:
        """The weights that training leaves alone or moves as statistics."""
        return [w for w in self.weights if not w.requires_grad]

    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def count_params(self) -> int:
        """Number of values in its weights."""
        return sum(math.prod(shape) for shape in self.weight_shapes().values())

    def get_weights(self) -> list[np.ndarray[Any, Any]]:
        """Copies of all weights as arrays in Keras's order and layout."""
        return [w.detach().cpu().contiguous().numpy().copy() for w in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Sets all weights from arrays in the order of `get_weights`.

        Raises:
            ShapeError: another number of arrays, or a shape that differs; nothing is set then.
        """
        own = self.weight_shapes()
        if len(weights) != len(own):
            raise errors.ShapeError(
                errors.message(
                    self.where,
                    "another number of weights",
                    got={"arrays": len(weights)},
                    expected=f"{len(own)}: " + ", ".join(own),
                )
            )
        values = [torch.as_tensor(np.asarray(v)) for v in weights]
        for (name, shape), value in zip(own.items(), values, strict=True):
            if tuple(value.shape) != shape:
                raise errors.ShapeError(
                    errors.message(
                        self.where,
                        f"weight `{name}` has another shape",
                        got={"shape": tuple(value.shape)},
                        expected=str(shape),
                    )
                )
        allocate(self)
        with torch.no_grad():
            for (_, weight), value in zip(self.named_weights(), values, strict=True):
                weight.copy_(value)

    # trainable -----------------------------------------------------------------------------

    @property
    def trainable(self) -> bool:
        """False keeps the weights (of sublayers, too) as they are in training."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for child in self.children():
            if isinstance(child, Weights):
                child.trainable = value
            else:
                child.requires_grad_(self._trainable)
        self._apply_trainable()

    def _apply_trainable(self) -> None:
        for spec in self._specs.values():
            if spec.trainable and not self.waits_for(spec.name):
                getattr(self, spec.name).requires_grad_(self._trainable)

    # penalties -------------------------------------------------------------------------------

    def penalise(self, penalty: Tensor) -> None:
        """Notes a penalty on values; a layer that a model calls twice has two."""
        before = self.activity_penalty
        self.activity_penalty = penalty if before is None else before + penalty

    def add_loss(self, loss: Tensor) -> None:
        """Adds a value computed in `call` to the loss of this step."""
        self._extra_losses.append(loss)

    @property
    def losses(self) -> list[Tensor]:
        """Penalties of the last call: regularisers, activity regularisers, `add_loss`."""
        found: list[Tensor] = []
        for module in parts(self):
            if isinstance(module, Weights):
                found += module.own_losses()
        return found

    def forget_losses(self) -> None:
        """Drops the penalties of earlier calls, of sublayers, too."""
        for module in parts(self):
            if isinstance(module, Weights):
                module._forget_own()

    def own_losses(self) -> list[Tensor]:
        """Penalties of this layer alone; those of the last call are handed out once."""
        found = [
            penalty(getattr(self, name))
            for name, penalty in self._regularized
            if getattr(self, name).requires_grad
        ]
        if self.activity_penalty is not None:
            found.append(self.activity_penalty)
        found += self._extra_losses
        self._forget_own()
        return found

    def _forget_own(self) -> None:
        if self.activity_penalty is not None or self._extra_losses:  # assigning takes longer
            self.activity_penalty, self._extra_losses = None, []

    def apply_constraints(self) -> None:
        """Projects every constrained weight of this layer and its sublayers."""
        with torch.no_grad():
            for module in parts(self):
                if isinstance(module, Weights):
                    for name, rule in module._constrained:
                        weight = getattr(module, name)
                        weight.copy_(rule(weight))


def _trainable_first(specs: Any) -> list[WeightSpec]:
    return sorted(specs, key=lambda s: not s.trainable)


def _prefixed(prefix: str, spec: WeightSpec) -> WeightSpec:
    return WeightSpec(
        f"{prefix}/{spec.name}",
        spec.shape,
        spec.initializer,
        spec.trainable,
        spec.regularizer,
        spec.constraint,
    )


def _free_name(base: str, used: Any) -> str:
    name, number = base, 0
    while name in used:
        number += 1
        name = f"{base}_{number}"
    return name
