"""Muon makes steps orthogonal, of matrices only."""

from __future__ import annotations

import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers import Muon

pytestmark = pytest.mark.torch


def kinds(optimizer: Muon, shapes: dict[str, tuple[int, ...]]) -> dict[str, bool]:
    """Whether each parameter is treated as a matrix."""
    params = {name: torch.nn.Parameter(torch.ones(shape)) for name, shape in shapes.items()}
    optimizer.build(params.items())
    return {name: "velocity" not in optimizer.state[p] for name, p in params.items()}


SHAPES = {
    "conv2d.kernel": (3, 3, 2, 4),
    "conv2d.bias": (4,),
    "embedding.embeddings": (9, 4),
    "dense.kernel": (8, 4),
    "dense_1.kernel": (4, 2),
}


def test_two_dimensions_make_a_matrix_as_in_keras() -> None:
    found = kinds(Muon(exclude_layers=["dense_1"]), SHAPES)
    assert [name for name, matrix in found.items() if matrix] == ["dense.kernel"]


def test_kernels_and_embeddings_are_matrices_on_demand() -> None:
    found = kinds(Muon(flatten_kernels=True, exclude_embeddings=False), SHAPES)
    assert [name for name, matrix in found.items() if not matrix] == ["conv2d.bias"]


def test_names_to_exclude_need_named_parameters() -> None:
    with pytest.raises(ArgumentError) as caught:
        Muon(exclude_layers=["dense"]).build([torch.nn.Parameter(torch.ones(2, 2))])
    assert str(caught.value) == (
        "Muon: exclude_layers needs the names of the parameters. "
        "Use optimizer.build(model.named_parameters())."
    )


@pytest.mark.parametrize("form", ["foreach", "plain"])
@pytest.mark.parametrize("shape", [(6, 6), (4, 9), (9, 4), (3, 3, 2, 8)])
def test_steps_are_nearly_orthogonal(shape: tuple[int, ...], form: str) -> None:
    p = torch.nn.Parameter(torch.zeros(shape))
    optimizer = Muon(1.0, rms_rate=None, weight_decay=None, ns_steps=8, flatten_kernels=True)
    optimizer.form = form
    optimizer.build([p])
    p.grad = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    optimizer.step()
    sizes = torch.linalg.svdvals(p.detach().flatten(0, -2))
    assert sizes.min() > 0.6
    assert sizes.max() < 1.3


def test_matrices_of_one_shape_are_updated_as_each_by_itself() -> None:
    results = []
    for together in (True, False):
        params = [torch.nn.Parameter(torch.ones(4, 6) * i) for i in range(3)]
        groups = [params] if together else [[p] for p in params]
        optimizer = Muon(0.1)
        optimizer.build([{"params": group} for group in groups])
        for i, p in enumerate(params):
            p.grad = torch.randn(4, 6, generator=torch.Generator().manual_seed(i))
        optimizer.step()
        results.append(torch.stack([p.detach() for p in params]))
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-5)


def test_each_kind_has_its_own_weight_decay_unless_its_group_has() -> None:
    matrix, vector, other = (torch.nn.Parameter(torch.ones(s)) for s in ((2, 2), (2,), (2,)))
    optimizer = Muon(0.5, weight_decay=0.2, adam_weight_decay=0.4)
    optimizer.build([{"params": [matrix, vector]}, {"params": other, "weight_decay": 0.8}])
    for p in (matrix, vector, other):
        p.grad = torch.zeros_like(p)
    optimizer.step()
    found = [matrix[0, 0].item(), vector[0].item(), other[0].item()]
    assert found == pytest.approx([0.9, 0.8, 0.6])


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("momentum", 1.0, "a number in [0, 1)"),
        ("adam_beta_1", 1.0, "a number in [0, 1)"),
        ("adam_beta_2", 1.0, "a number in [0, 1)"),
        ("adam_weight_decay", -1.0, "a number in [0, inf)"),
        ("epsilon", -1.0, "a number in [0, inf)"),
        ("ns_steps", -1, "a whole number >= 0"),
        ("rms_rate", -1.0, "a number in [0, inf)"),
        ("adam_lr_ratio", -1.0, "a number in [0, inf)"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Muon(**{argument: value})
    assert str(caught.value) == (
        f"Muon: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )
