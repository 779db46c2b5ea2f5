"""A plan against the plain execution: values, gradients, penalties, moving statistics."""

from __future__ import annotations

import copy
from typing import Any

import torch

import striate as st


def trained(
    model: st.Model, x: torch.Tensor, plan: bool, *, wanted: bool = True
) -> dict[str, torch.Tensor]:
    """What one forward and backward pass in training mode gives.

    Args:
        wanted: whether the gradient of the input is. `fit` does not want it, and calls that run
            several layers at once do not compute it: with it, their layers run one by one.
    """
    copied = copy.deepcopy(model)
    copied.train()
    x = x.clone().requires_grad_(wanted)
    with copied.executing(plan, "float32", "float32", "test"):
        out = copied(x)
        weights = torch.linspace(-1, 1, out.numel()).reshape(out.shape)
        loss = (out * weights).sum() + sum(copied.training_losses())
        if loss.requires_grad:  # else there are no weights, and nobody asked for more
            loss.backward()
    found = {"output": out.detach(), "loss": loss.detach()} | ({"input": x.grad} if wanted else {})
    found.update({f"d {n}": p.grad for n, p in copied.named_parameters() if p.grad is not None})
    found.update(dict(copied.named_buffers()))
    return found


def inferred(model: st.Model, x: torch.Tensor, plan: bool) -> torch.Tensor:
    """What inference gives."""
    with torch.no_grad(), model.executing(plan, "float32", "float32", "test"):
        return model(x)


def check_equal(model: st.Model, x: torch.Tensor, tolerance: float = 2e-5) -> None:
    """Values and gradients of both executions agree to a tolerance relative to the largest."""
    for wanted in (True, False):
        plain, planned = (trained(model, x, plan, wanted=wanted) for plan in (False, True))
        assert plain.keys() == planned.keys()
        for name in plain:
            close(planned[name], plain[name], tolerance, name)
    close(inferred(model, x, True), inferred(model, x, False), tolerance, "inference")


def close(a: Any, b: Any, tolerance: float, what: str) -> None:
    """`a` and `b` differ by at most `tolerance` of the largest value, or of 0.05.

    The gradient of a bias before a batch normalisation is 0: what is left of it is rounding.
    """
    error = (a.double() - b.double()).abs().max() / max(0.05, float(b.abs().max()))
    assert float(error) <= tolerance, f"{what}: {float(error):.1e}"
