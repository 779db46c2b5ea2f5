"""When steps are recorded: the decision, in words, without a card (`test_cuda.py` has one)."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import striate as st
from striate import layers, training
from striate.errors import ArgumentError, DataError
from striate.training import replay
from striate.training.replay import Recorded, Replay, obstacle
from striate.training.step import Stepper

pytestmark = pytest.mark.torch
BATCH = (torch.zeros(4, 2), torch.zeros(4, 1), None)


class Tried(Replay):
    """A replay on a clock of its own: recorded steps take `repeated_s`."""

    def __init__(self, eager_s: float, repeated_s: float, **options: Any) -> None:
        self.clock, self.eager_s, self.repeated_s = 0.0, eager_s, repeated_s
        stepper = Stepper(nn.Linear(2, 1), training.compile("sgd", "mse"), torch.device("cpu"), "")
        super().__init__(stepper, **{"always": False, "steps": None, "verbose": 1, **options})

    def _now(self) -> float:
        return self.clock

    def _record(self, batch: tuple[Any, Any, Any]) -> Recorded:
        outer = self

        class Graph:
            def replay(self) -> None:
                outer.clock += outer.repeated_s

        return Recorded(Graph(), (batch[0].clone(), None, None), self._stamp(), (), [])

    def run(self, steps: int, batch: tuple[Any, Any, Any] = (BATCH[0], None, None)) -> list[bool]:
        found = []
        for _ in range(steps):
            repeated = self(*batch) is not None
            self.clock += 0.0 if repeated else self.eager_s
            found.append(repeated)
        return found


def test_what_is_faster_is_kept_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert Tried(0.002, 0.001).run(40).count(True) == 40 - replay.WARM_UP - replay.TIMED + 1
    assert capsys.readouterr().out == (
        "Steps are repeated from one CUDA graph: 1.00 ms a step instead of 2.00 ms.\n"
    )


def test_what_is_not_is_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    tried = Tried(0.002, 0.002)
    assert tried.run(60)[-1] is False
    assert capsys.readouterr().out == (
        "Steps are not recorded as a CUDA graph: it was tried and does not pay"
        " (2.00 ms a step instead of 2.00 ms).\n"
    )


def test_few_steps_are_not_worth_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert not any(Tried(0.002, 0.001, steps=100).run(100))
    assert capsys.readouterr().out == (
        "Steps are not recorded as a CUDA graph: 84 steps of 2.0 ms are too few to gain by it.\n"
    )


def test_a_batch_of_another_shape_runs_unrecorded() -> None:
    tried = Tried(0.002, 0.001, always=True)
    assert tried.run(10)[-1] is True
    assert tried.run(1, (torch.zeros(3, 2), None, None)) == [False]
    assert tried.run(1) == [True]


def test_weights_that_are_frozen_meanwhile_make_a_new_record() -> None:
    tried = Tried(0.002, 0.001, always=True)
    tried.run(10)
    first = tried.recorded
    tried.module.weight.requires_grad_(False)
    assert tried.run(1) == [True]
    assert tried.recorded is not first


def test_targets_of_repeated_steps_are_checked_like_others() -> None:
    tried = Tried(0.002, 0.001, always=True)
    compiled = training.compile("sgd", "sparse_categorical_crossentropy")
    tried.stepper = Stepper(nn.Linear(2, 3), compiled, torch.device("cpu"), "fit")
    tried.stepper.test(BATCH[0], torch.zeros(4, dtype=torch.int64), None)
    tried.stepper.check_targets = False
    tried.run(6)
    tried.stepper.check_targets = True
    wrong = (BATCH[0], torch.tensor([0, 1, 2, 3]), None)
    tried._shapes = [(t.shape, t.dtype) for t in wrong[:2]]
    with pytest.raises(DataError):
        tried(*wrong)
    tried.stepper.check_targets = False  # after the first epoch
    assert tried.stepper.check_repeated(wrong[1]) is None


def model(*given: layers.Layer) -> Stepper:
    built = st.Sequential([st.Input((4, 4, 1)), *given])
    return Stepper(built, training.compile("sgd", "mse"), torch.device("cpu"), "fit")


class Own(layers.Layer):
    """User code."""

    def call(self, inputs: torch.Tensor) -> torch.Tensor:
        return inputs


def test_what_a_record_would_get_wrong_is_named() -> None:
    plain = model(layers.Conv2D(2, 3), layers.BatchNormalization(), layers.Dropout(0.5))
    assert obstacle(plain) == ""
    assert obstacle(model(layers.Dropout(0.5, seed=3))) == (
        "dropout (Dropout) numbers its random draws on the host, for its seed"
    )
    assert obstacle(model(Own())) == (
        "own (Own) is code of your own, which may need the host at each step"
    )
    hooked = model(layers.Conv2D(2, 3))
    hooked.module.layers[0].register_forward_hook(lambda *a: None)
    assert obstacle(hooked) == "conv2d (Conv2D) has hooks"
    plain.compiled.loss = ["mse", "mse"]
    assert obstacle(plain) == "several losses keep means of their own, on the host"


def test_another_choice_is_an_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        training.compile("sgd", "mse", jit_compile="maybe")
    assert str(caught.value) == (
        "compile: jit_compile is not understood. Got jit_compile='maybe'."
        ' Expected "auto", True or False.'
    )


def test_images_of_another_size_get_a_record_of_their_own() -> None:
    tried = Tried(0.002, 0.001, always=True, steps=30)
    assert tried.run(10)[-1] is True
    larger = (torch.zeros(4, 3), None, None)
    assert tried.run(10, larger) == [False] * replay.WARM_UP + [True] * (10 - replay.WARM_UP)
    assert tried.steps == 20
