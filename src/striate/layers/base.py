"""Layer: an `nn.Module` that, called on a symbol, records its shape, and on a tensor, computes.

Users subclass it with `build` and `call`; striate's own layers are `BuiltIn` (builtin.py).
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from striate import errors
from striate.graph import kinds
from striate.graph.named import Items, freeze_value
from striate.graph.record import Call, Symbol, note
from striate.graph.spec import Spec
from striate.layers import masks
from striate.layers.border_types import BORDERS, crossing
from striate.layers.calls import Hole, Template, holds, inside, leaves, specs_of
from striate.layers.construction import (
    argument_names,
    bound_arguments,
    checked_name,
    plain_config,
    takes_argument,
)
from striate.layers.inference import infer_outputs
from striate.layers.weights import Weights
from striate.ops.layout import to_external, to_internal
from striate.ops.modules import first_weight

if TYPE_CHECKING:
    from typing_extensions import Self


class Layer(Weights):
    """Base of every layer; subclass it to write your own.

    Write `build(self, input_shape)` to make weights with `add_weight`, and `call(self, inputs)`
    with torch operations on channels-last tensors. `call` may take `training`. Shapes are found
    by running `call` on tensors without data (torch's meta device), so the layer works in any
    model and its output shape is known before the first batch; a `call` that needs values runs on
    zeros, or has a `compute_output_shape(self, input_shape)` beside it. `get_config` returns the
    arguments of the constructor by itself. Files name the class and never hold it:
    `load_model(path, custom_objects={"Scale": Scale})`.

    Args:
        name: the layer's name in its model; by default from the class, as `dense_1`.
        trainable: False keeps its weights as they are in training.
        dtype: "float32" or None; other number types are chosen for a whole model.
        input_shape: shape of one sample, as the first layer of a `Sequential`.
        input_dim: the same for flat data: input_shape=(input_dim,).
        batch_size: a fixed batch size for `input_shape`; None leaves it open.
        batch_input_shape: `input_shape` with the batch first.

    Raises:
        ArgumentError: an argument that no layer knows, or one with a bad value.

    Example:
        >>> import torch
        >>> from striate import Input, layers
        >>> class Scale(layers.Layer):
        ...     def build(self, input_shape):
        ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")
        ...     def call(self, inputs):
        ...         return inputs * self.factor
        >>> Scale()(Input((4, 4, 3))).shape
        (None, 4, 4, 3)
    """

    supports_masking: bool = False  # passes the mask of its input on
    shape_fix: str = "Or write `compute_output_shape(self, input_shape)`"  # if it runs on data only
    _constructed_with: dict[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = super().__new__(cls)
        object.__setattr__(self, "_constructed_with", bound_arguments(cls, args, kwargs))
        return self

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: str | None = None,
        input_shape: Sequence[int | None] | None = None,
        input_dim: int | None = None,
        batch_size: int | None = None,
        batch_input_shape: Sequence[int | None] | None = None,
        **unknown: Any,
    ) -> None:
        super().__init__()
        self.training = False  # Keras's default: a bare call is inference; fit and train() switch
        self.given_name = checked_name(name, type(self).__name__)
        self.automatic_name: str | None = None
        self._trainable = bool(trainable)
        self._built_for: tuple[Spec, ...] | None = None
        self._call: Call | None = None
        self._refuse(unknown, dtype)
        if input_dim is not None and input_shape is None:
            input_shape = (input_dim,)
        if batch_input_shape is None and input_shape is not None:
            batch_input_shape = (batch_size, *input_shape)
        self.batch_input_shape = None if batch_input_shape is None else tuple(batch_input_shape)

    def _refuse(self, unknown: dict[str, Any], dtype: str | None) -> None:
        for argument, value in unknown.items():
            raise errors.ArgumentError(
                errors.message(
                    self.where,
                    "unknown argument",
                    got={argument: value},
                    expected=", ".join(argument_names(type(self), Layer)),
                )
            )
        if dtype not in (None, "float32"):
            raise errors.ArgumentError(
                errors.message(
                    self.where,
                    "a layer has no number type of its own",
                    got={"dtype": dtype},
                    expected='"float32" or None',
                    fix="Choose it for the whole model",
                )
            )

    # names -------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The layer's name: given, or assigned by its first model, or its class's."""
        return self.given_name or self.automatic_name or self.base_name

    @name.setter
    def name(self, value: str) -> None:
        self.given_name = checked_name(value, type(self).__name__)

    @property
    def base_name(self) -> str:
        """What its automatic name starts with: the class name in snake case."""
        return kinds.snake_case(type(self).__name__)

    @property
    def where(self) -> str:
        """How messages call it: `conv2d_1 (Conv2D)`."""
        return f"{self.name} ({type(self).__name__})"

    # calling -----------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        across = crossing(args) if BORDERS else None
        if across is not None:
            return across(self._called, args, kwargs)
        return self._called(*args, **kwargs)

    def _called(self, *args: Any, **kwargs: Any) -> Any:
        plain = len(args) == 1 and not kwargs and isinstance(args[0], Tensor)
        if not plain and (holds(args, Symbol) or holds(kwargs, Symbol)):
            return self._record(args, kwargs)
        return super().__call__(*args, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Makes weights; user layers override it. `input_shape` has the batch first."""

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Computes; user layers override it."""
        raise errors.GraphError(
            errors.message(
                self.where,
                "the layer does not say what it computes",
                expected="a method `call(self, inputs)`",
                fix="def call(self, inputs): return ...",
            )
        )

    def forward(self, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """Runs the layer on tensors (or arrays), channels last."""
        template, given = self.arranged(args, kwargs, (Tensor, np.ndarray))
        values = tuple(self.as_input(t) for t in given)
        self._build_once(specs_of(values), template)
        return masks.attach(
            self._run(template, values, training), self.passed_mask(template, given)
        )

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of its output for that of its input; user layers override it.

        `inputs` and `mask` are symbols or tensors, lists of them for several inputs.
        """
        known = mask if isinstance(mask, (list, tuple)) else [mask]
        return next((m for m in known if m is not None), None) if self.supports_masking else None

    def arranged(
        self, args: Any, kwargs: Any, types: tuple[type, ...]
    ) -> tuple[Template, tuple[Any, ...]]:
        """How it is called, and on what; `mask` is the first input's if `call` takes one."""
        template, values = Template.split(args, kwargs, types)
        takes = "mask" in call_parameters(type(self))
        if takes and values and "mask" not in template.kwargs:
            mask = masks.mask_of(values[0])
            if mask is not None:
                template.kwargs["mask"] = Hole(len(values))
                values = (*values, mask)
        return template, values

    def passed_mask(self, template: Template, values: Sequence[Any]) -> Any:
        """The mask of what it returns for these values."""
        given = template.kwargs.get("mask")
        used = [v for i, v in enumerate(values) if given != Hole(i)]
        if given is not None and not self.supports_masking:
            return None
        return masks.passed_on(self, used)

    def _run(self, template: Template, values: Sequence[Any], training: bool | None) -> Any:
        args, kwargs = template.join(values)
        if "training" in call_parameters(type(self)):
            kwargs.setdefault("training", self.training if training is None else training)
        with self.mode(training), inside():
            return self.call(*args, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Any:
        """The layer inside a running model: tensors in internal order (`ops.layout`)."""
        values = [to_external(x) for x in inputs]
        out = self._run(template or Template.positional(len(values)), values, None)
        if isinstance(out, Tensor):
            return to_internal(out)
        return tuple(to_internal(o) for o in leaves(out))

    def as_input(self, value: Any) -> Tensor:
        """An array or tensor as the layer's input tensor, on the device of its weights."""
        if isinstance(value, np.ndarray):
            x = torch.from_numpy(np.ascontiguousarray(value))
            x = x.float() if x.dtype == torch.float64 else x
        else:
            x = value
        weight = first_weight(self)
        if weight is not None and x.device != weight.device and x.device.type != "meta":
            x = masks.attach(x.to(weight.device), masks.mask_of(x))
        return x

    @contextlib.contextmanager
    def mode(self, training: bool | None) -> Iterator[None]:
        """Runs a block in training or inference mode; None leaves the mode alone."""
        if training is None or training == self.training:
            yield
            return
        before = {module: module.training for module in self.modules()}
        self.train(training)
        try:
            yield
        finally:
            for module, was in before.items():
                module.training = was

    # recording ---------------------------------------------------------------------------

    def _record(self, args: Any, kwargs: Any) -> Any:
        template, symbols = self.arranged(args, kwargs, (Symbol,))
        specs = tuple(s.spec for s in symbols)
        if (foreign := template.foreign()) is not None:
            raise errors.ArgumentError(
                errors.message(
                    self.where,
                    "it is called on something that a model cannot keep",
                    got={type(foreign).__name__: foreign},
                    expected="symbols, numbers, text, and lists of them",
                    fix="Pass it to the constructor, or make it an input: Input(...)",
                )
            )
        self._build_once(specs, template)
        kind = kinds.Custom(type(self).__name__, self._frozen_config(), template.as_items())
        outputs, structure = infer_outputs(self, template, symbols)
        mask = self.passed_mask(template, symbols)
        made = note(self, kind, symbols, outputs, self.weight_specs(), mask)
        self._remember(made)
        return structure.join(made)[0][0]

    def _frozen_config(self) -> Items:
        config = freeze_value(plain_config(self.get_config()))
        return config if isinstance(config, Items) else Items()

    def _remember(self, symbols: Sequence[Symbol]) -> None:
        if symbols:
            self._call = symbols[0].call

    def _build_once(self, specs: tuple[Spec, ...], template: Template) -> None:
        if self._built_for is not None:
            return
        self._built_for = specs
        try:
            shapes = [s.shape for s in specs]
            first = template.first_argument(shapes)
            self.build(first)
        except BaseException:
            self._built_for = None
            raise
        self._apply_trainable()

    @property
    def built(self) -> bool:
        """True once its weights exist."""
        return self._built_for is not None

    @built.setter
    def built(self, value: bool) -> None:
        # Keras code writes `self.built = True` at the end of build; the flag is kept here
        pass

    # what Keras code asks a layer ----------------------------------------------------------

    @property
    def input(self) -> Any:
        """The symbol (or list of symbols) of its first call."""
        return _one_or_list(self._recorded("input").inputs)

    @property
    def output(self) -> Any:
        """The symbol (or list of symbols) that its first call returned."""
        return _one_or_list(self._recorded("output").symbols())

    @property
    def input_shape(self) -> Any:
        """The shape of its input, batch first."""
        return _one_or_list(tuple(s.shape for s in self._recorded("input_shape").inputs))

    @property
    def output_shape(self) -> Any:
        """The shape of its output, batch first."""
        return _one_or_list(tuple(s.shape for s in self._recorded("output_shape").outputs))

    @property
    def states_shape(self) -> bool:
        """Whether the user says which shape comes out."""
        return type(self).compute_output_shape is not Layer.compute_output_shape

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output shape for an input shape (a list of shapes for several inputs).

        Shapes are found without it; a layer whose `call` needs values overrides it.
        """
        many = bool(input_shape) and isinstance(input_shape[0], (tuple, list))
        given = [tuple(s) for s in input_shape] if many else [tuple(input_shape)]
        symbols = [Symbol(Call(self, kinds.InputLayer(), (), (Spec(s),)), 0) for s in given]
        out = self(symbols if many else symbols[0])
        return [o.shape for o in out] if isinstance(out, (list, tuple)) else out.shape

    def get_config(self) -> dict[str, Any]:
        """Its constructor's arguments, for `from_config`; user layers may extend it."""
        own = self._constructed_with
        return {**own, "name": self.name, "trainable": self.trainable}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """A new layer (without weights) from `get_config`'s result."""
        config = dict(config)
        taken = takes_argument(cls)
        later = {k: config.pop(k) for k in ("name", "trainable") if k in config and not taken(k)}
        layer = cls(**config)
        layer.automatic_name = later.get("name", layer.automatic_name)
        layer.trainable = bool(later.get("trainable", layer.trainable))
        return layer

    def _recorded(self, what: str) -> Call:
        if self._call is None:
            raise errors.NotBuiltError(
                errors.message(
                    self.where,
                    f"`{what}` is known once the layer was called",
                    expected="a layer that is part of a model",
                    fix="Call it on a symbol: layer(Input(shape=...))",
                )
            )
        return self._call

    def __getstate__(self) -> dict[str, Any]:
        # what was recorded belongs to the model it was recorded in, and losses to the call
        kept = super().__getstate__()
        return {**kept, "_call": None, "activity_penalty": None, "_extra_losses": []}


def _one_or_list(values: tuple[Any, ...]) -> Any:
    return values[0] if len(values) == 1 else list(values)


def call_parameters(cls: type[Layer]) -> tuple[str, ...]:
    """The names of the arguments of a layer's `call`."""
    cached = cls.__dict__.get("_call_parameters")
    if cached is None:
        cached = tuple(inspect.signature(cls.call).parameters)
        cls._call_parameters = cached  # type: ignore[attr-defined]
    return cached
