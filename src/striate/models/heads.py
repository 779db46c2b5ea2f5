"""A new head for a model that was trained on other classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate import errors, layers
from striate.graph import Symbol
from striate.graph.kinds import Flatten
from striate.layers import Layer
from striate.models.divided import Divided
from striate.models.division import KEPT_CUT, Division, division
from striate.models.model import Model, functional
from striate.models.sequential import Sequential

MOST_FLAT = 4096  # values of a map that are read one by one; of larger ones the mean over places
_POOLS: dict[tuple[str, int], Any] = {
    ("avg", 3): layers.GlobalAveragePooling1D,
    ("avg", 4): layers.GlobalAveragePooling2D,
    ("avg", 5): layers.GlobalAveragePooling3D,
    ("max", 3): layers.GlobalMaxPooling1D,
    ("max", 4): layers.GlobalMaxPooling2D,
    ("max", 5): layers.GlobalMaxPooling3D,
}


def replace_head(
    model: Divided,
    classes: int | Sequence[str],
    *,
    pooling: str = "auto",
    dropout: float = 0.2,
    activation: Any = "softmax",
) -> None:
    """Puts a new head in place of what follows `model.cut_point`: pooling, dropout, one `Dense`.

    The backbone keeps its layers and weights. Of several outputs, the new one is the only one.
    The model is to be compiled anew, since its optimizer and losses are those of the old head.

    Args:
        model: a built model; it is changed.
        classes: the number of classes, or their names, which the model then carries.
        pooling: from the map to one vector: "avg" or "max" over places, or "flatten"; "auto":
            flattened if the old head did so and it makes at most 4,096 values, else "avg".
        dropout: share of the values that are dropped in training; 0 leaves the layer out.
        activation: of the `Dense`; None for logits.

    Raises:
        ArgumentError: no classes, another `pooling`, or a model whose `call` is its own code.
        GraphError: there is nothing to divide.

    Example:
        >>> import striate as st
        >>> model = st.zoo.resnet20()
        >>> model.replace_head(["cat", "dog"])
        >>> model.output_shape, model.class_names, model.layers[-1].name
        ((None, 2), ['cat', 'dog'], 'predictions')
    """
    names = None if isinstance(classes, int) else [str(name) for name in classes]
    count = classes if isinstance(classes, int) else len(classes)
    _check(model, count, pooling)
    found = division(model)
    head = new_head(found, count, pooling, dropout, activation)
    end = str(found.port)
    if found.nested:
        end = _behind_one_layer(model, head)
    elif isinstance(model, Sequential):
        _behind_layers(model, found, head)
    else:
        inputs = [model.symbols()[p.node][p.index] for p in model.graph.inputs]
        reached = model.symbols()[found.port.node][found.port.index]
        _record(model, inputs, reached, head)
    model.class_names = names
    model.metadata[KEPT_CUT] = end
    model._compiled = None


def new_head(
    found: Division, count: int, pooling: str = "auto", dropout: float = 0.2, activation: Any = None
) -> list[Layer]:
    """The layers of a new head behind a cut."""
    spec = found.graph.spec(found.port)
    made: list[Layer] = []
    if spec.rank > 2:
        flat = pooling == "flatten" or (pooling == "auto" and _was_flat(found))
        kind = "avg" if pooling == "auto" else pooling
        made.append(layers.Flatten() if flat else _POOLS[kind, spec.rank]())
    if dropout:
        made.append(layers.Dropout(dropout))
    last = layers.Dense(count, activation=activation)
    last.automatic_name = "predictions"
    return [*made, last]


def _was_flat(found: Division) -> bool:
    """Whether the old head flattens, and the map is small enough to do so again."""
    spec = found.graph.spec(found.port)
    flat = any(isinstance(n.kind, Flatten) for n in found.graph if n.first_call)
    size = 1
    for n in spec.shape[1:]:
        if n is None:
            return False
        size *= n
    return flat and size <= MOST_FLAT


def _check(model: Divided, count: int, pooling: str) -> None:
    where = model.where
    if count < 1:
        raise errors.ArgumentError(
            errors.message(
                where,
                "a head needs classes",
                got={"classes": count},
                expected="a number of 1 or more, or names",
            )
        )
    if pooling not in ("auto", "avg", "max", "flatten"):
        raise errors.ArgumentError(
            errors.message(
                where,
                "unknown pooling",
                got={"pooling": pooling},
                expected='"auto", "avg", "max" or "flatten"',
            )
        )
    if type(model).call is not Layer.call:
        raise errors.ArgumentError(
            errors.message(
                where,
                "the head is part of its own code",
                got={"call": f"{type(model).__name__}.call"},
                expected="a Model of inputs and outputs, or a Sequential",
                fix="st.Model(model.backbone.inputs, ...), or write the new head into the class",
            )
        )


def _record(model: Any, inputs: list[Symbol], reached: Any, head: list[Layer]) -> None:
    for layer in head:
        reached = layer(reached)
    keys = model.graph.input_keys
    entering = dict(zip(keys, inputs, strict=True)) if keys else inputs
    model._adopt(functional(model.name, entering, reached))


def _behind_layers(model: Sequential, found: Division, head: list[Layer]) -> None:
    """The layers behind the cut of a `Sequential` give place to others."""
    model.symbols()
    while model.layers and model.graph.outputs[0] != found.port:
        model.pop()
    for layer in head:
        model.add(layer)


def _behind_one_layer(model: Any, head: list[Layer]) -> str:
    """Where the cut is inside a nested model, the whole backbone becomes one layer."""
    body: Model = model.backbone
    body.name = "backbone"
    model.symbols()
    if isinstance(model, Sequential):
        while model.layers:
            model.pop()
        for layer in [body, *head]:
            model.add(layer)
    else:
        inputs = list(model.inputs)
        _record(model, inputs, body(inputs if len(inputs) > 1 else inputs[0]), head)
    return body.name
