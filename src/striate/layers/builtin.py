"""BuiltIn: joins a kind (what the layer is) to its ops (what it computes)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from striate import errors
from striate.graph.kinds import Fault, Kind, WeightSpec
from striate.graph.named import freeze_value
from striate.graph.record import Symbol, record
from striate.graph.spec import Spec
from striate.layers import masks
from striate.layers.activating import activate, refuse_glu
from striate.layers.arguments import FILLED_BY_CALLS, arguments_in
from striate.layers.base import Layer
from striate.layers.calls import Template, spec_of, specs_of
from striate.layers.construction import readable, tuples, with_objects
from striate.layers.registry import LAYERS as LAYERS
from striate.layers.registry import register as register
from striate.layers.subclassing import give_to_user, is_users
from striate.ops import activations, constraints, initializers, regularizers
from striate.ops.layout import to_external, to_internal

if TYPE_CHECKING:
    from typing_extensions import Self

# how the fields of a kind are resolved, by how their name ends: (get, named)
_CHOICES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "activation": (activations.get, activations.named),
    "initializer": (initializers.get, initializers.named),
    "regularizer": (regularizers.get, regularizers.named),
    "constraint": (constraints.get, constraints.named),
}


class BuiltIn(Layer):
    """A layer of striate's own: subclasses pass their kind and arguments and write `compute`.

    Fields of the kind are attributes of the layer (`layer.filters`); fields that name a choice
    (`..._initializer`, `activation`) are the resolved objects.
    """

    kind: Kind
    takes_whole_numbers: ClassVar[bool] = False  # others get them as float32
    may_halve: ClassVar[bool] = False  # takes "glu", which returns half the channels
    specs_of = staticmethod(specs_of)
    choices_of: Mapping[str, str] = MappingProxyType({})  # weight -> fields, if not its name
    own_code: ClassVar[bool] = False  # a user's subclass says what it computes
    inner_compute: Any = None  # of such a subclass: the arithmetic that `super().call` is

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if is_users(cls):
            give_to_user(cls)

    def __init__(self, kind: type[Kind], arguments: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        fields: dict[str, Any] = {}
        self._choices: dict[str, Any] = {}
        for field, value in arguments.items():
            fields[field] = self._resolve(field, value)
        try:
            self.kind = kind(**fields)
        except Fault as fault:
            raise fault.at(self.where) from None
        self.supports_masking = self.kind.passes_mask
        self._checked: tuple[Any, ...] | None = None
        self._usual: tuple[Any, ...] | None = None

    def _resolve(self, field: str, value: Any) -> Any:
        family = _CHOICES.get(field.rsplit("_", 1)[-1])
        if family is None:
            return value if isinstance(value, tuple) else freeze_value(value)
        get, named = family
        chosen = None if value is None and field != "activation" else get(value, self.where)
        if family is _CHOICES["activation"] and not self.may_halve:
            refuse_glu(chosen, self.where)
        self._choices[field] = chosen
        return None if chosen is None else named(value, chosen)

    def __getattr__(self, name: str) -> Any:
        state = self.__dict__
        held = state.get("_parameters")
        if held is not None and name in held:  # asked for most often: at every call
            return held[name]
        if name in state.get("_choices", ()):
            return state["_choices"][name]
        kind = state.get("kind")
        if kind is not None and name in vars(kind) and not self.waits_for(name):
            return getattr(kind, name)
        return super().__getattr__(name)

    # recording -----------------------------------------------------------------------------

    def _record(self, args: Any, kwargs: Any) -> Any:
        kwargs.pop("training", None)
        template, symbols = self.arranged(args, kwargs, (Symbol,))
        specs = tuple(s.spec for s in symbols)
        if self._built_for is not None:
            self._check_again(specs, template, symbols)
        else:
            self.prepare(specs)
        kind = self.called_kind(template)
        made = record(self, kind, symbols, self.passed_mask(template, symbols))
        self._make_weights(made[0].call.weights, specs)
        self._remember(made)
        return self.returned(made)

    def arranged(
        self, args: Any, kwargs: Any, types: tuple[type, ...]
    ) -> tuple[Template, tuple[Any, ...]]:
        for name in kwargs:
            if name not in ("inputs", "training"):
                raise errors.ArgumentError(
                    errors.message(
                        self.where,
                        "unknown argument of the call",
                        got={"argument": name},
                        expected="the inputs, and `training`",
                    )
                )
        return Template.split(args, kwargs, types)

    def passed_mask(self, template: Template, values: Sequence[Any]) -> Any:
        return None if self.kind.gives_mask else super().passed_mask(template, values)

    def called_kind(self, template: Template) -> Kind:
        """What the layer is when it is called so."""
        return self.kind

    def returned(self, made: Sequence[Any]) -> Any:
        """What the user gets of the outputs: all but the mask, alone or in a list."""
        shown = list(made[:-1] if self.kind.gives_mask else made)
        return shown[0] if len(shown) == 1 else shown

    def _check_again(
        self, specs: tuple[Spec, ...], template: Template, symbols: Sequence[Symbol] = ()
    ) -> None:
        """A layer that has weights may only be called on what they fit."""
        kind = self.called_kind(template)
        try:
            kind.check_inputs(*specs)
            wanted = kind.weights(*specs)
            kind.output(*specs)
        except Fault as fault:
            if symbols:
                return  # `record` raises it with the chain
            raise fault.at(self.where) from None
        for spec in wanted:
            have = self._specs.get(spec.name)
            if have is not None and have.shape != spec.shape:
                built_for = ", ".join(str(s.shape) for s in self._built_for or ())
                raise errors.ShapeError(
                    errors.message(
                        self.where,
                        "the input does not fit its weights",
                        got={"input shape": specs[0].shape},
                        expected=f"{built_for}, what it was built for",
                    )
                )

    def _make_weights(self, wanted: Sequence[WeightSpec], specs: tuple[Spec, ...]) -> None:
        if self._built_for is not None:
            return
        for spec in wanted:
            self.make_weight(
                spec,
                self._object(spec, "initializer", initializers.get),
                self._object(spec, "regularizer", regularizers.get),
                self._object(spec, "constraint", constraints.get),
            )
        self._built_for = specs
        self.after_build(specs)

    def _object(self, spec: WeightSpec, what: str, get: Callable[..., Any]) -> Any:
        """The resolved choice of a weight: the object passed, or made from its name."""
        fields = self.choices_of.get(spec.name, spec.name)
        passed = self._choices.get(f"{fields}_{what}")
        named = getattr(spec, what)
        if passed is not None or named is None:
            return passed
        return get(named, self.where)

    def prepare(self, specs: tuple[Spec, ...]) -> None:
        """Called before the first shape rule: completes a kind that depends on its inputs."""

    def after_build(self, specs: tuple[Spec, ...]) -> None:
        """Called once the weights exist."""

    def build(self, input_shape: Any) -> None:
        """Makes the weights for an input shape (a list of shapes for several inputs)."""
        many = bool(input_shape) and isinstance(input_shape[0], (tuple, list))
        shapes = input_shape if many else [input_shape]
        if self.own_code and not self._specs:
            self._built_for = None  # `_build_once` of users' layers comes here to make weights
        specs = tuple(Spec(tuple(s)) for s in shapes)
        BuiltIn._build_once(self, specs, Template.positional(len(shapes)))

    def _build_once(self, specs: tuple[Spec, ...], template: Template) -> None:
        if self._built_for is not None:
            return
        try:
            self.prepare(specs)
            kind = self.called_kind(template)
            kind.check_inputs(*specs)
            kind.output(*specs)
            wanted = kind.weights(*specs)
        except Fault as fault:
            raise fault.at(self.where) from None
        self._make_weights(wanted, specs)

    # computing -----------------------------------------------------------------------------

    def forward(self, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """Runs the layer on tensors or arrays, channels last."""
        if self.activity_penalty is not None:
            self.activity_penalty = None
        if training is None and len(args) == 1 and not kwargs and self._is_usual(args[0]):
            return self.compute_last(args[0])
        template, values = self.arranged(args, kwargs, (Tensor, np.ndarray))
        if not values:
            raise errors.ArgumentError(
                errors.message(
                    self.where,
                    "called on something that is neither tensor nor array nor symbol",
                    got={"input": args[0] if args else None},
                    expected="a tensor, an array, a symbol, or a list of them",
                )
            )
        inputs = [self.as_input(v) for v in values]
        if self._built_for is None:
            self._build_once(self.specs_of(inputs), template)
        self._check_fits(inputs, template)
        if inputs[0].device.type == "meta":
            return self._promise(inputs, template)
        with self.mode(training):
            out = self._computed(inputs, template)
        found = list(out) if isinstance(out, tuple) else [out]
        mask = found[-1] if self.kind.gives_mask else self.passed_mask(template, values)
        masks.attach(found[0], mask)
        self._remember_usual(args, inputs, out, mask)
        return self.returned(found)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """What the layer computes of channels-last tensors, for `super().call` in a subclass."""
        training = kwargs.pop("training", None)
        template, values = BuiltIn.arranged(self, args, kwargs, (Tensor,))
        if values[0].device.type == "meta":
            return self._promise(values, template)
        with self.mode(training):
            out = self._computed(values, template)
        return self.returned(list(out) if isinstance(out, tuple) else [out])

    def _computed(self, inputs: Sequence[Tensor], template: Template) -> Any:
        """One tensor, or a tuple of several; by `compute_last` where it is written."""
        if type(self).compute_last is not BuiltIn.compute_last:
            return self.compute_last(inputs[0])  # the same bits as in later calls
        compute = self.inner_compute or self.compute
        out = compute(*(to_internal(x) for x in inputs), template=template)
        if isinstance(out, (list, tuple)):
            return tuple(to_external(o) for o in out)
        return to_external(out)

    def _is_usual(self, x: Any) -> bool:
        """Whether the checks and conversions of the last call would say the same of this input."""
        usual = self._usual
        if usual is None or not isinstance(x, Tensor):
            return False
        shape, dtype, device = usual
        if x.shape[1:] != shape or x.dtype is not dtype or x.device != device:
            return False
        weight = next(iter(self._parameters.values()), None)  # may have moved since
        return (weight is None or weight.device == device) and masks.mask_of(x) is None

    def _remember_usual(self, args: Any, inputs: Sequence[Tensor], out: Any, mask: Any) -> None:
        """Notes a call of one tensor, used as it was, that gave one tensor, without masks."""
        given = args[0] if len(args) == 1 else None
        plain = isinstance(out, Tensor) and mask is None and not self._modules
        if plain and inputs[0] is given and masks.mask_of(given) is None:
            self._usual = (given.shape[1:], given.dtype, given.device)

    def as_input(self, value: Any) -> Tensor:
        x = super().as_input(value)
        if not self.takes_whole_numbers and not x.is_floating_point():
            return x.float()
        return x

    def _check_fits(self, inputs: Sequence[Tensor], template: Template) -> None:
        shapes = tuple(x.shape[1:] for x in inputs)
        if shapes != self._checked:
            self._check_again(self.specs_of(inputs), template)
            self._checked = shapes

    def _promise(self, inputs: Sequence[Tensor], template: Template) -> Any:
        """The output as tensors without data, by the shape rule alone."""
        specs = [Spec(tuple(x.shape), spec_of(x).dtype) for x in inputs]
        out = self.called_kind(template).output(*specs)
        made = [
            torch.empty([n or 0 for n in s.shape], dtype=getattr(torch, s.dtype), device="meta")
            for s in (out if isinstance(out, tuple) else (out,))
        ]
        return self.returned(made)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Any:
        """The layer on tensors in internal order; those without activation write it anew."""
        return self.finish(self.before_activation(*inputs))

    def compute_last(self, x: Tensor, /) -> Tensor:
        """The layer on one tensor in the order that people see."""
        return to_external(self.compute(to_internal(x)))

    def of_each_value(self) -> bool:
        """Whether its activation looks at single values, in whatever order they lie."""
        choices = self._choices
        alone = choices.get("activity_regularizer") is None
        return alone and activations.of_each_value(choices["activation"])

    def before_activation(self, *inputs: Tensor) -> Tensor:
        """The result without the layer's activation; layers that have one write it."""
        return inputs[0]

    def final_activation(self) -> str | None:
        """The activation that a loss can take over if this layer is a model's last."""
        if self._choices.get("activity_regularizer") is not None:
            return None
        activation = self._choices.get("activation")
        if activation is activations.softmax:
            return "softmax"
        return "sigmoid" if activation is activations.sigmoid else None

    def finish(self, out: Tensor) -> Tensor:
        """Applies the layer's own activation and notes its activity penalty."""
        choices = self._choices
        activation = choices["activation"]
        if activation is not activations.linear:
            out = activate(activation, out, self.where)
        penalty = choices.get("activity_regularizer")
        if penalty is not None:
            self.penalise(penalty(out) / max(1, out.shape[0]))
        return out

    # config ----------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """Its constructor's arguments as JSON values."""
        config = super().get_config()
        if self.batch_input_shape is not None:
            config["batch_input_shape"] = list(self.batch_input_shape)
        fields = {k: v for k, v in self.kind.to_config().items() if k not in FILLED_BY_CALLS}
        return {**config, **{k: readable(v) for k, v in fields.items()}}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new layer (without weights) from `get_config`'s result."""
        return cls(**{k: tuples(v) for k, v in config.items()})

    @classmethod
    def from_kind(cls, kind: Kind, name: str, objects: Mapping[str, Any]) -> Self:
        """The layer of a kind; `objects` replaces the user's own choices by name."""
        layer = cls(**with_objects(arguments_in(kind), f"{name} ({cls.__name__})", name, objects))
        layer.automatic_name = name
        return layer

    def extra_repr(self) -> str:
        """Its main arguments, in torch's module listing."""
        fields = self.kind.to_config()
        names = ("units", "filters", "kernel_size", "strides", "padding", "pool_size")
        shown = (*names, "rate", "axis")
        return ", ".join(f"{k}={fields[k]}" for k in shown if k in fields)


class ChannelsLast(BuiltIn):
    """A layer whose arithmetic is written in the order that people see, as `compute_last`."""

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return to_internal(self.compute_last(to_external(inputs[0])))
