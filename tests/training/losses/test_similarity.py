"""Cosine similarity against its definition in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError
from striate.training import losses
from tests.training.losses.cases import draw

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("axis", [-1, 1])
def test_it_is_its_definition(axis: int) -> None:
    y, p = draw("real_image", 0)
    norms = np.linalg.norm(y, axis=axis) * np.linalg.norm(p, axis=axis)
    wanted = -(y * p).sum(axis) / norms
    np.testing.assert_allclose(losses.cosine_similarity(y, p, axis), wanted, rtol=1e-5, atol=1e-6)


def test_a_zero_vector_has_value_zero_and_a_finite_gradient() -> None:
    p = torch.zeros(1, 3, requires_grad=True)
    value = losses.CosineSimilarity()([[1.0, 0.0, 0.0]], p)
    value.backward()
    assert value == 0
    assert p.grad is not None
    assert torch.isfinite(p.grad).all()


def test_an_axis_that_is_no_number_is_an_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        losses.CosineSimilarity(axis="channels")  # type: ignore[arg-type]
    assert str(caught.value) == (
        "cosine_similarity (CosineSimilarity): the class axis is not a whole number. "
        "Got axis='channels'."
    )
