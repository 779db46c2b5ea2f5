"""Puts published weights into a network: all names known, all shapes fit, or nothing is set."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.errors import ArgumentError, FormatError, message, unknown_name
from striate.models import Model, foreign
from striate.models.saving import put_weights
from striate.zoo.imagenet import class_names
from striate.zoo.pretrained import keras_names, torch_names
from striate.zoo.pretrained.fetching import fetch
from striate.zoo.pretrained.records import PretrainedWeights

if TYPE_CHECKING:
    from striate.zoo.architecture import Architecture

Array = np.ndarray[Any, Any]
TORCH = (".pth", ".pt", ".pth.tar")


def choose(
    network: Architecture, weights: Any, include_top: bool, classes: int
) -> PretrainedWeights | None:
    """The published weights of a name; None for a file, or no weights.

    Raises:
        UnknownNameError: neither the name of published weights nor a file.
        ArgumentError: a head for another number of classes than the weights have.
    """
    if weights is None:
        return None
    known = {record.name: record for record in network.weights}
    record = known.get(os.fspath(weights))
    if record is None:
        if Path(weights).suffix or Path(weights).exists():
            return None
        raise unknown_name(network.where, "weights", weights, [*known, "a file of weights"])
    if include_top and classes != network.classes:
        raise ArgumentError(
            message(
                network.where,
                "these weights have a head for other classes",
                got={"weights": weights, "classes": classes},
                expected=f"classes={network.classes}, or a network without its head",
                fix=f'zoo.{network.name}(weights="{weights}", include_top=False)',
            )
        )
    return record


def load(
    network: Architecture,
    model: Model,
    weights: str | os.PathLike[str],
    chosen: PretrainedWeights | None,
    include_top: bool,
) -> None:
    """Sets the weights of a new network: published ones, or those of a file.

    Raises:
        DownloadError: no copy of the published file is to be had.
        FormatError: unreadable, or the weights of another network.
    """
    if chosen is None:
        load_file(model, network.name, weights)
        return
    file = chosen.file if include_top or not chosen.without_top else chosen.without_top
    load_file(model, network.name, fetch(file))
    if include_top:
        model.class_names = class_names()


def load_file(model: Model, network: str, path: str | os.PathLike[str]) -> None:
    """Sets the weights of a network of the zoo from a file.

    Args:
        model: the network, with or without its head.
        network: its name in the zoo.
        path: `.pth` or `.pt` with torchvision's names; `.h5` from `keras.applications`; or what
            `model.load_weights` takes.

    Raises:
        FormatError: unreadable, or the weights of another network; no weight is changed then.
        ArgumentError: a PyTorch file for a network that torchvision does not have in this form.
    """
    if str(path).endswith(TORCH):
        arrays = from_torchvision(model, network, Path(path))
    else:
        stored = foreign.stored_layers(path) if foreign.is_foreign(path) else None
        if stored is None:
            model.load_weights(path)
            return
        arrays = from_keras(model, stored, str(path))
    put_weights(model, arrays, str(path))


def _by_layer(model: Model) -> dict[str, dict[str, tuple[int, ...]]]:
    """The shapes of all weights by layer, then by name."""
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    for path, weight in model.named_weights():
        layer, _, name = path.rpartition("/")
        found.setdefault(layer, {})[name] = tuple(weight.shape)
    return found


# Keras ------------------------------------------------------------------------------------------


def from_keras(model: Model, stored: Mapping[str, Sequence[Array]], where: str) -> dict[str, Array]:
    """Arrays of a Keras file, by our names.

    Args:
        model: the network.
        stored: each layer's arrays, in the order of the file.
        where: the file, for messages.

    Raises:
        FormatError: a layer of the file that the network does not have, or of another shape.
    """
    own = _by_layer(model)
    order = [name for name in foreign.keras_order(model) if name in own]
    arrays: dict[str, Array] = {}
    unknown = []
    for theirs, layers in keras_names.paired(stored, order):
        if not layers:
            unknown.append(theirs)
            continue
        weights = [(f"{n}/{w}", shape) for n in layers for w, shape in own[n].items()]
        arrays |= _fitted(theirs, stored[theirs], weights, where)
    headless = not keras_names.HEAD & set(own)
    wrong = [name for name in unknown if not headless or not keras_names.of_head(name)]
    if wrong:
        raise _left_over(where, wrong, model)
    return _with_variance(arrays)


def _fitted(
    layer: str,
    arrays: Sequence[Array],
    weights: Sequence[tuple[str, tuple[int, ...]]],
    where: str,
) -> dict[str, Array]:
    """One layer's arrays in our shapes: axes of length 1 may lie elsewhere in Keras's."""
    got = [tuple(a.shape) for a in arrays]
    wanted = [shape for _, shape in weights]
    if [_long(s) for s in got] != [_long(s) for s in wanted]:
        raise FormatError(
            message(
                where,
                f"layer `{layer}` does not fit `{weights[0][0].partition('/')[0]}` of the network",
                got={"shapes": tuple(got)},
                expected=str(tuple(wanted)),
                fix="Build the network as the weights were trained: classes, input_shape, "
                "include_top",
            )
        )
    return {n: a.reshape(s) for (n, s), a in zip(weights, arrays, strict=True)}


def _long(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def _with_variance(arrays: dict[str, Array]) -> dict[str, Array]:
    """EfficientNet's published files hold ImageNet's deviation where the variance belongs.

    Keras divides by its root once more after loading them; we correct the number.
    """
    name = "normalization/adapt_variance"
    value = arrays.get(name)
    if value is not None and np.allclose(value, (0.229, 0.224, 0.225), atol=1e-4):
        arrays[name] = value**2
    return arrays


# torchvision -----------------------------------------------------------------------------------


def from_torchvision(model: Model, network: str, path: Path) -> dict[str, Array]:
    """Arrays of a state dict with torchvision's names, by our names, in our layout.

    Raises:
        FormatError: a name that is missing, or not known.
        ArgumentError: torchvision does not have this network in this form.
    """
    rule = torch_names.RULES.get(network)
    if rule is None:
        raise ArgumentError(
            message(
                f"zoo.{network}",
                "PyTorch's weights for this network are not known",
                got={"weights": str(path)},
                expected=f"one of {', '.join(sorted(torch_names.RULES))}",
            )
        )
    found = {torch_names.today(n): a for n, a in foreign.torch_weights(path).items()}
    own = _by_layer(model)
    prefixes = rule(list(own))
    names = {
        f"{layer}/{weight}": torch_names.full(prefixes[layer], weight)
        for layer, weights in own.items()
        for weight in weights
    }
    missing = sorted(set(names.values()) - set(found))
    if missing:
        raise FormatError(
            message(
                str(path),
                f"weights of {network} are missing",
                got={"missing": tuple(missing[:5])},
                expected=f"{len(names)} weights with torchvision's names",
            )
        )
    left = set(found) - set(names.values())
    absent = tuple(h for h in torch_names.HEADS if not any(n.startswith(h) for n in names.values()))
    wrong = sorted(n for n in left if not n.startswith(absent) and not torch_names.ignored(n))
    if wrong:
        raise _left_over(str(path), wrong, model)
    return {ours: _turned(model, ours, found[theirs]) for ours, theirs in names.items()}


def _turned(model: Model, name: str, value: Array) -> Array:
    """In our layout: (height, width, in, out) for convolutions, (in, out) for Dense layers."""
    layer, _, weight = name.rpartition("/")
    if weight != "kernel":
        return value
    if layer.endswith("layer_scale"):
        return value.reshape(1, 1, -1, 1)
    if value.ndim == 4:
        depthwise = type(model.get_layer(layer)).__name__ == "DepthwiseConv2D"
        return value.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
    before = model.graph[model.graph[layer].inputs[0].node]
    if type(before.kind).__name__ != "Flatten":
        return value.T
    # torch flattens (channels, height, width), we (height, width, channels)
    _, height, width, channels = (n or 1 for n in model.graph.spec(before.inputs[0]).shape)
    if value.shape[1] != height * width * channels:
        return value.T
    maps = value.reshape(len(value), channels, height, width)
    return maps.transpose(2, 3, 1, 0).reshape(-1, len(value))


def _left_over(where: str, names: Sequence[str], model: Model) -> FormatError:
    return FormatError(
        message(
            where,
            f"the file has weights that {model.name} does not have",
            got={"unknown": tuple(names[:5])},
            expected=f"{len(model.weights)} weights",
            fix="Build the network as the weights were trained: classes, input_shape, include_top",
        )
    )
