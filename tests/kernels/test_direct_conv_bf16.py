"""The bfloat16 kernel is the float32 one on factors that are rounded."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from striate.errors import KernelError
from striate.kernels import library
from striate.kernels.conv import ConvKernel, choose
from striate.kernels.shapes import ConvShape
from tests.kernels.test_direct_conv import CASES, SHAPES, run, values

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]
multiplies = pytest.mark.skipif(not library.bfloat16(), reason="no AVX512_BF16")


def rounded(values: Tensor) -> Tensor:
    return values.bfloat16().float()


@multiplies
@pytest.mark.parametrize("extras", [("bias",), (), ("bias", "mask", "add")], ids=len)
@pytest.mark.parametrize(("title", "images"), CASES)
def test_it_computes_the_definition_of_rounded_factors(
    title: str, extras: tuple[str, ...], images: int
) -> None:
    # Products of rounded factors are exact in float32, so sums are as near as float32's. Winners
    # are compared where pooling joins no two values that are nearer than that.
    shape = SHAPES[title]
    given = values(shape, images)
    found, code = run("direct_conv_bf16", shape, given, extras)
    given["kernel"] = given["kernel"].bfloat16().float()
    given["x"].copy_(rounded(given["x"]))
    right, winner = run("direct_conv", shape, given, extras)
    depth = shape.channels * shape.kernel[0] * shape.kernel[1]
    torch.testing.assert_close(found, right, rtol=0, atol=4 * 2**-24 * (depth + 8))
    assert (code != winner).float().mean() < 1e-3


@multiplies
@pytest.mark.parametrize("title", SHAPES)
def test_threads_change_no_bit(title: str) -> None:
    shape, threads = SHAPES[title], torch.get_num_threads()
    given, found = values(shape, 2), []
    try:
        for number in (1, 2):
            torch.set_num_threads(number)
            found.append(run("direct_conv_bf16", shape, given, ("bias",)))
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(found[0][0], found[1][0])
    assert torch.equal(found[0][1], found[1][1])


@multiplies
def test_a_nan_stays_visible() -> None:
    shape = ConvShape(2, 17, (6, 6), (1, 1), pool=2, activation="relu")
    given = values(shape, 1)
    given["x"][0, 0, 1, 0] = torch.nan
    found, _ = run("direct_conv_bf16", shape, given, ("bias",))
    assert found[0, :, 0, 0].isnan().all()
    assert found.isnan().sum() == 17


@multiplies
def test_it_computes_input_gradients_with_turned_weights() -> None:
    shape = ConvShape(21, 35, (9, 8), (3, 2), padding=((1, 1), (0, 1))).gradient()
    given = values(shape, 2)
    turned = rounded(torch.randn(shape.channels, 3, 2, shape.filters)).permute(0, 3, 1, 2)
    given["x"].copy_(rounded(given["x"]))
    kernels = [ConvKernel(name, shape) for name in ("plain_conv", "direct_conv_bf16")]
    right, found = (k(given["x"], k.pack(turned, turned=True), mask=given["mask"]) for k in kernels)
    torch.testing.assert_close(found, right, rtol=1e-5, atol=1e-4)


@multiplies
def test_it_is_chosen_where_it_is_allowed_and_faster() -> None:
    one = SHAPES["1x1"]
    assert choose(one).name == "direct_conv"
    assert choose(one, "bfloat16").name == "direct_conv_bf16"
    many = ConvShape(64, 64, (16, 16), (3, 3), padding=((1, 1), (1, 1)))
    assert choose(many, "bfloat16").name == choose(many).name == "winograd_conv"
    small = replace(many, channels=256, filters=256, size=(7, 7), pool=2)
    assert choose(small).name == "winograd_conv"
    assert choose(small, "bfloat16").name == "direct_conv_bf16"


def test_without_the_instructions_it_does_not_take_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "bfloat16", lambda: False)
    assert choose(SHAPES["1x1"], "bfloat16").name == "direct_conv"
    with pytest.raises(KernelError) as caught:
        ConvKernel("direct_conv_bf16", SHAPES["1x1"])
    assert str(caught.value) == "direct_conv_bf16: the processor does not multiply bfloat16."
