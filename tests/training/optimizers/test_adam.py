"""Adam's forms agree, weight decay included, and take Keras's epsilon."""

from __future__ import annotations

import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers import Adam, AdamW

pytestmark = pytest.mark.torch


def test_epsilon_is_added_to_the_uncorrected_root() -> None:
    p = torch.nn.Parameter(torch.tensor([0.0]))
    optimizer = Adam(1.0, beta_1=0.0, beta_2=0.75, epsilon=1.0)
    optimizer.build([p])
    p.grad = torch.tensor([2.0])
    optimizer.step()
    # alpha = sqrt(1 - 0.75) = 0.5, v = 0.25 * 4 = 1
    assert p.item() == pytest.approx(-0.5 * 2.0 / (1.0 + 1.0))


@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("excluded", [[], ["b"], ["a", "b"]])
def test_weight_decay_inside_a_kernel_is_the_plain_one(amsgrad: bool, excluded: list[str]) -> None:
    results = []
    for form in ("native", "fused", "plain"):
        params = {n: torch.nn.Parameter(torch.full((50,), 3.0)) for n in ("a", "b")}
        optimizer = AdamW(0.1, weight_decay=0.5, amsgrad=amsgrad)
        optimizer.form = form
        optimizer.exclude_from_weight_decay(var_names=excluded)
        optimizer.build(params.items())
        for step in range(5):
            for p in params.values():
                p.grad = torch.linspace(-1, 1, 50) * (step - 2)
            optimizer.step()
        results.append(torch.stack([p.detach() for p in params.values()]))
    for result in results[:2]:
        torch.testing.assert_close(result, results[2], rtol=1e-6, atol=1e-6)
    decayed = results[0].mean(dim=1) < 2.5
    assert decayed.tolist() == [name not in excluded for name in ("a", "b")]


def test_the_fused_kernel_is_used_where_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    inner = torch._fused_adamw_
    monkeypatch.setattr(torch, "_fused_adamw_", lambda *a, **k: calls.append(1) or inner(*a, **k))
    flat = torch.nn.Parameter(torch.ones(4, 3).t())
    gaps = torch.ones(8)[::2].requires_grad_()
    for p in (flat, gaps):
        optimizer = Adam()
        optimizer.form = "fused"
        optimizer.build([p])
        p.grad = torch.ones_like(p)
        optimizer.step()
    assert len(calls) == 1


def test_a_rate_of_zero_changes_only_the_state() -> None:
    p = torch.nn.Parameter(torch.ones(3))
    optimizer = AdamW(0.0, weight_decay=0.5)
    optimizer.build([p])
    p.grad = torch.ones(3)
    optimizer.step()
    assert p.tolist() == [1.0, 1.0, 1.0]
    assert optimizer.state[p]["momentum"][0].item() == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("beta_1", 1.0, "a number in [0, 1)"),
        ("beta_2", -0.1, "a number in [0, 1)"),
        ("epsilon", -1e-07, "a number in [0, inf)"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Adam(**{argument: value})
    assert str(caught.value) == (
        f"Adam: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )
