"""The arithmetic of keras.backend, with the arguments of Keras 1 and 2."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import torch

from striate.graph.record import Symbol
from striate.keras import config, ops, random
from striate.keras.ops import calling
from striate.keras.tensors import as_tensor
from striate.ops.functions import DEFINITIONS

# Old names of arguments, which every function takes.
_OLD = {"keep_dims": "keepdims", "dim": "axis", "reduction_indices": "axis"}


def _same(name: str) -> Callable[..., Any]:
    """A function that is Keras 3's but for old names of its arguments."""
    today = calling.function(name)

    def called(*args: Any, **kwargs: Any) -> Any:
        return today(*args, **{_OLD.get(key, key): value for key, value in kwargs.items()})

    called.__name__ = called.__qualname__ = name
    called.__doc__ = today.__doc__
    called.__signature__ = DEFINITIONS[  # type: ignore[attr-defined]
        calling.ALIASES.get(name, name)
    ].signature
    return called


_SAME = """
abs all any cast cos dot elu equal exp greater greater_equal hard_sigmoid less less_equal log
logsumexp maximum mean minimum not_equal ones_like prod round sigmoid sign sin softmax softplus
softsign sqrt square squeeze stack std stop_gradient sum tanh var zeros_like max min
"""
globals().update({name: _same(name) for name in _SAME.split()})


def argmax(x: Any, axis: int = -1) -> Any:
    """The place of the largest."""
    return calling.function("argmax")(x, axis)


def argmin(x: Any, axis: int = -1) -> Any:
    """The place of the smallest."""
    return calling.function("argmin")(x, axis)


def clip(x: Any, min_value: Any, max_value: Any) -> Any:
    """Between two bounds."""
    return calling.function("clip")(x, min_value, max_value)


def pow(x: Any, a: Any) -> Any:
    """x to the power of a."""
    return calling.function("power")(x, a)


def concatenate(tensors: Sequence[Any], axis: int = -1) -> Any:
    """Behind one another along an axis, the last by default."""
    return calling.function("concatenate")(tensors, axis)


def expand_dims(x: Any, axis: int = -1) -> Any:
    """A new axis of size 1, the last by default."""
    return calling.function("expand_dims")(x, axis)


def cumsum(x: Any, axis: int = 0) -> Any:
    """The sums up to each value."""
    return calling.function("cumsum")(x, axis)


def cumprod(x: Any, axis: int = 0) -> Any:
    """The products up to each value."""
    return calling.function("cumprod")(x, axis)


def flatten(x: Any) -> Any:
    """All values in a row, the batch among them."""
    return calling.function("ravel")(x)


def batch_flatten(x: Any) -> Any:
    """The values of each sample in a row."""
    sizes = ops.shape(x)[1:]
    rest = -1 if None in sizes else math.prod(sizes)
    return calling.function("reshape")(x, (None if rest == -1 else -1, rest))


def permute_dimensions(x: Any, pattern: Sequence[int]) -> Any:
    """Axes in another order."""
    return calling.function("transpose")(x, tuple(pattern))


def transpose(x: Any) -> Any:
    """Axes turned round."""
    return calling.function("transpose")(x)


def reshape(x: Any, shape: Sequence[Any]) -> Any:
    """To a shape, the batch first."""
    return calling.function("reshape")(x, tuple(shape))


def repeat(x: Any, n: int) -> Any:
    """Each row (N, C) n times: (N, n, C)."""
    return calling.function("repeat")(expand_dims(x, 1), int(n), axis=1)


def repeat_elements(x: Any, rep: int, axis: int) -> Any:
    """Every value several times along an axis."""
    return calling.function("repeat")(x, int(rep), axis=axis)


def tile(x: Any, n: Any) -> Any:
    """The whole several times along each axis."""
    return calling.function("tile")(x, n)


def reverse(x: Any, axes: Any) -> Any:
    """Turned round along axes."""
    return calling.function("flip")(x, axes)


def gather(reference: Any, indices: Any) -> Any:
    """The rows of these numbers."""
    return calling.function("take")(reference, indices, axis=0)


def one_hot(indices: Any, num_classes: int) -> Any:
    """1 in the place of each class number."""
    return calling.function("one_hot")(indices, num_classes)


def l2_normalize(x: Any, axis: Any = None) -> Any:
    """Divided by its length."""
    return calling.function("normalize")(x, axis, epsilon=1e-6)


def relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """x above the threshold, alpha (x - threshold) below, at most `max_value`."""
    if not threshold and not alpha:
        out = calling.function("relu")(x)
    elif not threshold:
        out = calling.function("leaky_relu")(x, alpha)
    else:
        below = (x - threshold) * alpha
        out = calling.function("where")(calling.function("greater")(x, threshold), x, below)
    return out if max_value is None else calling.function("minimum")(out, max_value)


def dropout(x: Any, level: float, noise_shape: Any = None, seed: int | None = None) -> Any:
    """Some values set to 0, the others made larger."""
    return random.dropout(x, level, noise_shape, seed)


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """The loss value by value."""
    return calling.function("binary_crossentropy")(target, output, from_logits)


def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """The loss of each row."""
    return calling.function("categorical_crossentropy")(target, output, from_logits, axis)


def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """The loss of each row, targets as class numbers."""
    return calling.function("sparse_categorical_crossentropy")(target, output, from_logits, axis)


def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    """Whether each target is among the k largest predictions."""
    return calling.function("in_top_k")(targets, predictions, k)


def batch_dot(x: Any, y: Any, axes: Any = None) -> Any:
    """Products of the samples of two batches, summed over one axis of each."""
    ranks = len(ops.shape(x)), len(ops.shape(y))
    if axes is None:
        axes = (ranks[0] - 1, max(1, ranks[1] - 2))
    first, second = (axes, axes) if isinstance(axes, int) else axes
    letters = "abcdefghijklmnopqrstuvw"
    left = ["N", *letters[: ranks[0] - 1]]
    right = ["N", *letters[ranks[0] : ranks[0] + ranks[1] - 1]]
    left[first % ranks[0]] = right[second % ranks[1]] = "z"
    out = [v for v in left + right[1:] if v != "z"]
    made = ops.einsum(f"{''.join(left)},{''.join(right)}->{''.join(out)}", x, y)
    return expand_dims(made, 1) if len(out) == 1 else made


def random_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = None,
    seed: int | None = None,
) -> Any:
    """From a normal distribution."""
    return random.normal(shape, mean, stddev, dtype, seed)


def random_uniform(
    shape: Sequence[int],
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: Any = None,
    seed: int | None = None,
) -> Any:
    """Evenly between two numbers."""
    return random.uniform(shape, minval, maxval, dtype, seed)


def random_bernoulli(
    shape: Sequence[int], p: float = 0.0, dtype: Any = None, seed: int | None = None
) -> Any:
    """1 for a share p of all, else 0."""
    return ops.cast(ops.less(random.uniform(shape, seed=seed), p), dtype or "float32")


random_binomial = random_bernoulli


def truncated_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = None,
    seed: int | None = None,
) -> Any:
    """From a normal distribution without its ends."""
    return random.truncated_normal(shape, mean, stddev, dtype, seed)


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A variable of zeros."""
    return ops.zeros(shape, dtype)


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A variable of ones."""
    return ops.ones(shape, dtype)


def eye(size: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Ones on the diagonal."""
    rows, columns = (size, size) if isinstance(size, int) else size
    return ops.eye(rows, columns, dtype=dtype)


def arange(start: Any, stop: Any = None, step: int = 1, dtype: Any = "int32") -> Any:
    """Numbers from `start` up to, without, `stop`."""
    return ops.arange(start, stop, step, dtype)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """A tensor of these values."""
    made = as_tensor(value, dtype or (None if _is_tensor(value) else config.floatx()))
    return made if shape is None else made.expand(tuple(shape))


def _is_tensor(value: Any) -> bool:
    return isinstance(value, (torch.Tensor, Symbol))


def identity(x: Any, name: str | None = None) -> Any:
    """The values."""
    return ops.copy(x)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """One of two values or functions, or value by value."""
    if _is_tensor(condition) and len(ops.shape(condition)):
        parts = [v() if callable(v) else v for v in (then_expression, else_expression)]
        lacking = len(ops.shape(parts[0])) - len(ops.shape(condition))
        for _ in range(lacking):
            condition = expand_dims(condition)
        return ops.where(condition, *parts)
    chosen = then_expression if bool(condition) else else_expression
    return chosen() if callable(chosen) and not _is_tensor(chosen) else chosen


def map_fn(fn: Callable[[Any], Any], elems: Any, name: str | None = None, dtype: Any = None) -> Any:
    """What a function returns for each sample, stacked."""
    return ops.map(fn, elems)


def foldl(fn: Callable[[Any, Any], Any], elems: Any, initializer: Any = None) -> Any:
    """A function of what it returned before and the next sample."""
    rows = list(as_tensor(elems))
    value = rows.pop(0) if initializer is None else initializer
    for row in rows:
        value = fn(value, row)
    return value


def print_tensor(x: Any, message: str = "", summarize: int = 3) -> Any:
    """Prints values and passes them on."""
    sys.stdout.write(f"{message} {x}\n")
    return x


NAMES = sorted(
    name
    for name, value in list(globals().items())
    if name[0] != "_" and getattr(value, "__module__", "") == __name__
)
