"""One batch by hand, from arrays."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate import training
from tests.training.small_runs import Line, SmallCNN, compiled_line

pytestmark = pytest.mark.torch


def test_training_on_batches_is_what_fit_does() -> None:
    module, expected = Line(), Line()
    x = np.linspace(-1, 1, 8)[:, None]
    optimizer = torch.optim.SGD(expected.parameters(), lr=0.1)
    compiled = compiled_line(module, metrics=["mae"])
    for _ in range(3):
        loss = (expected(torch.tensor(x).float()) - 2 * torch.tensor(x).float()).square().mean()
        found = training.train_on_batch(module, compiled, x, 2 * x, device="cpu")
        assert found[0] == pytest.approx(loss.item(), rel=1e-6)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert torch.allclose(module.scale.weight, expected.scale.weight)
    assert module.training
    named = training.test_on_batch(module, compiled, x, 2 * x, return_dict=True)
    assert list(named) == ["loss", "mae"]
    assert module.training, "evaluation leaves the mode as it was"
    np.testing.assert_allclose(
        training.predict_on_batch(module, x), module(torch.tensor(x).float()).detach().numpy()
    )


def test_a_loss_alone_is_a_float_and_weights_count() -> None:
    module = Line()
    x = np.ones((2, 1), np.float32)
    found = training.test_on_batch(module, compiled_line(module), x, x, np.array([1.0, 0.0]))
    assert found == 0.5


def test_results_are_of_one_batch() -> None:
    module = Line()
    compiled = compiled_line(module, rate=0.0)
    x = np.ones((2, 1), np.float32)
    assert training.train_on_batch(module, compiled, x, x) == 1.0
    assert training.train_on_batch(module, compiled, x, 2 * x) == 4.0


def test_a_striate_optimizer_is_built_by_the_first_batch() -> None:
    module = SmallCNN()
    compiled = training.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = np.zeros((4, 8, 8, 1), np.float32), np.array([0, 1, 2, 0])
    loss, accuracy = training.train_on_batch(module, compiled, x, y)
    assert loss == pytest.approx(np.log(3), abs=0.3)
    assert 0 <= accuracy <= 1
    assert compiled.optimizer.iterations == 1
