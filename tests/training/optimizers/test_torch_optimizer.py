"""PyTorch's compiler is loaded by who compiles, and by nobody else."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from striate.training.optimizers import SGD

pytestmark = pytest.mark.torch

PROGRAM = """
import sys
import numpy as np
import striate as st
from striate import layers

model = st.Sequential([layers.Dense(2, input_shape=(3,)), layers.Softmax()])
model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
x, y = np.zeros((4, 3), np.float32), np.zeros(4, int)
model.fit(x, y, verbose=0, checkpoint_dir="kept")
model.fit(x, y, epochs=2, verbose=0, checkpoint_dir="kept", resume=True)
model.evaluate(x, y, verbose=0)
print("torch._dynamo" in sys.modules)
"""


def test_training_does_not_load_the_compiler(tmp_path: object) -> None:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=str(tmp_path), capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")


def test_a_compiled_function_that_steps_changes_the_weights_as_a_plain_one_does() -> None:
    def after_a_step(compiled: bool) -> torch.Tensor:
        weight = torch.nn.Parameter(torch.ones(3))
        optimizer = SGD(0.5)
        optimizer.build([weight])

        def step() -> None:
            optimizer.zero_grad()
            (weight * torch.arange(3.0)).sum().backward()
            optimizer.step()

        (torch.compile(step, backend="eager") if compiled else step)()
        return weight.detach()

    assert torch.equal(after_a_step(compiled=True), after_a_step(compiled=False))
    assert torch.equal(after_a_step(compiled=True), torch.tensor([1.0, 0.5, 0.0]))
