"""Our own kernel does the step where it fits, and only there."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from striate.kernels import library
from striate.kernels.optimizer_step import OptimizerStep
from striate.training.optimizers import SGD, Adam, AdamW
from striate.training.optimizers.buckets import StepValues
from tests.training.optimizers import cases

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]

State = dict[str, torch.Tensor]


class Slower(SGD):
    """Steps half as long, by a rule that the kernel does not know."""

    def update_one(self, p: torch.Tensor, g: torch.Tensor, state: State, at: StepValues) -> None:
        p -= at.learning_rate / 2 * g

    def update_many(self, bucket: Any, grads: list[torch.Tensor], at: StepValues) -> None:
        for p, g in zip(bucket.params, grads, strict=True):
            self.update_one(p, g, {}, at)


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The rules that the kernel was called with."""
    called: list[str] = []
    inner = OptimizerStep.__call__

    def call(self: OptimizerStep, rule: str, *arguments: Any) -> None:
        called.append(rule)
        inner(self, rule, *arguments)

    monkeypatch.setattr(OptimizerStep, "__call__", call)
    return called


def stepped(optimizer: Any, p: torch.Tensor, gradient: torch.Tensor | None = None) -> torch.Tensor:
    p.requires_grad_()
    optimizer.build([("kernel", p)])
    p.grad = torch.ones_like(p) if gradient is None else gradient
    optimizer.step()
    return p


@pytest.mark.parametrize(("name", "arguments"), cases.CASES, ids=cases.case_id)
def test_most_rules_are_known(rules: list[str], name: str, arguments: dict[str, Any]) -> None:
    stepped(cases.make(name, arguments), torch.ones(4, 3).t())
    assert len(rules) == (name not in ("Adafactor", "Ftrl", "Lamb", "Muon"))


@pytest.mark.parametrize(
    "p",
    [
        torch.ones(8)[::2],
        torch.ones(4, dtype=torch.float64),
        torch.ones(4, dtype=torch.bfloat16),
    ],
)
def test_gaps_and_other_types_go_torchs_way(rules: list[str], p: torch.Tensor) -> None:
    stepped(Adam(), p)
    assert rules == []


def test_gradients_in_another_order_go_torchs_way(rules: list[str]) -> None:
    found = stepped(SGD(1.0), torch.zeros(2, 3), torch.arange(6.0).view(3, 2).t())
    assert rules == []
    assert found.tolist() == [[0.0, -2.0, -4.0], [-1.0, -3.0, -5.0]]


def test_a_gradient_that_torch_negates_when_it_is_read_goes_torchs_way(rules: list[str]) -> None:
    found = stepped(SGD(1.0), torch.zeros(3), torch._neg_view(torch.ones(3)))
    assert found.tolist() == [1.0, 1.0, 1.0]
    assert rules == []


def test_the_stride_of_a_single_element_does_not_matter(rules: list[str]) -> None:
    p = torch.zeros(4, 3, 3, 1).permute(1, 2, 3, 0)
    gradient = torch.ones(4, 1, 3, 3).permute(2, 3, 1, 0)
    assert p.stride() != gradient.stride()
    stepped(SGD(1.0), p, gradient)
    assert rules == ["sgd"]


def test_a_subclass_with_a_rule_of_its_own_keeps_it(rules: list[str]) -> None:
    assert stepped(Slower(1.0), torch.ones(2)).tolist() == [0.5, 0.5]
    assert rules == []


def test_other_forms_go_torchs_way(rules: list[str]) -> None:
    for form in ("fused", "foreach", "plain"):
        optimizer = Adam()
        optimizer.form = form
        stepped(optimizer, torch.ones(3))
    assert rules == []


def test_without_kernels_torch_steps(rules: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "missing", lambda: "none")
    assert stepped(SGD(1.0), torch.ones(2)).tolist() == [0.0, 0.0]
    assert rules == []


def test_weights_that_are_replaced_are_found_again(rules: list[str]) -> None:
    p = torch.nn.Parameter(torch.zeros(3))
    optimizer = SGD(1.0, momentum=0.5)
    optimizer.build([p])
    for _ in range(2):
        p.data = torch.zeros(3)
        p.grad = torch.ones(3)
        optimizer.step()
    assert p.tolist() == [-1.5] * 3
    assert rules == ["sgd_momentum"] * 2


def test_a_loaded_state_is_the_one_that_steps(rules: list[str]) -> None:
    results = []
    for resumed in (False, True):
        optimizer, params = cases.built(AdamW(weight_decay=0.1))
        cases.train(optimizer, params, range(3))
        if resumed:
            saved = optimizer.state_dict()
            optimizer, fresh = cases.built(AdamW(weight_decay=0.1))
            cases.train(optimizer, fresh, range(5, 6))
            optimizer.load_state_dict(saved)
            for name, p in fresh.items():
                p.data.copy_(params[name].data)
            params = fresh
        cases.train(optimizer, params, range(3, 6))
        results.append(cases.values(params))
    assert all((results[0][name] == results[1][name]).all() for name in results[0])
    assert set(rules) == {"adam"}
