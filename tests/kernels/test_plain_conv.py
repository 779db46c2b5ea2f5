"""The plain kernel is the block's definition, as torch computes it in float64."""

from __future__ import annotations

from itertools import product

import pytest
import torch
import torch.nn.functional as F

from striate.kernels import library
from striate.kernels.conv import ConvKernel
from striate.kernels.shapes import ConvShape

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
]


@pytest.mark.parametrize(
    ("pool", "activation", "stride"),
    list(product((1, 2), ("linear", "relu", "leaky_relu"), (1, 2))),
)
def test_it_is_the_definition(pool: int, activation: str, stride: int) -> None:
    torch.manual_seed(0)
    shape = ConvShape(
        3, 5, (9, 7), (3, 2), (stride, stride), (1, 1), ((1, 0), (0, 1)), pool, activation, 0.2
    )
    x, kernel, bias = torch.randn(2, 3, 9, 7), torch.randn(5, 3, 3, 2), torch.randn(5)
    x, kernel = (t.contiguous(memory_format=torch.channels_last) for t in (x, kernel))
    wide = F.pad(x.double(), (0, 1, 1, 0))
    right = F.conv2d(wide, kernel.double(), bias.double(), stride)
    right, winner = F.max_pool2d(right, pool, return_indices=True)
    if activation != "linear":
        right = F.relu(right) if activation == "relu" else F.leaky_relu(right, 0.2)
    y = torch.full(right.shape, torch.nan).contiguous(memory_format=torch.channels_last)
    code = torch.empty(y.shape, dtype=torch.uint8, memory_format=torch.channels_last)
    kernels = ConvKernel("plain_conv", shape)
    kernels(x, kernels.pack(kernel), bias, y=y, code=code)
    assert shape.result == tuple(y.shape[2:])
    torch.testing.assert_close(y, right.float())
    if pool == 2:
        rows, columns = winner // shape.convolved[1], winner % shape.convolved[1]
        expected = (rows % 2 * 2 + columns % 2).to(torch.uint8)
        expected[(right <= 0) & torch.tensor(activation == "relu")] = 4
        assert torch.equal(code, expected)


def test_the_input_gradient_is_the_block_with_turned_weights() -> None:
    torch.manual_seed(0)
    shape = ConvShape(4, 6, (8, 7), (3, 2), padding=((1, 1), (0, 1)))
    x = torch.randn(2, 4, 8, 7, dtype=torch.float64, requires_grad=True)
    kernel = torch.randn(6, 4, 3, 2).contiguous(memory_format=torch.channels_last)
    out = F.conv2d(F.pad(x, (0, 1, 1, 1)), kernel.double())
    g = torch.randn(out.shape).contiguous(memory_format=torch.channels_last)
    alive = torch.randn(out.shape).contiguous(memory_format=torch.channels_last)
    out.backward(g.double() * (alive > 0))
    back = ConvKernel("plain_conv", shape.gradient())
    found = back(g, back.pack(kernel, turned=True), mask=alive)
    torch.testing.assert_close(found, x.grad.float())
