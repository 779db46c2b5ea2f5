"""Compares a layer with the real Keras: same weights, then outputs, gradients, shapes, counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from striate.layers import Layer
from tests.contract.cases.case import Case, resolved
from tests.keras_oracle import keras

TOLERANCE = 2e-5  # float32 sums in another order


def assert_close(ours: Any, theirs: Any, what: str, tolerance: float = TOLERANCE) -> None:
    a, b = np.asarray(ours, dtype="float64"), np.asarray(theirs, dtype="float64")
    assert a.shape == b.shape, f"{what}: shape {a.shape} against {b.shape}"
    if a.size == 0:
        return
    scale = max(1.0, float(np.abs(b).max()))
    gap = np.abs(a - b) / scale
    worst = np.unravel_index(int(gap.argmax()), gap.shape)
    assert gap.max() <= tolerance, f"{what}: off by {gap.max():.2e} (relative) at {worst}"


def numbers(value: Any) -> np.ndarray:
    return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)


def many(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [leaf for v in value for leaf in many(v)]
    return [value]


def compare(
    ours: Layer,
    theirs: Any,
    inputs: list[np.ndarray],
    *,
    case: Case | None = None,
    training: bool = False,
    seed: int = 0,
    tolerance: float = TOLERANCE,
) -> None:
    """Raises AssertionError at the first difference."""
    mine = [torch.from_numpy(x.copy()) for x in inputs]
    other = [torch.from_numpy(x.copy()) for x in inputs]
    for x in (*mine, *other):
        if x.is_floating_point():
            x.requires_grad_()
    case = case or Case(type(ours).__name__)
    if case.names:
        case.call(ours, mine), case.call(theirs, other)
    shapes = [x.shape for x in inputs]
    if not theirs.built:
        theirs.build(shapes[0] if len(shapes) == 1 else shapes)
    if not ours.built:
        ours.build(shapes[0] if len(shapes) == 1 else shapes)
    state = {"seed_generator_state", "seed_state"}
    targets = [w for w in theirs.weights if w.name not in state]
    assert [tuple(w.shape) for w in targets] == [tuple(w.shape) for w in ours.weights]
    rng = np.random.default_rng(seed)
    values = [_values(rng, w) for w in targets]
    ours.set_weights(values)
    for weight, value in zip(targets, values, strict=True):
        weight.assign(value)
    a = many(case.call(ours, mine, training=training))
    b = many(case.call(theirs, other, training=training))
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        assert_close(numbers(x), numbers(y), f"output {i}", tolerance)
    _gradients(ours, targets, (a, b), (mine, other), rng, tolerance)
    for x, y in zip(ours.weights, targets, strict=True):
        assert_close(numbers(x), numbers(y.value), f"{y.name} afterwards", tolerance)


def _gradients(
    ours: Layer, targets: list, outputs: tuple, inputs: tuple, rng: Any, tolerance: float
) -> None:
    a, b = outputs
    if not any(x.requires_grad for x in a):
        return
    weights = [torch.from_numpy(rng.normal(size=tuple(x.shape)).astype("float32")) for x in a]
    sum((x * w).sum() for x, w in zip(a, weights, strict=True)).backward()
    sum((x * w).sum() for x, w in zip(b, weights, strict=True)).backward()
    for i, (x, y) in enumerate(zip(*inputs, strict=True)):
        if y.grad is not None:
            assert_close(numbers(x.grad), numbers(y.grad), f"gradient of input {i}", tolerance * 5)
    for x, y in zip(ours.weights, targets, strict=True):
        if y.value.grad is not None and x.requires_grad:
            assert_close(
                numbers(x.grad), numbers(y.value.grad), f"gradient of {y.name}", tolerance * 5
            )


def _values(rng: Any, weight: Any) -> np.ndarray:
    value = rng.normal(size=tuple(weight.shape)).astype("float32")
    return np.abs(value) + 0.1 if "variance" in weight.name else value


def keras_layer(name: str, arguments: dict[str, Any]) -> Any:
    return getattr(keras.layers, name)(**resolved(arguments, keras.layers))
