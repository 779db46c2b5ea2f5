"""The forms of every rule agree: plain, foreach, fused and native, in float32 and float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.training.optimizers import cases

pytestmark = pytest.mark.torch


def trained(
    name: str, arguments: dict[str, Any], form: str, dtype: torch.dtype = torch.float32
) -> dict[str, np.ndarray]:
    params = cases.parameters()
    for p in params.values():
        p.data = p.data.to(dtype)
    optimizer = cases.make(name, arguments)
    optimizer.form = form
    optimizer.build(params.items())
    for step in range(20):
        for key, gradient in cases.gradients(step).items():
            params[key].grad = cases.stored(gradient).to(dtype)
        optimizer.step()
    return cases.values(params)


@pytest.mark.parametrize("form", ["fused", "foreach"])
@pytest.mark.parametrize(("name", "arguments"), cases.CASES + cases.SHARED, ids=cases.case_id)
def test_the_faster_forms_are_the_plain_one(
    name: str, arguments: dict[str, Any], form: str
) -> None:
    found = trained(name, arguments, form, torch.float64)
    expected = trained(name, arguments, "plain", torch.float64)
    cases.assert_close(found, expected, rounding=1e-12, share=1e-9)


@pytest.mark.parametrize(("name", "arguments"), cases.CASES, ids=cases.case_id)
def test_a_step_is_counted_as_a_write(name: str, arguments: dict[str, Any]) -> None:
    """Plans keep weights that they computed from others until these were written to."""
    params = cases.parameters()
    optimizer = cases.make(name, arguments)
    optimizer.build(params.items())
    for key, gradient in cases.gradients(0).items():
        params[key].grad = cases.stored(gradient)
    before = {key: p._version for key, p in params.items()}
    optimizer.step()
    assert all(p._version > before[key] for key, p in params.items())


@pytest.mark.parametrize(("name", "arguments"), cases.CASES, ids=cases.case_id)
@pytest.mark.parametrize("form", ["native", "fused"])
def test_float32_is_float64_within_rounding(
    name: str, arguments: dict[str, Any], form: str
) -> None:
    found = trained(name, arguments, form)
    expected = trained(name, arguments, "plain", torch.float64)
    # Newton-Schulz steps multiply the roundings of small singular values by up to 3.4^5.
    rounding, share = (1e-5, 1e-3) if name == "Muon" else (2e-6, 3e-4)
    cases.assert_close(found, expected, rounding=rounding, share=share)


@pytest.mark.parametrize(("name", "arguments"), cases.CASES, ids=cases.case_id)
def test_memory_order_does_not_change_the_numbers(name: str, arguments: dict[str, Any]) -> None:
    results = []
    for order in (cases.stored, lambda w: torch.tensor(w)):
        params = {key: torch.nn.Parameter(order(w)) for key, w in cases.weights().items()}
        optimizer = cases.make(name, arguments)
        optimizer.build(params.items())
        for step in range(5):
            for key, gradient in cases.gradients(step).items():
                # Gradients in the other order than the weights, in every second step.
                same = step % 2 == 0
                params[key].grad = order(gradient) if same else torch.tensor(gradient)
            optimizer.step()
        for key, w in cases.weights().items():
            assert params[key].stride() == order(w).stride()
        results.append(cases.values(params))
    rounding, share = (1e-5, 1e-3) if name == "Muon" else (1e-6, 1e-4)
    start = cases.weights()
    for key in start:
        moved = np.abs(results[0][key] - start[key]).max()
        gap = np.abs(results[0][key] - results[1][key]).max()
        assert gap <= min(rounding, share * moved + 1e-9), key


@pytest.mark.parametrize(("name", "arguments"), cases.CASES, ids=cases.case_id)
def test_state_lies_in_memory_as_its_parameter(name: str, arguments: dict[str, Any]) -> None:
    params = cases.parameters()
    optimizer = cases.make(name, arguments)
    optimizer.build(params.items())
    for p in params.values():
        for slot, value in optimizer.state[p].items():
            assert value.shape != p.shape or value.stride() == p.stride(), slot
