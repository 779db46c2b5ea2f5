"""Weights as Keras 1, Theano and cuDNN laid them out, in today's layout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias

import numpy as np

from striate.formats.keras_files.order import Place

Values: TypeAlias = "np.ndarray[Any, Any]"

# arrays that Keras 1 kept per gate, and the order in which today's lie side by side
GATES = {"LSTM": (0, 2, 1, 3), "ConvLSTM2D": (0, 2, 1, 3), "GRU": (0, 1, 2)}
FLIPPED = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "ConvLSTM2D")
KERNELS = ("kernel", "recurrent_kernel", "depthwise_kernel", "pointwise_kernel")


@dataclass(frozen=True)
class Writer:
    """Who wrote a file.

    Args:
        version: the first number of its Keras.
        theano: whether it computed with Theano, which convolves where others correlate.
    """

    version: int = 3
    theano: bool = False


def arranged(places: Sequence[Place], arrays: Sequence[Values], writer: Writer) -> list[Values]:
    """The arrays of one top-level layer in today's layout, one for each place if that can be."""
    joined = list(arrays)
    if len(places) != len(arrays):
        joined = list(_joined(places, arrays))
    if len(joined) != len(places):
        return joined
    made: dict[int, Values] = {}
    for _, members in groupby(range(len(places)), key=lambda i: id(places[i].owner)):
        numbers = list(members)
        group = [joined[i] for i in numbers]
        for i, value in zip(
            numbers, _of_owner([places[i] for i in numbers], group, writer), strict=True
        ):
            made[i] = value
    return [made[i] for i in range(len(places))]


def _joined(places: Sequence[Place], arrays: Sequence[Values]) -> Iterator[Values]:
    """One array for all gates, where Keras 1 kept one for each."""
    left = list(arrays)
    for _, members in groupby(places, key=lambda place: id(place.owner)):
        own = list(members)
        gates = GATES.get(own[0].kind, ())
        if gates and len(own) == 3 and len(left) >= 3 * len(gates):
            for i in range(3):
                parts = [left[3 * gate + i] for gate in gates]
                same = all(p.ndim == parts[0].ndim > 0 for p in parts)
                axis = 0 if own[0].first and parts[0].ndim == 4 else -1
                yield np.concatenate(parts, axis) if same else parts[0]
            left = left[3 * len(gates) :]
        else:
            yield from left[: len(own)]
            left = left[len(own) :]
    yield from left


def _of_owner(
    places: Sequence[Place], arrays: Sequence[Values], writer: Writer
) -> Iterator[Values]:
    if places[0].kind in ("LSTM", "GRU") and len(places) == 3:
        yield from _from_cudnn(places, arrays)
        return
    for place, value in zip(places, arrays, strict=True):
        if place.name not in KERNELS:
            yield value
            continue
        found = _turned(place, value) if writer.version == 1 else value
        if writer.theano and place.kind in FLIPPED:
            found = np.flip(found, tuple(range(found.ndim - 2)))
        yield found


def _turned(place: Place, value: Values) -> Values:
    """A kernel of Keras 1 as (rows, columns, in, out)."""
    turn = _TURNS.get(place.kind)
    return value if turn is None else turn(place, value)


def _sequence(place: Place, value: Values) -> Values:
    if value.ndim != 4:
        return value
    length, filters = place.shape[0], place.shape[-1]
    if value.shape[:2] != (length, 1) or value.shape[3] != filters:
        value = value.transpose(2, 3, 1, 0)
    return value[:, 0] if value.shape[1] == 1 else value


def _image(place: Place, value: Values) -> Values:
    return _if_needed(place, value, (2, 3, 1, 0))


def _volume(place: Place, value: Values) -> Values:
    return _if_needed(place, value, (2, 3, 4, 1, 0))


def _if_needed(place: Place, value: Values, order: tuple[int, ...]) -> Values:
    """Turned in a channels-first layer, and where only that fits."""
    if value.ndim != len(order):
        return value
    turned = value.transpose(order)
    fits, would = value.shape == place.shape, turned.shape == place.shape
    return turned if place.first or (would and not fits) else value


def _transposed(place: Place, value: Values) -> Values:
    if value.ndim != 4:
        return value
    return value.transpose((2, 3, 0, 1) if place.first else (0, 1, 3, 2))


_TURNS: dict[str, Callable[[Place, Values], Values]] = {
    "Conv1D": _sequence,
    "Conv2D": _image,
    "SeparableConv2D": _image,
    "DepthwiseConv2D": _image,
    "ConvLSTM2D": _image,
    "Conv3D": _volume,
    "Conv2DTranspose": _transposed,
}


def _from_cudnn(places: Sequence[Place], arrays: Sequence[Values]) -> Iterator[Values]:
    """The weights of cuDNN's LSTM and GRU, which lie transposed and have two biases."""
    kernel, recurrent, bias = arrays
    units = places[1].shape[0]
    gates = 4 if places[0].kind == "LSTM" else 3
    plain = bias.shape != (2 * gates * units,)
    if plain or kernel.shape != places[0].shape or recurrent.shape != places[1].shape:
        yield from arrays
        return
    halves = np.hsplit(kernel, gates)
    yield np.hstack([part.T.reshape(part.shape, order="F") for part in halves])
    yield np.hstack([part.T for part in np.hsplit(recurrent, gates)])
    yield bias.reshape(2, -1).sum(0) if places[0].kind == "LSTM" else bias.reshape(2, -1)
