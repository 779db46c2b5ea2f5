"""The v3 layout of weights, of `.weights.h5` and inside `.keras`: paths by class and number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from striate.errors import FormatError, message
from striate.formats.keras_files.hdf5 import Array, Group
from striate.formats.keras_files.legacy import REMEDY, Pairs, fitting
from striate.formats.keras_files.old_weights import Values, Writer, arranged
from striate.formats.keras_files.order import Place, layers_of, places
from striate.graph.kinds import snake_case
from striate.layers import (
    Bidirectional,
    ChannelsFirst,
    Layer,
    MultiHeadAttention,
    SpectralNormalization,
)
from striate.models import Model, Sequential

ROOTS = ("layers", "_layer_checkpoint_dependencies")  # the second one in 2.12 to 2.14
WITH_CELL = ("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
OURS = ("Model", "Functional")
BESIDE = ("seed_generator", "optimizer", "metrics", "_metrics", "compile_metrics", "_optimizer")

Slots = dict[str, list[Place]]  # path of a folder of variables -> its weights in order


def is_v3(root: Group) -> bool:
    """Whether a file has this layout: by the names in its root."""
    tops = {name.replace("\\", "/").partition("/")[0] for name in root.names()}
    return bool(tops & set(ROOTS)) or ("vars" in tops and "model_weights" not in tops)


def matched(
    model: Model, root: Group, classes: Mapping[int, str] | None = None, *, skip: bool = False
) -> Pairs:
    """The weights of a file for a model.

    Args:
        model: whose weights are wanted.
        root: the open file.
        classes: Keras's class names of layers that have another one here, by `id`.
        skip: leaves weights alone that are missing there or have another shape.

    Raises:
        FormatError: weights are missing, left over, or of another shape.
    """
    stored = _stored(root)
    tries = [slots(model, classes or {}, doubled) for doubled in (False, True)]
    missing = [[p for p, own in found.items() if not _there(stored, p, own)] for found in tries]
    best = 0 if len(missing[0]) <= len(missing[1]) else 1
    if missing[best] and not skip:
        raise _missing(root, missing[best][0], stored)
    left = _left_over(stored, tries[best])
    if left and not skip:
        raise _unused(root, left)
    pairs: Pairs = []
    for path, own in tries[best].items():
        if _there(stored, path, own):
            pairs += _read(path, own, stored, root, skip)
    return pairs


def _stored(root: Group) -> dict[str, Array]:
    """Every array by its path, as today's Keras on any machine would write it."""
    found = {}
    for path, array in root.walk():
        plain = path.replace("\\", "/").replace(ROOTS[1], ROOTS[0])
        found[plain.replace("/_", "/")] = array  # 2.15 has `_query_dense`, 3 `query_dense`
    return found


def _there(stored: Mapping[str, Array], path: str, own: Sequence[Place]) -> bool:
    return all(f"{path}/{i}" in stored for i in range(len(own)))


def _read(
    path: str, own: Sequence[Place], stored: Mapping[str, Array], root: Group, skip: bool
) -> Pairs:
    arrays: list[Values] = [stored[f"{path}/{i}"].numbers() for i in range(len(own))]
    made = arranged(own, arrays, Writer())
    names = [f"{path}/{i}" for i in range(len(own))]
    fault = fitting(own, made, names, root.where)
    if fault is None:
        return list(zip(own, made, strict=True))
    if skip:
        return []
    raise fault


def slots(model: Model, classes: Mapping[int, str], doubled: bool) -> Slots:
    """Where Keras keeps each weight of a model.

    Args:
        model: the model.
        classes: Keras's class names by `id` of the layer.
        doubled: numbers as Keras 2.12 and 2.13 gave them, where layers with weights count twice.
    """
    found: Slots = {}
    for path, place in variables_of(model, "", classes, doubled):
        found.setdefault(path, []).append(place)
    return found


def variables_of(
    layer: Any, path: str, classes: Mapping[int, str], doubled: bool
) -> Iterator[tuple[str, Place]]:
    """(folder of variables, weight) of everything below a layer."""
    if isinstance(layer, ChannelsFirst):
        yield from variables_of(layer.layer, path, classes, doubled)
        return
    if isinstance(layer, MultiHeadAttention):
        for place in places(layer):
            part = place.name.rpartition("_")[0]
            yield f"{path}{part}_dense/vars", place
        return
    if isinstance(layer, SpectralNormalization):  # Keras keeps the kernel of the layer inside, too
        kernel = next(p for p in places(layer.layer) if p.name in ("kernel", "embeddings"))
        yield f"{path}vars", kernel
    cell = "cell/" if _kind(layer) in WITH_CELL else ""
    for name, tensor in layer.named_weights():
        if "/" not in name:
            yield f"{path}{cell}vars", Place(name, layer, name, tensor)
    for step, inner in _inside(layer, classes, doubled):
        yield from variables_of(inner, f"{path}{step}/", classes, doubled)


def _kind(layer: Any) -> str:
    kind = getattr(layer, "kind", None)
    return "" if kind is None else type(kind).__name__


def _inside(layer: Any, classes: Mapping[int, str], doubled: bool) -> Iterator[tuple[str, Any]]:
    """(step of the path, layer) of what a layer consists of."""
    if isinstance(layer, Model) and (isinstance(layer, Sequential) or _functional(layer)):
        for name, inner in numbered(layers_of(layer), classes, doubled):
            yield f"layers/{name}", inner
    elif isinstance(layer, Bidirectional):
        yield "forward_layer", layer.forward_layer
        yield "backward_layer", layer.backward_layer
    elif _kind(layer) == "StackedRNNCells":
        for name, inner in numbered(list(layer.cells), classes, doubled):
            yield f"cells/{name}", inner
    else:
        for name, inner in layer.named_children():
            if isinstance(inner, Layer):
                yield name, inner


def _functional(model: Model) -> bool:
    return type(model).call is Layer.call


def numbered(
    layers: Sequence[Any], classes: Mapping[int, str], doubled: bool = False
) -> Iterator[tuple[str, Any]]:
    """Layers by class name in snake case and a running number per class."""
    count: dict[str, int] = {}
    for layer in layers:
        name = snake_case(_class(layer, classes))
        number = count.get(name, 0)
        count[name] = number + (2 if doubled and any(True for _ in layer.named_weights()) else 1)
        yield name if number == 0 else f"{name}_{number}", layer


def _class(layer: Any, classes: Mapping[int, str]) -> str:
    if id(layer) in classes:
        return classes[id(layer)]
    if isinstance(layer, ChannelsFirst):
        return _class(layer.layer, classes)
    name = type(layer).__name__
    return OURS[1] if name == OURS[0] else name


def _left_over(stored: Mapping[str, Array], taken: Slots) -> list[str]:
    used = {f"{path}/{i}" for path, own in taken.items() for i in range(len(own))}
    return [
        path
        for path in stored
        if path not in used and not any(step in BESIDE for step in path.split("/"))
    ]


def _missing(root: Group, path: str, stored: Mapping[str, Array]) -> FormatError:
    have = sorted({p.rpartition("/vars/")[0] for p in stored})
    shown = have if len(have) <= 12 else [*have[:11], f"... {len(have)} in all"]
    return FormatError(
        message(
            root.where,
            "weights of the model are not in the file",
            got={"file": tuple(shown)},
            expected=path.removesuffix("/vars"),
            fix=REMEDY,
        )
    )


def _unused(root: Group, left: Sequence[str]) -> FormatError:
    return FormatError(
        message(
            root.where,
            "the file has weights of layers that the model has not",
            got={"file": tuple(left[:6])},
            fix=REMEDY,
        )
    )
