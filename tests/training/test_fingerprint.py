"""What belongs to the configuration of a run, and how a difference is told."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from striate import training
from striate.errors import CheckpointError
from striate.training.fingerprint import check_same, environment, fingerprint
from tests.training.small_runs import SmallCNN, digits

pytestmark = pytest.mark.torch


def mark(module: nn.Module | None = None, optimizer: object = None, **options: object) -> dict:
    module = SmallCNN() if module is None else module
    optimizer = optimizer or training.optimizers.Adam(1e-3)
    source = digits(**{"shuffle": True, **options})  # type: ignore[arg-type]
    return fingerprint(module, optimizer, source, source.num_batches, seed=1)


def test_it_is_plain_json_and_leaves_out_the_learning_rate() -> None:
    assert mark() == json.loads(json.dumps(mark()))
    assert mark() == mark(optimizer=training.optimizers.Adam(0.5))
    check_same(mark(), mark(), "here")


def test_every_difference_is_told() -> None:
    other = mark(
        SmallCNN(channels=6), training.optimizers.SGD(momentum=0.5), batch_size=4, count=40, seed=9
    )
    other["seed"] = 2
    saved = mark(optimizer=training.optimizers.SGD(momentum=0.9))
    with pytest.raises(CheckpointError) as caught:
        check_same(saved, other, "run/checkpoint-000001.zip")
    first, *lines = str(caught.value).split("\n")
    assert first == (
        "run/checkpoint-000001.zip: the checkpoint belongs to another configuration. Configure "
        "this run as before, or use another checkpoint_dir."
    )
    assert lines[0] == "What differs:"
    assert lines[1:6] == [
        "  weight conv.bias: (4,) float32 in the checkpoint, (6,) float32 now",
        "  weight conv.weight: (4, 1, 3, 3) float32 in the checkpoint, (6, 1, 3, 3) float32 now",
        "  weight head.weight: (3, 144) float32 in the checkpoint, (3, 216) float32 now",
        "  weight norm.bias: (4,) float32 in the checkpoint, (6,) float32 now",
        "  ... and 3 more weights",
    ]
    assert lines[6:] == [
        "  batch_size: 8 in the checkpoint, 4 now",
        "  number of samples: 64 in the checkpoint, 40 now",
        "  steps per epoch: 8 in the checkpoint, 10 now",
        "  seed: 1 in the checkpoint, 2 now",
        "  seed of the data: 0 in the checkpoint, 9 now",
        "  SGD momentum: 0.9 in the checkpoint, 0.5 now",
    ]


def test_another_optimizer_and_missing_weights() -> None:
    module = SmallCNN()
    saved = mark(module, torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9))
    now = mark(nn.Sequential(), training.optimizers.Adam())
    with pytest.raises(CheckpointError) as caught:
        check_same(saved, now, "x")
    assert "\n  optimizer: 'SGD' in the checkpoint, 'Adam' now" in str(caught.value)
    assert "\n  weight conv.bias: (4,) float32 in the checkpoint, not there now" in str(
        caught.value
    )
    changed = torch.optim.SGD(module.parameters(), lr=0.2, momentum=0.9)
    check_same(saved, mark(module, changed), "x")


def test_the_environment_is_what_may_change_the_last_bits() -> None:
    assert environment(torch.device("cpu")) == {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "device": "cpu",
    }
