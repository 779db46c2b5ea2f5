"""Random configurations of the layers without windows, compared with the real Keras."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from striate import layers
from striate.activations import activations
from striate.errors import StriateError
from tests.contract.cases.case import Case
from tests.contract.keras_parity import compare, keras_layer
from tests.keras_oracle import keras

pytestmark = [
    pytest.mark.torch,
    pytest.mark.keras,
    pytest.mark.filterwarnings("ignore:You are using a softmax over axis"),  # of size 1: Keras
]

COUNT = 40  # per layer
Made = tuple[dict[str, Any], tuple[tuple[int, ...], ...]]  # arguments, shapes without the batch
Random = np.random.Generator


def whole(random: Random, least: int, most: int) -> int:
    return int(random.integers(least, most + 1))


def shape(random: Random, least: int = 1, most: int = 3) -> tuple[int, ...]:
    """One to three axes, the channels among them."""
    return tuple(whole(random, 1, 6) for _ in range(whole(random, least, most)))


def coin(random: Random) -> bool:
    return bool(random.random() < 0.5)


def number(random: Random, least: float, most: float) -> float:
    return round(float(random.uniform(least, most)), 3)


def axis_of(random: Random, given: tuple[int, ...]) -> int:
    """An axis, sometimes one that is not there."""
    return whole(random, -len(given), len(given) + 1) or -1


def dense(random: Random) -> Made:
    names = ("relu", "tanh", None, "softmax", "gelu", "hard_sigmoid")
    activation = names[whole(random, 0, len(names) - 1)]
    made = {"units": whole(random, 0, 5), "use_bias": coin(random), "activation": activation}
    return made, (shape(random),)


def activation(random: Random) -> Made:
    theirs = [n for n in activations.canonical if hasattr(keras.activations, n)]
    # Two need an argument or halve the channels; Keras's sparsemax on torch is not the paper's.
    theirs = sorted({*theirs} - {"glu", "threshold", "sparsemax"})
    return {"activation": theirs[whole(random, 0, len(theirs) - 1)]}, (shape(random, 2),)


def relu(random: Random) -> Made:
    most = number(random, -0.5, 2) if coin(random) else None
    slope, threshold = number(random, -0.1, 1), number(random, -0.1, 1)
    return {"max_value": most, "negative_slope": slope, "threshold": threshold}, (shape(random),)


def elu(random: Random) -> Made:
    return {"alpha": number(random, 0.1, 2)}, (shape(random),)


def leaky_relu(random: Random) -> Made:
    return {"negative_slope": number(random, 0, 1)}, (shape(random),)


def prelu(random: Random) -> Made:
    given = shape(random, 2)
    axes = [i for i in range(1, len(given)) if coin(random)]
    return {"shared_axes": axes or None}, (given,)


def softmax(random: Random) -> Made:
    given = shape(random)
    return {"axis": axis_of(random, given)}, (given,)


def normalized(random: Random) -> Made:
    given = shape(random)
    made = {"axis": axis_of(random, given), "epsilon": number(random, 1e-3, 0.1)}
    return {**made, "center": coin(random), "scale": coin(random)}, (given,)


def layer_normalization(random: Random) -> Made:
    made, shapes = normalized(random)
    return {**made, "axis": -1}, shapes  # on other axes Keras's torch backend takes the last one


def batch_normalization(random: Random) -> Made:
    made, shapes = normalized(random)
    return {**made, "momentum": number(random, 0, 1)}, shapes


def group_normalization(random: Random) -> Made:
    made, shapes = normalized(random)
    return {**made, "axis": -1, "groups": whole(random, 1, 4)}, shapes


def rms_normalization(random: Random) -> Made:
    given = shape(random)
    return {"axis": -1, "epsilon": number(random, 1e-3, 0.1)}, (given,)


def unit_normalization(random: Random) -> Made:
    given = shape(random)
    return {"axis": axis_of(random, given)}, (given,)


def normalization(random: Random) -> Made:
    given = shape(random)
    made = {"mean": number(random, -2, 2), "variance": number(random, 0.1, 3)}
    return {**made, "axis": None, "invert": coin(random)}, (given,)


def rescaling(random: Random) -> Made:
    return {"scale": number(random, -2, 2), "offset": number(random, -2, 2)}, (shape(random),)


def reshape(random: Random) -> Made:
    given = shape(random)
    target = [int(n) for n in random.permutation(given)]
    if coin(random):
        target[whole(random, 0, len(target) - 1)] = -1
    elif random.random() < 0.2:
        target[0] += 1  # another number of values
    return {"target_shape": tuple(target)}, (given,)


def permute(random: Random) -> Made:
    given = shape(random, 2)
    order = [int(n) + 1 for n in random.permutation(len(given))]
    if random.random() < 0.2:
        order[0] = order[-1]  # an axis twice
    return {"dims": tuple(order)}, (given,)


def repeat(random: Random) -> Made:
    return {"n": whole(random, 1, 4)}, (shape(random, 1, 2),)


def flatten(random: Random) -> Made:
    return {}, (shape(random),)


def merged(random: Random) -> Made:
    given = shape(random)
    other = list(given)
    if random.random() < 0.4:
        place = whole(random, 0, len(other) - 1)
        other[place] = 1 if coin(random) else other[place] + 1
    shapes = [given, tuple(other)] + [given] * whole(random, 0, 2)
    return {}, tuple(shapes)


def merged_pair(random: Random) -> Made:
    made, shapes = merged(random)
    return made, shapes[:2]


def concatenate(random: Random) -> Made:
    given = shape(random)
    axis = axis_of(random, given)
    other = list(given)
    other[whole(random, 0, len(given) - 1)] += whole(random, 0, 2)
    return {"axis": axis}, (given, tuple(other))


def dot(random: Random) -> Made:
    first, second = shape(random, 1, 2), shape(random, 1, 2)
    axes = (whole(random, 1, len(first)), whole(random, 1, len(second)))
    if random.random() < 0.7:
        second = tuple(first[axes[0] - 1] if i + 1 == axes[1] else n for i, n in enumerate(second))
    return {"axes": axes, "normalize": coin(random)}, (first, second)


MAKERS: dict[str, Callable[[Random], Made]] = {
    "Dense": dense,
    "Activation": activation,
    "ReLU": relu,
    "ELU": elu,
    "LeakyReLU": leaky_relu,
    "PReLU": prelu,
    "Softmax": softmax,
    "BatchNormalization": batch_normalization,
    "LayerNormalization": layer_normalization,
    "GroupNormalization": group_normalization,
    "RMSNormalization": rms_normalization,
    "UnitNormalization": unit_normalization,
    "Normalization": normalization,
    "Rescaling": rescaling,
    "Reshape": reshape,
    "Permute": permute,
    "RepeatVector": repeat,
    "Flatten": flatten,
    "Add": merged,
    "Subtract": merged_pair,
    "Multiply": merged,
    "Average": merged,
    "Maximum": merged,
    "Minimum": merged,
    "Concatenate": concatenate,
    "Dot": dot,
}


def same_as_keras(case: Case, training: bool) -> bool:
    """Compares one layer with Keras's; False where both refuse."""
    inputs = case.inputs()
    values = [torch.from_numpy(x) for x in inputs]
    try:
        theirs = keras_layer(case.layer, case.arguments)
        case.call(theirs, values)
    except Exception:
        with pytest.raises(StriateError):
            case.call(case.make(), values)
        return False
    compare(case.make(), theirs, inputs, case=case, training=training)
    return True


@pytest.mark.parametrize("name", MAKERS)
def test_equals_keras(name: str) -> None:
    random = np.random.default_rng(11)
    compared = Counter[bool]()
    for i in range(COUNT):
        arguments, shapes = MAKERS[name](random)
        try:
            compared[same_as_keras(Case(name, arguments, shapes), training=i % 2 == 0)] += 1
        except (AssertionError, StriateError, pytest.fail.Exception) as error:
            raise AssertionError(f"{name}({arguments}) on {shapes}: {error}") from error
    assert compared[True] >= COUNT // 4


@pytest.mark.parametrize("seed", range(40))
def test_layer_normalization_over_any_axes_is_its_definition(seed: int) -> None:
    random = np.random.default_rng(seed)
    given = shape(random)
    axes = tuple(i + 1 for i in range(len(given)) if coin(random)) or (1,)
    layer = layers.LayerNormalization(axis=axes, epsilon=0.01)
    x = random.normal(size=(2, *given)).astype("float32")
    layer.build(x.shape)
    gamma, beta = (random.normal(size=w.shape).astype("float32") for w in layer.get_weights())
    layer.set_weights([gamma, beta])
    wide = [n if i in axes else 1 for i, n in enumerate(x.shape)]
    centred = x - x.mean(axes, keepdims=True)
    scaled = centred / np.sqrt(x.var(axes, keepdims=True) + 0.01)
    wanted = scaled * gamma.reshape(wide) + beta.reshape(wide)
    np.testing.assert_allclose(layer(x).detach(), wanted, rtol=1e-4, atol=1e-5)
