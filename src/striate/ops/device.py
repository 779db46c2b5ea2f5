"""The device that computes: CUDA, Apple's MPS or the CPU, chosen or named."""

from __future__ import annotations

from functools import cache

import torch

from striate.errors import ArgumentError, message


def device(choice: str | torch.device = "auto") -> torch.device:
    """Turns a choice into a device that is really there.

    Args:
        choice: "auto" takes CUDA, else MPS, else the CPU; "cpu", "cuda", "cuda:1" or "mps" name
            one; a `torch.device` is checked and returned.

    Raises:
        ArgumentError: the device does not exist on this machine, or is not a device's name.

    Example:
        >>> device("cpu")
        device(type='cpu')
    """
    if isinstance(choice, str) and choice == "auto":
        return torch.device(available_devices()[0])
    wanted = _parse(choice)
    found = available_devices()
    if wanted.type not in {name.partition(":")[0] for name in found}:
        raise _absent(choice, found)
    if wanted.type == "cuda":
        index = torch.cuda.current_device() if wanted.index is None else wanted.index
        if index >= torch.cuda.device_count():
            raise _absent(choice, found)
        return torch.device("cuda", index)
    return wanted


def is_processor(choice: str | torch.device) -> bool:
    """Whether a choice is the CPU; asked before every call of a small network.

    Example:
        >>> is_processor("cpu")
        True
    """
    if choice == "cpu" or (choice == "auto" and _no_other()):
        return True
    return device(choice).type == "cpu"


@cache
def _no_other() -> bool:
    """Whether torch was built for CPUs alone, so that no other device can turn up."""
    return not torch.cuda._is_compiled() and not torch.backends.mps.is_built()


def available_devices() -> list[str]:
    """Names of the devices of this machine, the best first, the CPU last.

    Example:
        >>> available_devices()[-1]
        'cpu'
    """
    found = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def _parse(choice: str | torch.device) -> torch.device:
    try:
        return torch.device(choice)
    except (RuntimeError, TypeError) as error:
        raise ArgumentError(
            message(
                "device",
                "this is not the name of a device",
                got={"device": choice},
                expected='"auto", "cpu", "cuda", "cuda:0" or "mps"',
                fix='Use device="auto"',
            )
        ) from error


def _absent(choice: str | torch.device, found: list[str]) -> ArgumentError:
    return ArgumentError(
        message(
            "device",
            "this machine has no such device",
            got={"device": str(choice)},
            expected="one of " + ", ".join(found),
            fix='Use device="auto" to take the best one that is there',
        )
    )
