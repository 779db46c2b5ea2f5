"""The recipe of the zoo's small networks, in short: LeNet-5 on a part of MNIST."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import striate as st
from benchmarks.accuracy import RUNS
from benchmarks.networks.workloads import TO_ACCURACY, workload

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("run", RUNS["zoo"], ids=lambda run: run.network)
def test_the_networks_are_those_of_the_zoo(run: object) -> None:
    found = workload(run.network)
    model = found.build()
    assert run.network in TO_ACCURACY
    assert model.count_params() == found.parameters
    side = 28 if run.images == "mnist" else 32
    assert model.input_shape[1:3] == (side, side)
    assert model.output_shape == (None, 10)


def test_lenet_learns_a_part_of_mnist(shared_path: Callable[[str], Path]) -> None:
    """An epoch over 12,000 images; two over all 60,000 give 0.98."""
    with np.load(shared_path("data/mnist.npz")) as file:
        x, y, x_test, y_test = (file[n] for n in ("x_train", "y_train", "x_test", "y_test"))
    run = RUNS["zoo"][0]
    st.set_seed(0)
    model = workload(run.network).build()
    model.fit(
        x[:12_000], y[:12_000], epochs=1, batch_size=run.batch, recipe="fast", seed=0, verbose=0
    )
    guesses = model.predict(x_test[:2000], batch_size=500, verbose=0).argmax(1)
    assert (guesses == y_test[:2000]).mean() > 0.85
