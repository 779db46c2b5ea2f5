"""The step's walk over tensors and threads; the rules are compared in tests/training/optimizers."""

from __future__ import annotations

import pytest
import torch

from striate.errors import KernelError
from striate.kernels import library, optimizer_step
from striate.kernels.optimizer_step import RULES, OptimizerStep
from tests.kernels.arena import at_the_end

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]

# More than a thread's least share, with cuts inside tensors and tensors of less than a vector.
SIZES = (1, 15, 16, 17, 40_000, 3, 12_345, 64)
NUMBERS = (0.01, 0.3, 0.2, 0.8, 0.1, 0.7)
STATES = {rule: 1 + rule.count("_m") + rule.count("_c") for rule in RULES if "rms" in rule}
STATES |= {"sgd": 0, "adadelta": 2, "adam": 2, "adam_amsgrad": 3, "adamax": 2, "nadam": 2}


def tensors(rule: str) -> tuple[list[torch.Tensor], list[list[torch.Tensor]], list[torch.Tensor]]:
    """Parameters, states slot by slot, gradients; each ends where its memory ends."""
    random = torch.Generator().manual_seed(0)
    params, grads = ([torch.randn(n, generator=random) for n in SIZES] for _ in range(2))
    # one size of squares and means of squares, so that differences of them stay above 0
    states = [[torch.full((n,), 2.0) for n in SIZES] for _ in range(STATES.get(rule, 1))]
    fence = [[at_the_end(t) for t in group] for group in (params, grads, *states)]
    return fence[0], fence[2:], fence[1]


@pytest.mark.parametrize("rule", RULES)
def test_all_values_are_stepped_alike_whatever_the_threads(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(library, "threads", lambda threads=threads: threads)
        params, states, grads = tensors(rule)
        decays = [i % 2 == 0 for i in range(len(params))]
        step = OptimizerStep(params, states, decays)
        step(rule, NUMBERS, grads, 0.5)
        step(rule, NUMBERS, grads, 0.9)
        results.append([params, *states])
    for other in results[1:]:
        for ours, theirs in zip(results[0], other, strict=True):
            assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    # each by itself, from the same start: no value depends on its neighbours
    params, states, grads = tensors(rule)
    for i, p in enumerate(params):
        alone = OptimizerStep([p], [[slot[i]] for slot in states], [i % 2 == 0])
        alone(rule, NUMBERS, grads[i : i + 1], 0.5)
        alone(rule, NUMBERS, grads[i : i + 1], 0.9)
        assert torch.equal(p, results[0][0][i])


@pytest.mark.parametrize("rule", RULES)
def test_a_gradient_that_is_not_a_number_shows_in_its_weight_alone(rule: str) -> None:
    params, states, grads = tensors(rule)
    grads[3][16] = torch.nan
    OptimizerStep(params, states, [False] * len(params))(rule, NUMBERS, grads)
    wrong = [p.isnan().nonzero().flatten().tolist() for p in params]
    assert wrong == [[], [], [], [16], [], [], [], []]


def test_a_step_is_counted_as_a_write() -> None:
    p = torch.zeros(3)
    OptimizerStep([p], [], [False])("sgd", (0.5,), [torch.ones(3)])
    assert p.tolist() == [-0.5] * 3
    assert p._version == 1


def test_an_unknown_rule_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizer_step, "RULES", (*RULES, "own"))
    with pytest.raises(KernelError) as caught:
        OptimizerStep([], [], [])("own", (), [])
    assert str(caught.value) == "optimizer_step: the kernel does not do this shape."
