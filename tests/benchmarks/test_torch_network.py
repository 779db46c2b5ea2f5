"""What PyTorch runs in benchmarks is the network that striate runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.conductor import Case, prepared
from benchmarks.networks import WORKLOADS
from benchmarks.workers.protocol import Task
from benchmarks.workers.striate_worker import StriateWorker
from benchmarks.workers.torch_worker import TorchWorker

pytestmark = pytest.mark.torch

# Learning rates at which rounding does not grow before the second step: nearly all of
# MobileNetV2 is batch normalisation of few values, which amplifies it.
RATES = {
    "squeezenet": 0.01,
    "digits": 0.01,
    "three_of_32_strided": 0.01,
    "resnet20": 0.01,
    "mobilenet_v2": 1e-5,
    "quick_images": 0.01,
    "quick_digits": 0.01,
}


def case_of(name: str) -> Case:
    return Case(name, WORKLOADS[name].build, 4, images=8)


def task_of(folder: Path, name: str, training: bool, **setting: object) -> Task:
    sgd = {"name": "sgd", "learning_rate": RATES[name], "momentum": 0.9}
    return Task(folder, 4, sgd, dict(setting), training, check=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(RATES))
def test_outputs_are_the_same(name: str) -> None:
    with prepared(case_of(name)) as folder:
        request = {"threads": torch.get_num_threads(), "device": "cpu"}
        ours, plain, tuned = StriateWorker(request), TorchWorker(request), TorchWorker(request)
        ours.prepare(task_of(folder, name, False))
        plain.prepare(task_of(folder, name, False))
        tuned.prepare(task_of(folder, name, False, tuned=True))
        right = ours.outputs()
        spread = float(right.std(0).max())
        assert spread > 1e-7, "outputs must depend on the images for this to mean something"
        np.testing.assert_allclose(plain.outputs(), right, rtol=1e-5, atol=spread * 2e-3)
        np.testing.assert_allclose(tuned.outputs(), right, rtol=1e-5, atol=spread * 2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(RATES))
def test_losses_of_training_are_the_same(name: str) -> None:
    with prepared(case_of(name)) as folder:
        request = {"threads": torch.get_num_threads(), "device": "cpu"}
        ours, plain, tuned = StriateWorker(request), TorchWorker(request), TorchWorker(request)
        ours.prepare(task_of(folder, name, True))
        plain.prepare(task_of(folder, name, True))
        tuned.prepare(task_of(folder, name, True, tuned=True))
        right = [ours.step(i) for i in range(2)]
        assert [plain.step(i) for i in range(2)] == pytest.approx(right, rel=1e-3)
        assert [tuned.step(i) for i in range(2)] == pytest.approx(right, rel=1e-3)
