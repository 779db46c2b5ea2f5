"""Which crossentropy "crossentropy" is."""

from __future__ import annotations

import pytest
import torch

from striate.errors import DataError
from striate.training import losses
from striate.training.losses.by_shape import kind_of_targets

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("target", "output", "kind"),
    [
        ((8,), (8, 1), "binary"),
        ((8, 4, 4, 1), (8, 4, 4, 1), "binary"),
        ((8,), (8,), "binary"),
        ((8,), (8, 10), "sparse"),
        ((8, 1), (8, 10), "sparse"),
        ((8, 4, 4), (8, 4, 4, 3), "sparse"),
        ((8, 10), (8, 10), "categorical"),
        ((8, 4, 4, 3), (8, 4, 4, 3), "categorical"),
    ],
)
def test_the_kind_follows_from_shapes(target, output, kind: str) -> None:
    assert kind_of_targets(target, output) == kind


def test_it_is_the_loss_that_the_shapes_ask_for() -> None:
    loss = losses.Crossentropy(reduction="sum")
    p = torch.rand(4, 3).softmax(-1)
    y = torch.tensor([0, 1, 2, 0])
    rows = torch.eye(3)[y]
    wanted = losses.SparseCategoricalCrossentropy(reduction="sum")(y, p)
    assert loss(y, p) == wanted
    torch.testing.assert_close(loss(rows, p), wanted)
    torch.testing.assert_close(loss.call(rows, p).sum(), wanted)
    binary = losses.BinaryCrossentropy(reduction="sum")(y[:2], p[:2, :1], [1.0, 2.0])
    assert loss(y[:2], p[:2, :1], [1.0, 2.0]) == binary


def test_targets_are_checked_as_by_that_loss() -> None:
    losses.Crossentropy().check_targets([0, 2], (None, 3), "fit (y)")
    with pytest.raises(DataError, match=r"^fit \(y\): class number 3 at index 1 is outside"):
        losses.Crossentropy().check_targets([0, 3], (None, 3), "fit (y)")
