"""The legacy layout of weights: a group for each layer, matched with a model by order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from striate.errors import FormatError, message
from striate.formats.keras_files.hdf5 import Group
from striate.formats.keras_files.old_weights import Values, Writer, arranged
from striate.formats.keras_files.order import Place, layers_of, places
from striate.models import Model

Pairs: TypeAlias = "list[tuple[Place, Values]]"
REMEDY = (
    "The file is of another model, or load what fits: model.load_weights(path, skip_mismatch=True)"
)


@dataclass(frozen=True)
class Stored:
    """The weights of one layer in a file.

    Args:
        name: of the layer.
        names: of its weights, in order.
        group: where they lie.
    """

    name: str
    names: tuple[str, ...]
    group: Group

    def arrays(self) -> list[Values]:
        """The values, in order."""
        return [self._array(name) for name in self.names]

    def _array(self, name: str) -> Values:
        found = self.group.array(name)
        if found is None:
            raise self.group.refuse(
                f"weight `{name}` is listed but not there",
                fix="The file was cut off while it was written; save the model again",
            )
        return found.numbers()


def weights_group(root: Group) -> Group | None:
    """Where the weights of a file in the legacy layout lie; None if it is none."""
    for group in (root, root.group("model_weights")):
        if group is not None and group.texts("layer_names") is not None:
            return group
    return None


def stored_layers(group: Group) -> list[Stored]:
    """The layers of a file that have weights, in its order."""
    found = []
    for name in group.texts("layer_names") or []:
        inner = group.group(name)
        if inner is None:
            raise group.refuse(
                f"layer `{name}` is listed but not there",
                fix="The file was cut off while it was written; save the model again",
            )
        names = inner.texts("weight_names") or []
        if names:
            found.append(Stored(name, tuple(names), inner))
    top = group.group("top_level_model_weights")
    names = (top.texts("weight_names") if top is not None else None) or []
    if top is not None and names:
        found.append(Stored("top_level_model_weights", tuple(names), top))
    return found


def writer_of(group: Group, layers: Sequence[Stored]) -> Writer:
    """Which Keras wrote the weights, as its own readers tell."""
    version = (group.text("keras_version") or "1").partition(".")[0]
    number = int(version) if version.isdigit() else 1
    backend = group.text("backend")
    if backend is None and number == 1:
        # Keras 1 kept no backend, but TensorFlow's names end with ":0"
        theano = not any(name.endswith(":0") for layer in layers for name in layer.names)
    else:
        theano = backend == "theano"
    return Writer(number, theano)


def by_order(model: Model, group: Group, *, skip: bool = False) -> Pairs:
    """The weights of a file for a model, layer by layer, as Keras loads them.

    Raises:
        FormatError: the file is of another model; the message names both shapes.
    """
    layers = stored_layers(group)
    writer = writer_of(group, layers)
    own = [(layer, list(places(layer))) for layer in layers_of(model)]
    own = [(layer, found) for layer, found in own if found]
    if len(own) != len(layers) and not skip:
        raise _another_number(group, layers, [layer.name for layer, _ in own])
    pairs: Pairs = []
    for (layer, found), stored in zip(own, layers, strict=False):
        pairs += _matched(layer.name, found, stored, writer, skip)
    return pairs


def by_name(model: Model, group: Group, *, skip: bool = False) -> Pairs:
    """The weights of those layers whose names are in the file; the others stay as they are.

    Raises:
        FormatError: a layer of the same name has other shapes.
    """
    layers = stored_layers(group)
    writer = writer_of(group, layers)
    stored = {layer.name: layer for layer in layers}
    pairs: Pairs = []
    for layer in layers_of(model):
        if layer.name in stored:
            found = list(places(layer))
            pairs += _matched(layer.name, found, stored[layer.name], writer, skip)
    return pairs


def _matched(
    name: str, found: Sequence[Place], stored: Stored, writer: Writer, skip: bool
) -> Pairs:
    """One layer's weights with its arrays, in that order of Keras's which fits them."""
    arrays = stored.arrays()
    best: list[tuple[int, Pairs]] = []
    first: list[Values] = []
    for order in _orders(found):
        made = arranged(order, arrays, writer)
        first = first or made
        if [p.shape for p in order] == [a.shape for a in made]:
            best.append((_agreement(order, stored.names), list(zip(order, made, strict=True))))
    if best:
        return max(best, key=lambda item: item[0])[1]
    if skip:
        return []
    raise _misfit(name, _orders(found)[0], stored, first)


def _orders(found: Sequence[Place]) -> list[list[Place]]:
    """The orders in which a file may list the weights of a layer, the usual one first.

    What is trained comes first. What was trained when the file was written may not be so now.
    """
    by_flag = sorted(found, key=lambda p: not p.tensor.requires_grad)
    by_role = sorted(found, key=lambda p: not _trains(p))
    orders: list[list[Place]] = []
    for order in (by_flag, by_role, list(found)):
        if [id(p.tensor) for p in order] not in [[id(p.tensor) for p in o] for o in orders]:
            orders.append(order)
    return orders


def _trains(place: Place) -> bool:
    specs = getattr(place.owner, "_specs", {})
    spec = specs.get(place.name)
    return place.tensor.requires_grad if spec is None else spec.trainable


def _agreement(order: Sequence[Place], names: Sequence[str]) -> int:
    """How many weights are called in the file as they are in the model."""
    if len(order) != len(names):
        return 0
    ends = [n.rpartition("/")[2].partition(":")[0] for n in names]
    return sum(end == place.name for end, place in zip(ends, order, strict=True))


def _another_number(group: Group, layers: Sequence[Stored], own: Sequence[str]) -> FormatError:
    return FormatError(
        message(
            group.where,
            "the file has weights for another number of layers than the model",
            got={"file": _some([layer.name for layer in layers])},
            expected=f"{len(own)}: {', '.join(_some(own))}",
            fix=f"{REMEDY}, or those of the same name: by_name=True",
        )
    )


def _some(names: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(names) if len(names) <= 12 else (*names[:11], f"... {len(names)} in all")


def _misfit(
    name: str, found: Sequence[Place], stored: Stored, made: Sequence[Values]
) -> FormatError:
    where = stored.group.where
    labels = [f"{name}/{place.path}" for place in found]
    same = len(made) == len(found)
    fault = fitting(found, made, _labels(stored, made), where, labels) if same else None
    return fault or FormatError(
        message(
            where,
            f"layer `{stored.name}` has another number of weights than `{name}` of the model",
            got={"file": _some(stored.names)},
            expected=f"{len(found)}: {', '.join(_some([p.path for p in found]))}",
            fix=REMEDY,
        )
    )


def fitting(
    found: Sequence[Place],
    made: Sequence[Values],
    labels: Sequence[str],
    where: str,
    names: Sequence[str] = (),
) -> FormatError | None:
    """The error of the first array that has another shape than its weight; None if all fit."""
    for i, (place, value) in enumerate(zip(found, made, strict=True)):
        if place.shape != value.shape:
            return FormatError(
                message(
                    where,
                    f"`{labels[i]}` of the file does not fit"
                    f" `{names[i] if names else _called(place)}` of the model",
                    got={"shape": tuple(np.shape(value))},
                    expected=str(place.shape),
                    fix=REMEDY,
                )
            )
    return None


def _called(place: Place) -> str:
    return f"{getattr(place.owner, 'name', '')}/{place.name}"


def _labels(stored: Stored, made: Sequence[Values]) -> list[str]:
    same = len(stored.names) == len(made)
    return list(stored.names) if same else [stored.name] * len(made)
