"""A device is chosen, or named and really there."""

from __future__ import annotations

import pytest
import torch

from striate.errors import ArgumentError
from striate.ops.device import available_devices, device

pytestmark = pytest.mark.torch


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine with neither CUDA nor MPS, whatever runs the test."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    return monkeypatch


def test_auto_takes_the_best_that_is_there(machine: pytest.MonkeyPatch) -> None:
    assert device() == torch.device("cpu")
    machine.setattr(torch.backends.mps, "is_available", lambda: True)
    assert device("auto") == torch.device("mps")
    machine.setattr(torch.cuda, "device_count", lambda: 2)
    assert device("auto") == torch.device("cuda", 0)
    assert available_devices() == ["cuda:0", "cuda:1", "mps", "cpu"]


def test_a_named_device_is_taken(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(torch.cuda, "device_count", lambda: 2)
    machine.setattr(torch.cuda, "current_device", lambda: 1)
    assert device("cpu") == torch.device("cpu")
    assert device(torch.device("cpu")) == torch.device("cpu")
    assert device("cuda:1") == torch.device("cuda", 1)
    assert device("cuda") == torch.device("cuda", 1)


def test_an_absent_device_is_an_error_that_lists_what_there_is(machine: pytest.MonkeyPatch) -> None:
    with pytest.raises(ArgumentError) as caught:
        device("cuda")
    assert str(caught.value) == (
        "device: this machine has no such device. Got device='cuda'. Expected one of cpu. "
        'Use device="auto" to take the best one that is there.'
    )
    machine.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(ArgumentError) as caught:
        device("cuda:3")
    assert str(caught.value) == (
        "device: this machine has no such device. Got device='cuda:3'. Expected one of cuda:0, "
        'cpu. Use device="auto" to take the best one that is there.'
    )


def test_a_word_that_is_no_device(machine: pytest.MonkeyPatch) -> None:
    with pytest.raises(ArgumentError) as caught:
        device("gpu")
    assert str(caught.value) == (
        'device: this is not the name of a device. Got device=\'gpu\'. Expected "auto", "cpu", '
        '"cuda", "cuda:0" or "mps". Use device="auto".'
    )
