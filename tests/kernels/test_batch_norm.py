"""Batch normalisation with what follows it is its definition in float64, forward and backward."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from striate.errors import KernelError
from striate.kernels import library
from striate.kernels.batch_norm import BatchNorm
from tests.kernels.arena import at_the_end

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]

# Of the largest value: mean, deviation and result are float32 values that were computed in
# float64 from sums of 8 float32 values, so some roundings of 6e-8 each.
TOLERANCE = 1e-6
EPSILON = 1e-3
ACTIVATIONS = [("linear", 0.0), ("relu", 0.0), ("capped_relu", 1.0), ("leaky_relu", 0.1)]
# N, C, H, W: one row, fewer rows than a pack, channels that are no vectors, several pieces
SIZES = [
    (1, 5, 1, 1),
    (1, 16, 1, 3),
    (2, 37, 3, 3),
    (3, 16, 21, 19),
    (40, 3, 7, 5),
    (5, 70, 13, 11),
]
NAMES = ("dx", "dadd", "dgamma", "dbeta")

Values = dict[str, Tensor]


def given(sizes: tuple[int, ...], adds: bool, offset: float = 0.0) -> dict[str, Tensor | None]:
    """Inputs, each ending where its memory ends."""
    random = torch.Generator().manual_seed(sum(sizes))

    def draw(*shape: int) -> Tensor:
        made = torch.randn(shape, generator=random)
        if len(shape) == 4:
            made = made.contiguous(memory_format=torch.channels_last)
        return at_the_end(made)

    c = sizes[1]
    x = draw(*sizes).mul_(2).add_(offset + torch.arange(c).view(1, c, 1, 1))
    return {
        "x": x,
        "gamma": draw(c),
        "beta": draw(c),
        "add": draw(*sizes) if adds else None,
        "g": draw(*sizes),
    }


def computed(norm: BatchNorm, v: dict[str, Tensor | None], threads: int = 2) -> dict[str, Any]:
    """All that the kernels give."""
    library_threads, library.threads = library.threads, lambda: threads
    try:
        moving = torch.zeros(v["x"].shape[1]), torch.ones(v["x"].shape[1])  # type: ignore[union-attr]
        y, statistics, bits = norm.forward(
            v["x"],
            v["gamma"],
            v["beta"],
            v["add"],
            moving,
            backward=True,  # type: ignore[arg-type]
        )
        found = norm.backward(
            v["x"],
            v["gamma"],
            v["beta"],
            statistics,
            bits,
            v["g"],
            (True, norm.adds),  # type: ignore[arg-type]
        )
    finally:
        library.threads = library_threads
    return {"y": y, "moving": torch.stack(moving), **dict(zip(NAMES, found, strict=True))}


def defined(norm: BatchNorm, v: dict[str, Tensor | None]) -> Values:
    """The same from the definition, in float64."""
    wide = {k: None if t is None else t.double().requires_grad_() for k, t in v.items()}
    x, gamma, beta, add = (wide[k] for k in ("x", "gamma", "beta", "add"))
    assert x is not None
    variance, mean = torch.var_mean(x, (0, 2, 3), correction=0, keepdim=True)
    out = (x - mean) / torch.sqrt(variance + norm.epsilon)
    out = out if gamma is None else out * gamma.view(1, -1, 1, 1)
    out = out if beta is None else out + beta.view(1, -1, 1, 1)
    out = out if add is None else out + add
    if norm.activation == "relu":
        out = F.relu(out)
    elif norm.activation == "capped_relu":
        out = out.clamp(0, norm.number)
    elif norm.activation == "leaky_relu":
        out = F.leaky_relu(out, norm.number)
    share = 1 - norm.momentum
    moving = torch.stack([share * mean.flatten(), 1 + share * (variance.flatten() - 1)])
    asked = {"dx": x, "dadd": add, "dgamma": gamma, "dbeta": beta}
    present = {k: t for k, t in asked.items() if t is not None}
    found = torch.autograd.grad(out, list(present.values()), v["g"].double())  # type: ignore[union-attr]
    return {"y": out.detach(), "moving": moving.detach(), **dict(zip(present, found, strict=True))}


@pytest.mark.parametrize("adds", [False, True])
@pytest.mark.parametrize(("activation", "number"), ACTIVATIONS)
@pytest.mark.parametrize("sizes", SIZES)
def test_it_is_the_definition(
    sizes: tuple[int, ...], activation: str, number: float, adds: bool
) -> None:
    norm = BatchNorm(activation, number, adds, EPSILON, 0.9)
    v = given(sizes, adds)
    found, right = computed(norm, v), defined(norm, v)
    for name, expected in right.items():
        # of one row dx is a difference of equal numbers, of the size of 1 / sqrt(epsilon)
        scale = max(float(expected.abs().max()), 100.0 if found["y"][:, 0].numel() == 1 else 1.0)
        error = float((found[name] - expected).abs().max()) / scale
        assert error <= TOLERANCE, f"{name}: {error:.1e}"


@pytest.mark.parametrize("adds", [False, True])
@pytest.mark.parametrize(("activation", "number"), ACTIVATIONS)
@pytest.mark.parametrize("sizes", SIZES[2:])
def test_bfloat16_maps_are_read_and_rounded(
    sizes: tuple[int, ...], activation: str, number: float, adds: bool
) -> None:
    """The same numbers in both types give the same, but for the rounding of what is written."""
    norm = BatchNorm(activation, number, adds, EPSILON, 0.9)
    wide = given(sizes, adds)
    maps = [k for k in ("x", "add", "g") if wide[k] is not None]
    half = {**wide, **{k: wide[k].bfloat16() for k in maps}}  # type: ignore[union-attr]
    wide = {**wide, **{k: half[k].float() for k in maps}}  # type: ignore[union-attr]
    found, right = computed(norm, half), computed(norm, wide)
    for name, expected in right.items():
        if expected is not None:
            rounded = expected.bfloat16() if name in ("y", "dx", "dadd") else expected
            assert torch.equal(found[name], rounded), name


def test_bfloat16_results_round_to_even_and_keep_infinities() -> None:
    norm = BatchNorm("linear", 0.0, True, EPSILON, 0.9)
    numbers = [1.0, 1 + 2**-8, 1 + 3 * 2**-8, -1 - 2**-8, 3.4e38, torch.inf, -torch.inf, torch.nan]
    x, add = torch.ones(1, 8, 1, 1).bfloat16(), torch.tensor(numbers).view(1, 8, 1, 1)
    beta = (add - add.bfloat16()).nan_to_num().flatten()  # so that the sum is the number itself
    moving = torch.zeros(8), torch.ones(8)
    y, *_ = norm.forward(x, None, beta, add.bfloat16(), moving, False)
    assert y.dtype is torch.bfloat16
    torch.testing.assert_close(y, add.bfloat16(), rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("absent", ["gamma", "beta"])
def test_there_need_be_no_gamma_and_no_beta(absent: str) -> None:
    norm = BatchNorm("relu", 0.0, False, EPSILON, 0.9)
    v = {**given((2, 20, 5, 5), False), absent: None}
    found, right = computed(norm, v), defined(norm, v)
    for name, expected in right.items():
        torch.testing.assert_close(found[name].double(), expected, rtol=1e-5, atol=1e-5)


def test_a_mean_far_above_the_deviation_does_not_spoil_the_variance() -> None:
    norm = BatchNorm("linear", 0.0, False, EPSILON, 0.0)
    v = given((4, 16, 20, 20), False, offset=3000.0)
    v["x"][0] = 0.0  # type: ignore[index] # the first rows are far from all others
    found, right = computed(norm, v), defined(norm, v)
    share = (found["moving"] - right["moving"]).abs() / right["moving"]
    assert float(share.max()) <= 1e-6
    assert float((found["y"] - right["y"]).abs().max()) <= 1e-6
    for name in ("dgamma", "dx"):
        scale = float(right[name].abs().max())
        assert float((found[name] - right[name]).abs().max()) <= 1e-5 * scale, name


@pytest.mark.parametrize("adds", [False, True])
def test_threads_do_not_change_a_bit(adds: bool) -> None:
    norm = BatchNorm("relu", 0.0, adds, EPSILON, 0.9)
    v = given((7, 37, 13, 11), adds)
    first = computed(norm, v, 1)
    for threads in (2, 3, 5):
        other = computed(norm, v, threads)
        assert all(t is None or torch.equal(t, other[name]) for name, t in first.items())


@pytest.mark.parametrize("adds", [False, True])
@pytest.mark.parametrize(("activation", "number"), ACTIVATIONS)
def test_what_is_not_a_number_stays_visible_and_in_its_channel(
    activation: str, number: float, adds: bool
) -> None:
    norm = BatchNorm(activation, number, adds, EPSILON, 0.9)
    v = given((2, 20, 3, 3), adds)
    v["x"][1, 17, 2, 1] = torch.nan  # type: ignore[index]
    found = computed(norm, v)
    for name in ("y", "moving", "dx"):
        wrong = found[name].isnan()
        wrong = wrong.any(0) if name == "moving" else wrong.flatten(2).any(2).any(0)
        assert wrong.nonzero().flatten().tolist() == [17], name


def test_gradients_that_are_not_wanted_are_not_computed() -> None:
    norm = BatchNorm("relu", 0.0, True, EPSILON, 0.9)
    v = given((3, 20, 5, 5), True)
    whole = computed(norm, v)
    moving = torch.zeros(20), torch.ones(20)
    inputs = v["x"], v["gamma"], v["beta"]
    _, statistics, bits = norm.forward(*inputs, v["add"], moving, backward=True)  # type: ignore[arg-type]
    for wanted in ((True, False), (False, True), (False, False)):
        found = norm.backward(*inputs, statistics, bits, v["g"], wanted)  # type: ignore[arg-type]
        for got, want, name in zip(
            found, (*wanted, True, True), ("dx", "dadd", "dgamma", "dbeta"), strict=True
        ):
            assert torch.equal(got, whole[name]) if want else got is None
    assert norm.forward(*inputs, v["add"], moving, backward=False)[2] is None  # type: ignore[arg-type]


def test_the_moving_statistics_count_as_written() -> None:
    moving = torch.zeros(4), torch.ones(4)
    x = torch.randn(2, 4, 3, 3).contiguous(memory_format=torch.channels_last)
    BatchNorm("relu", 0.0, False, EPSILON, 0.9).forward(x, None, None, None, moving, False)
    assert [t._version for t in moving] == [1, 1]


def test_bits_say_where_the_activation_was_open() -> None:
    norm = BatchNorm("relu", 0.0, True, EPSILON, 0.9)
    v = given((2, 20, 3, 5), True)
    moving = torch.zeros(20), torch.ones(20)
    inputs = v["x"], v["gamma"], v["beta"], v["add"]
    y, _, bits = norm.forward(*inputs, moving, backward=True)  # type: ignore[arg-type]
    assert bits is not None
    assert torch.equal(norm.opened(bits, y), y > 0)


def test_no_rows_are_an_error() -> None:
    x = torch.empty(0, 3, 2, 2)
    with pytest.raises(KernelError) as caught:
        BatchNorm("relu", 0.0, False, EPSILON, 0.9).forward(
            x, None, None, None, (torch.zeros(3), torch.ones(3)), False
        )
    assert str(caught.value) == "batch_norm: the kernel does not do this shape."
