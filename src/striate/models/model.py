"""Model: a graph and its layers, with Keras's methods."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from striate import errors
from striate.graph import Graph, Items, Recording, Symbol, freeze
from striate.graph.kinds import Fault, InputLayer, Nested
from striate.graph.kinds.structure import fits, misfit
from striate.graph.record import note
from striate.graph.spec import Spec
from striate.layers import Layer
from striate.layers.calls import Template, holds, leaves, spec_of
from striate.layers.masks import attach
from striate.models.direct import called
from striate.models.divided import Divided
from striate.models.masking import listed_masks
from striate.models.sizes import Size
from striate.models.tracing import trace
from striate.ops.layout import to_external, to_internal
from striate.ops.modules import first_weight
from striate.plan.logits import logits_split


class Model(Divided, Layer):
    """A network from inputs to outputs: a native `nn.Module` that knows its graph.

    Three ways to make one: `Model(inputs, outputs)` from symbols (branches, several inputs and
    outputs, shared layers, cuts through other models); a subclass with `call`; `Sequential`.
    Arrays and tensors go in and come out channels last.

    Args:
        inputs: symbol, list or dict of symbols.
        outputs: symbol, list or dict of symbols that depend on them.
        name: the model's name.
        trainable: False keeps all weights as they are in training.

    Raises:
        GraphError: an output needs an input that is not listed, or two layers share a name.

    Example:
        >>> import striate as st
        >>> from striate import layers
        >>> x = st.Input((28, 28, 1))
        >>> y = layers.Conv2D(16, 3, activation="relu")(x)
        >>> model = st.Model(x, layers.Dense(10)(layers.GlobalAveragePooling2D()(y)))
        >>> model.output_shape, model.count_params()
        ((None, 10), 330)
    """

    def __init__(
        self,
        inputs: Any = None,
        outputs: Any = None,
        *,
        name: str | None = None,
        trainable: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, trainable=trainable, **kwargs)
        self._graph: Graph | None = None
        self._owners: dict[str, Layer] = {}
        self._symbols: Mapping[str, tuple[Symbol, ...]] | None = None
        self._executors = {}
        self._watched = None
        self._forms = {}
        self._leaving = None
        self._entered: tuple[Any, ...] | None = None
        self._metadata: dict[str, Any] = {}
        if inputs is not None or outputs is not None:
            self._adopt(functional(self.name, inputs, outputs))

    @property
    def base_name(self) -> str:
        return "functional" if type(self) is Model else super().base_name

    def _adopt(self, recording: Recording) -> None:
        """Makes a recording this model's own."""
        self._graph, self._symbols = recording.graph, recording.symbols
        self._owners = {n: o for n, o in recording.owners.items() if isinstance(o, Layer)}
        self._executors, self._watched, self._entered, self._forms = {}, None, None, {}
        self._leaving = self._parts = None
        for name, layer in self._owners.items():
            if layer.given_name is None and layer.automatic_name is None:
                layer.automatic_name = name
        if type(self).call is Layer.call:
            self._modules.clear()
            for node in recording.graph:
                if not isinstance(node.kind, InputLayer) and node.first_call:
                    # not add_module: a layer may be called "output", like a property here
                    self._modules[node.layer] = self._owners[node.layer]
        self._built_for = recording.graph.input_specs

    # running -----------------------------------------------------------------------------------

    def build(self, input_shape: Any = None) -> None:
        """Records the graph for an input shape, batch first (a list for several inputs)."""
        if self._built_for is None and input_shape is not None:
            many = bool(input_shape) and isinstance(input_shape[0], (tuple, list))
            shapes = input_shape if many else [input_shape]
            specs = tuple(Spec(tuple(s)) for s in shapes)
            self._build_once(specs, Template.positional(len(specs)))

    def _build_once(self, specs: tuple[Spec, ...], template: Template) -> None:
        if self._built_for is not None:
            return
        self._built_for = specs
        try:
            if type(self).build is not Model.build:
                self.build(template.first_argument([s.shape for s in specs]))
            self._adopt(trace(self, specs, template))
        except BaseException:
            self._built_for = None
            raise

    def forward(self, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """Runs the model on tensors or arrays, channels last.

        A mask that an input carries, or that is passed as `mask`, enters with it.
        """
        if type(self).call is not Layer.call:
            self.forget_earlier_losses()
            return super().forward(*args, training=training, **kwargs)
        given = args[0] if len(args) == 1 else list(args)
        if not training and not kwargs and (found := called(self, given)) is not None:
            return found
        values = self._listed(given)
        if values[0].device.type == "meta":
            return self._promise(self._arranged(values))
        with self.mode(training):
            return self._packed(self._run_graph(values, kwargs.get("mask")))

    def _run_graph(
        self, values: list[Tensor], mask: Any = None, *, logits: bool = False
    ) -> list[Tensor]:
        self._build_for(values)
        self.forget_earlier_losses()
        given = listed_masks(mask, values, self.where)
        given = [None if m is None else torch.as_tensor(m) for m in given]
        masked = self._used_masks(given)
        size = self._entering_size(values) if self._choice.sizes else None
        program = self.program(logits=logits, masked=masked, size=size)
        entering = self._arranged(values, program.raw_inputs, size)
        out = program([*entering, *(to_internal(given[i]) for i, _ in masked)])
        found = [to_external(y) for y in out]
        known = iter(found[len(program.marked) :])
        for value, port in zip(found, program.marked, strict=False):
            attach(value, None if port is None else next(known))
        return found[: len(program.marked) or None]

    def forward_logits(self, x: Any) -> Any:
        """The outputs before the final activations that `logits_split` names."""
        return self._packed(self._run_graph(self._listed(x), logits=True))

    def logits_split(self) -> tuple[str | None, ...] | None:
        """Per output "softmax", "sigmoid" or None: what a loss may take over; None if nothing."""
        if type(self).call is not Layer.call or self._graph is None:
            return None
        return logits_split(self._known_graph(), self._owners)

    def final_activation(self) -> str | None:
        """As a last layer of another model: its own last activation."""
        split = self.logits_split()
        return split[0] if split is not None and len(split) == 1 else None

    def before_activation(self, *inputs: Tensor) -> Tensor:
        """As a last layer of another model: without its last activation."""
        return self.program(logits=True)(list(inputs))[0]

    def compute(
        self,
        *inputs: Tensor,
        template: Template | None = None,
        masked: Sequence[int] = (),
    ) -> Any:
        """The model as a layer of another one, on tensors in internal order.

        The masks of the inputs that are `masked` follow them, and those of outputs follow these.
        """
        if type(self).call is not Layer.call:
            return super().compute(*inputs, template=template)
        behind = inputs[len(inputs) - len(masked) :] if masked else ()
        ranks = tuple((i, m.dim()) for i, m in zip(masked, behind, strict=True))
        out = self.program(masked=ranks)(list(inputs))
        return out[0] if len(out) == 1 else tuple(out)

    def passed_mask(self, template: Template, values: Sequence[Any]) -> Any:
        # the masks of a graph's outputs are outputs of its node
        own = type(self).call is not Layer.call
        return super().passed_mask(template, values) if own else None

    def _build_for(self, values: Sequence[Tensor]) -> None:
        if self._graph is None:
            specs = tuple(_first_spec(v) for v in values)
            self._build_once(specs, Template.positional(len(specs)))

    def _entering_size(self, values: Sequence[Tensor]) -> Size | None:
        """The size of images, if it is one of those that may enter besides the model's own."""
        given = values[0].shape[1:3]
        size = (given[0], given[1]) if values[0].dim() == 4 else None
        return size if size in self._choice.sizes else None

    def _arranged(
        self, values: Sequence[Tensor], raw: Sequence[bool] = (), size: Size | None = None
    ) -> list[Tensor]:
        """Inputs in the graph's order, of its number types, checked, in internal order.

        Whole numbers of those that are `raw` stay: their first step converts them.
        """
        self._build_for(values)
        graph = self._known_graph()
        shapes = tuple(v.shape[1:] for v in values)
        adjusted = [_ranked(v, s) for v, s in zip(values, graph.input_specs, strict=True)]
        if size is None and shapes != self._entered:
            self._check_entry(values, adjusted, graph)
            self._entered = shapes
        weight = first_weight(self)
        entered = []
        for i, (value, spec) in enumerate(zip(adjusted, graph.input_specs, strict=True)):
            dtype: torch.dtype = getattr(torch, spec.dtype)
            if raw and raw[i] and value.dtype in (torch.uint8, torch.int8, torch.int16):
                entered.append(to_internal(value))
                continue
            if weight is not None and dtype.is_floating_point:
                dtype = weight.dtype
            entered.append(to_internal(value if value.dtype == dtype else value.to(dtype)))
        return entered

    def _listed(self, x: Any) -> list[Tensor]:
        if isinstance(x, Mapping):
            names = self.input_names
            missing = [n for n in names if n not in x]
            if missing:
                raise errors.DataError(
                    errors.message(
                        self.where,
                        "an input is missing",
                        got={"inputs": tuple(x)},
                        expected=", ".join(repr(n) for n in names),
                    )
                )
            x = [x[n] for n in names]
        values = list(x) if isinstance(x, (list, tuple)) else [x]
        if any(not isinstance(v, (Tensor, np.ndarray)) for v in values):
            values = [np.asarray(x)]
        if self._graph is not None and len(values) != len(self._graph.inputs):
            raise errors.DataError(
                errors.message(
                    self.where,
                    "another number of inputs",
                    got={"inputs": len(values)},
                    expected=f"{len(self._graph.inputs)}: {', '.join(self.input_names)}",
                )
            )
        return [self.as_input(v) for v in values]

    def _check_entry(
        self, values: Sequence[Tensor], adjusted: Sequence[Tensor], graph: Graph
    ) -> None:
        for given, value, want in zip(values, adjusted, graph.input_specs, strict=True):
            if not fits(spec_of(value), want):
                raise misfit(spec_of(given), want).at(self.where)
        if any(None in s.shape[1:] for s in graph.input_specs):
            graph.respecify(tuple(spec_of(v) for v in adjusted))

    def _promise(self, inputs: Sequence[Tensor]) -> Any:
        specs = tuple(Spec(tuple(to_external(x).shape), spec_of(x).dtype) for x in inputs)
        out = self._known_graph().respecify(specs).output_specs
        return self._packed(
            [
                torch.empty([n or 0 for n in s.shape], dtype=getattr(torch, s.dtype), device="meta")
                for s in out
            ]
        )

    def _packed(self, values: list[Tensor]) -> Any:
        keys = self._known_graph().output_keys
        if keys:
            return dict(zip(keys, values, strict=True))
        return values[0] if len(values) == 1 else values

    def _record(self, args: Any, kwargs: Any) -> Any:
        kwargs.pop("training", None)
        mask = kwargs.pop("mask", None) if type(self).call is Layer.call else None
        template, found = Template.split(args, kwargs, (Symbol,))
        if self._graph is None:
            self._build_once(tuple(s.spec for s in found), template)
        if type(self).call is not Layer.call:
            return super()._record(args, kwargs)
        graph = self.graph
        kind = Nested(graph=dataclasses.replace(graph, metadata=Items()))
        given = listed_masks(mask, found, self.where)
        masked = self._used_masks(given)
        if masked:
            used = tuple(i for i, _ in masked)
            kind = Nested(kind.graph, used, self._form(masked)[0])
            found = (*found, *(given[i] for i in used))
        specs = tuple(s.spec for s in found)
        try:
            kind.check_inputs(*specs)
        except Fault as fault:
            raise fault.at(self.where) from None
        out = kind.output(*specs)
        outputs = out if isinstance(out, tuple) else (out,)
        made = note(self, kind, found, outputs, self.weight_specs())
        self._remember(made)
        shown = made[: len(graph.outputs)]
        if graph.output_keys:
            return dict(zip(graph.output_keys, shown, strict=True))
        return shown[0] if len(shown) == 1 else list(shown)

    @classmethod
    def from_json(cls, text: str, custom_objects: Mapping[str, Any] | None = None) -> Model:
        """A model with new weights from `to_json`; see `models.model_from_json`."""
        from striate.models.rebuild import model_from_json

        return model_from_json(text, custom_objects)

    def save(self, path: Any, overwrite: bool = True, include_optimizer: bool = True) -> None:
        """Writes the model to a `.striate`, `.keras` or `.h5` file; see `models.save_model`."""
        from striate.models.saving import save_model

        save_model(self, path, overwrite=overwrite, include_optimizer=include_optimizer)

    def save_weights(self, path: Any, overwrite: bool = True) -> None:
        """Writes the weights: `.safetensors`, `.weights.h5`, `.h5`; see `models.save_weights`."""
        from striate.models.saving import save_weights

        save_weights(self, path, overwrite=overwrite)

    def load_weights(self, path: Any, skip_mismatch: bool = False, by_name: bool = False) -> None:
        """Sets the weights from a `.safetensors`, `.striate` or Keras file."""
        from striate.models.saving import load_weights

        load_weights(self, path, skip_mismatch=skip_mismatch, by_name=by_name)

    def __getstate__(self) -> dict[str, Any]:
        given = {k: v for k, v in self._constructed_with.items() if not holds(v, Symbol)}
        return {
            **super().__getstate__(),
            "_constructed_with": given,  # symbols lead to all layers, deeper than a copy can follow
            "_symbols": None,
            "_executors": {},
            "_direct": None,
            "_watched": None,
            "_forms": {},
            "_parts": None,
        }

    def get_config(self) -> dict[str, Any]:
        """The graph as JSON values; a subclass returns its constructor's arguments."""
        if type(self).call is not Layer.call:
            return super().get_config()
        return {"name": self.name, "graph": self.graph.to_dict()}


def functional(name: str, inputs: Any, outputs: Any) -> Recording:
    """The recording of a model of inputs and outputs: symbols, lists or dicts of them."""
    input_keys, ins = _keyed("inputs", inputs)
    output_keys, outs = _keyed("outputs", outputs)
    recording = freeze(ins, outs, name=name)
    graph = dataclasses.replace(recording.graph, input_keys=input_keys, output_keys=output_keys)
    return dataclasses.replace(recording, graph=graph)


def _keyed(what: str, value: Any) -> tuple[tuple[str, ...], list[Any]]:
    if value is None:
        raise errors.GraphError(
            errors.message(
                "Model",
                f"`{what}` is missing",
                expected="Model(inputs, outputs), both of them symbols",
            )
        )
    if isinstance(value, Mapping):
        return tuple(value), list(value.values())
    return (), leaves(value)  # [model.inputs, other] is a list in a list


def _ranked(value: Tensor, want: Spec) -> Tensor:
    """As in Keras, a channel axis of size 1 may be left out, or be there where none is wanted."""
    if value.dim() == want.rank - 1 and want.shape[-1] == 1:
        return value.unsqueeze(-1)
    if value.dim() == want.rank + 1 and value.shape[-1] == 1:
        return value.squeeze(-1)
    return value


def _first_spec(value: Tensor) -> Spec:
    spec = spec_of(value)
    return spec if "float" in spec.dtype else Spec(spec.shape)
