"""What is said about targets that do not suit a loss, in full; and that good ones pass."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.errors import DataError
from striate.training import losses

pytestmark = pytest.mark.torch

SPARSE = losses.SparseCategoricalCrossentropy()
ROWS = losses.CategoricalCrossentropy()
BINARY = losses.BinaryCrossentropy()
MSE = losses.MeanSquaredError()
NAN = float("nan")

WRONG = [
    (
        SPARSE,
        [0, 3, 10],
        (None, 10),
        "fit (y): class number 10 at index 2 is outside the classes. "
        "Got lowest=0, highest=10, classes=10. Expected whole numbers in [0, 10). "
        "Give the last layer 11 units, or number the classes anew: "
        "np.unique(y, return_inverse=True)[1].",
    ),
    (
        SPARSE,
        [1, 2, 3],
        (None, 3),
        "fit (y): class number 3 at index 2 is outside the classes. "
        "Got lowest=1, highest=3, classes=3. Expected whole numbers in [0, 3). "
        "Number the classes from 0: y - 1.",
    ),
    (
        SPARSE,
        [[[0, 1], [-1, 1]]],
        (None, 2, 2, 3),
        "fit (y): class number -1 at index (0, 1, 0) is outside the classes. "
        "Got lowest=-1, highest=1, classes=3. Expected whole numbers in [0, 3). "
        "If negative numbers mark what does not count, pass ignore_class to the loss.",
    ),
    (
        SPARSE,
        [0.0, 1.0],
        (None, 1),
        "fit (y): class number 1 at index 1 is outside the classes. "
        "Got lowest=0, highest=1, classes=1. Expected whole numbers in [0, 1). "
        'For one sigmoid unit use loss="binary_crossentropy".',
    ),
    (
        SPARSE,
        np.eye(3),
        (None, 3),
        "fit (y): the targets are one-hot rows, and this loss wants class numbers. "
        "Got y.shape=(3, 3), output_shape=(None, 3). Expected y.shape=(N,). "
        'Use loss="categorical_crossentropy" or pass y.argmax(-1).',
    ),
    (
        SPARSE,
        np.zeros((4, 8, 8)),
        (None, 4, 4, 3),
        "fit (y): the labels do not fit the output. "
        "Got y.shape=(4, 8, 8), output_shape=(None, 4, 4, 3). Expected y.shape=(N, 4, 4).",
    ),
    (
        SPARSE,
        [0.0, 1.5],
        (None, 3),
        "fit (y): target 1.5 at index 1 is not a whole number. Expected class numbers from 0.",
    ),
    (
        SPARSE,
        np.array(["cat", "dog"]),
        (None, 2),
        "fit (y): the targets are not numbers. Got dtype='<U3', y.shape=(2,). "
        "Expected integer or floating targets. "
        "Number text labels: names, y = np.unique(labels, return_inverse=True).",
    ),
    (
        ROWS,
        [0, 1, 2],
        (None, 3),
        "fit (y): the targets are class numbers, and this loss wants one-hot rows. "
        "Got y.shape=(3,), output_shape=(None, 3). Expected y.shape=(N, 3). "
        'Use loss="sparse_categorical_crossentropy" or pass st.to_categorical(y, 3).',
    ),
    (
        ROWS,
        [[0], [1]],
        (None, 3),
        "fit (y): the targets are class numbers, and this loss wants one-hot rows. "
        "Got y.shape=(2, 1), output_shape=(None, 3). Expected y.shape=(N, 3). "
        'Use loss="sparse_categorical_crossentropy" or pass st.to_categorical(y, 3).',
    ),
    (
        ROWS,
        np.eye(4),
        (None, 3),
        "fit (y): the targets do not have the shape of the output. "
        "Got y.shape=(4, 4), output_shape=(None, 3). Expected y.shape=(N, 3).",
    ),
    (
        ROWS,
        [[0.0], [1.0]],
        (None, 1),
        "fit (y): a categorical loss over one class is always 0. "
        "Got y.shape=(2, 1), output_shape=(None, 1). Expected an output of at least two units. "
        'Use loss="binary_crossentropy" with a sigmoid unit, or one unit per class.',
    ),
    (
        ROWS,
        [[0.0, 1.0], [NAN, 1.0]],
        (None, 2),
        "fit (y): target nan at index (1, 0) is not finite. Expected finite targets.",
    ),
    (
        BINARY,
        [0, 2],
        (None, 1),
        "fit (y): target 2 at index 1 is not a probability. Got lowest=0, highest=2. "
        "Expected targets in [0, 1]. "
        'For more than two classes use loss="sparse_categorical_crossentropy".',
    ),
    (
        BINARY,
        [[-1.0], [1.0]],
        (None, 1),
        "fit (y): target -1 at index (0, 0) is not a probability. Got lowest=-1, highest=1. "
        "Expected targets in [0, 1]. Pass (y + 1) / 2 for targets -1 and 1.",
    ),
    (
        BINARY,
        np.array([[0, 255]], "uint8"),
        (None, 2),
        "fit (y): target 255 at index (0, 1) is not a probability. Got lowest=0, highest=255. "
        "Expected targets in [0, 1]. Scale them: y / 255.",
    ),
    (
        BINARY,
        np.eye(2),
        (None, 1),
        "fit (y): the targets are one-hot rows of two classes, and the output is one unit. "
        "Got y.shape=(2, 2), output_shape=(None, 1). Expected y.shape=(N, 1). "
        "Pass y.argmax(-1), or use two softmax units and categorical_crossentropy.",
    ),
    (
        BINARY,
        [0, 1],
        (None, 2),
        "fit (y): the targets are one number per sample, and the output has 2 units. "
        "Got y.shape=(2,), output_shape=(None, 2). Expected y.shape=(N, 2). "
        'Use one sigmoid unit, or softmax units with loss="sparse_categorical_crossentropy".',
    ),
    (
        BINARY,
        np.zeros((2, 4, 4, 1)),
        (None, 8, 8, 1),
        "fit (y): the targets do not have the shape of the output. "
        "Got y.shape=(2, 4, 4, 1), output_shape=(None, 8, 8, 1). Expected y.shape=(N, 8, 8, 1).",
    ),
    (
        losses.Hinge(),
        [[0.0], [3.0]],
        (None, 1),
        "fit (y): target 3 at index (1, 0) is not the side of a hinge. "
        "Expected targets -1 and 1, or 0 and 1.",
    ),
    (
        MSE,
        [1.0, float("inf")],
        (None, 1),
        "fit (y): target inf at index 1 is not finite. Expected finite targets.",
    ),
    (
        MSE,
        np.zeros(3),
        (None, 3),
        "fit (y): the targets do not have the shape of the output. "
        "Got y.shape=(3,), output_shape=(None, 3). Expected y.shape=(N, 3).",
    ),
]


@pytest.mark.parametrize("kind", ["array", "tensor"])
@pytest.mark.parametrize(("loss", "y", "output_shape", "text"), WRONG)
def test_wrong_targets_are_named(loss, y, output_shape, text: str, kind: str) -> None:
    y = np.asarray(y)
    if kind == "tensor":
        if y.dtype.kind == "U":
            return
        y = torch.tensor(y)
    with pytest.raises(DataError) as caught:
        loss.check_targets(y, output_shape, "fit (y)")
    assert str(caught.value) == text


RIGHT = [
    (SPARSE, np.array([0, 9], "uint8"), (None, 10)),
    (SPARSE, [[0.0], [9.0]], (None, 10)),
    (SPARSE, np.zeros((2, 4, 5)), (None, None, None, 3)),
    (SPARSE, np.zeros((2, 4, 5, 1)), (None, 4, 5, 3)),
    (SPARSE, [0, 10**9], None),
    (losses.SparseCategoricalCrossentropy(ignore_class=255), [0, 255], (None, 3)),
    (losses.SparseCategoricalCrossentropy(ignore_class=-1), [0, -1], (None, 3)),
    (losses.SparseCategoricalCrossentropy(axis=1), np.full((2, 4), 6), (None, 7, 4)),
    (ROWS, np.eye(3, dtype="uint8"), (None, 3)),
    (ROWS, [[0.2, 0.8]], (None, 2)),
    (ROWS, -np.eye(3), (None, 3)),
    (ROWS, [0, 1], None),
    (BINARY, [True, False], (None, 1)),
    (BINARY, [0, 1], (None, 1)),
    (BINARY, [[0], [1]], (None,)),
    (BINARY, np.random.default_rng(0).uniform(size=(2, 4, 4, 1)), (None, 4, 4, 1)),
    (BINARY, np.zeros((0, 1)), (None, 1)),
    (losses.Dice(), np.zeros((2, 4, 4, 1), "bool"), (None, None, None, 1)),
    (losses.Hinge(), [[-1], [1]], (None, 1)),
    (losses.CategoricalHinge(), np.eye(2), (None, 2)),
    (MSE, torch.zeros(3, dtype=torch.bfloat16), (None, 1)),
    (MSE, np.zeros((3, 2)), (None, 2)),
    (losses.LossFunctionWrapper(losses.mse), [[NAN]], (None, 7)),
]


@pytest.mark.parametrize(("loss", "y", "output_shape"), RIGHT)
def test_good_targets_pass(loss, y, output_shape) -> None:
    y = y if isinstance(y, torch.Tensor) else np.asarray(y)
    loss.check_targets(y, output_shape, "fit (y)")


def test_checking_sixty_thousand_labels_takes_milliseconds() -> None:
    from time import perf_counter

    y = np.random.default_rng(0).integers(0, 10, 60_000).astype("uint8")
    seconds = []
    for _ in range(5):
        start = perf_counter()
        SPARSE.check_targets(y, (None, 10), "fit (y)")
        seconds.append(perf_counter() - start)
    assert min(seconds) < 0.02
