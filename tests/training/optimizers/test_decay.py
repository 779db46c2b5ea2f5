"""Parameters are excluded from weight decay by themselves or by name."""

from __future__ import annotations

import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers import AdamW
from striate.training.optimizers.decay import DecayExclusion

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("names", "name", "expected"),
    [
        (["bias"], "dense.bias", False),
        (["bias"], "dense.kernel", True),
        (["^bias$"], "dense.bias", False),
        (["^dense"], "dense.kernel", False),
        (["gamma", "beta"], "norm.beta", False),
        (None, "dense.bias", True),
    ],
)
def test_names_are_searched(names: list[str] | None, name: str, expected: bool) -> None:
    assert DecayExclusion("AdamW", None, names).decays(name, torch.ones(1)) is expected


def test_tensors_are_told_apart_by_identity() -> None:
    p, q = torch.ones(1), torch.ones(1)
    exclusion = DecayExclusion("AdamW", [p])
    assert not exclusion.decays("", p)
    assert exclusion.decays("", q)


def test_names_to_exclude_need_named_parameters() -> None:
    optimizer = AdamW()
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    with pytest.raises(ArgumentError) as caught:
        optimizer.build([torch.nn.Parameter(torch.ones(1))])
    assert str(caught.value) == (
        "AdamW: exclude_from_weight_decay(var_names=...) needs the names of the parameters. "
        "Use optimizer.build(model.named_parameters())."
    )
