"""Elements of a dataset: tensors, text, and tuples and dicts of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from striate.keras.tensorflow.text import Data, Text, texts
from striate.keras.tensorflow.types import TensorSpec, as_dtype
from striate.keras.tensors import Tensor, as_plain, as_tensor


def each(function: Callable[[Any], Any], element: Any) -> Any:
    """A function of every leaf."""
    if isinstance(element, dict):
        return {key: each(function, value) for key, value in element.items()}
    if isinstance(element, (list, tuple)):
        return tuple(each(function, value) for value in element)
    return function(element)


def leaf(value: Any) -> Any:
    """A leaf as a tensor, text as text."""
    if isinstance(value, (torch.Tensor, Text, Data)):
        return value if type(value) is not torch.Tensor else value.as_subclass(Tensor)
    if texts.holds(value):
        return texts.of(value)
    return as_tensor(value)


def element(value: Any) -> Any:
    """What a person or a function gives as an element: lists become tuples, arrays tensors."""
    return each(leaf, value)


def columns(value: Any) -> Any:
    """Data that are to be cut into rows: lists are arrays, tuples are several of them."""
    if isinstance(value, dict):
        return {key: columns(v) for key, v in value.items()}
    if isinstance(value, tuple):
        return tuple(columns(v) for v in value)
    if (
        isinstance(value, list)
        and value
        and all(isinstance(v, (np.ndarray, torch.Tensor)) for v in value)
    ):
        return leaf(np.stack([np.asarray(v) for v in value]))
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    return leaf(value)


def first(element: Any) -> Any:
    """The first leaf."""
    while isinstance(element, (dict, list, tuple)):
        element = next(iter(element.values() if isinstance(element, dict) else element))
    return element


def together(elements: Sequence[Any]) -> Any:
    """A batch of elements."""
    one = elements[0]
    if isinstance(one, dict):
        return {key: together([e[key] for e in elements]) for key in one}
    if isinstance(one, (list, tuple)):
        return tuple(together(list(parts)) for parts in zip(*elements, strict=True))
    if isinstance(one, (Text, Data)):
        return np.array(elements, dtype=object)
    if isinstance(one, np.ndarray):
        return np.stack(elements)
    return torch.stack([as_plain(e) for e in elements]).as_subclass(Tensor)


def padded(elements: Sequence[Any], value: Any = 0) -> Any:
    """A batch of elements of different sizes, the smaller ones filled up at their ends."""
    one = elements[0]
    if isinstance(one, (list, tuple)):
        return tuple(padded(list(parts), value) for parts in zip(*elements, strict=True))
    sizes = [max(n) for n in zip(*(e.shape for e in elements), strict=True)]
    out = torch.full((len(elements), *sizes), value, dtype=one.dtype)
    for i, e in enumerate(elements):
        box = out[i]
        for axis, n in enumerate(e.shape):
            box = box.narrow(axis, 0, n)
        box.copy_(as_plain(e))
    return out.as_subclass(Tensor)


def spec(element: Any, open_batch: bool) -> Any:
    """Shape and type of every leaf."""

    def of(value: Any) -> TensorSpec:
        shape = list(getattr(value, "shape", ()))
        if open_batch and shape:
            shape[0] = None
        text = isinstance(value, (Text, Data, np.ndarray))
        return TensorSpec(shape, "string" if text else as_dtype(value.dtype))

    return each(of, element)


def called(function: Callable[..., Any], element: Any) -> Any:
    """A function of an element: a tuple is several arguments."""
    return function(*element) if isinstance(element, tuple) else function(element)
