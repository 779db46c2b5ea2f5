"""Arrays against loops written from the formulas, and against SciPy."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

from striate import arrays
from tests import oracle

RNG = np.random.default_rng(0)


def drawn(count: int) -> list[dict]:
    """Random sizes, kernels, strides, paddings and dilations in which a window fits."""
    rng = np.random.default_rng(1)
    found: list[dict] = []
    while len(found) < count:
        c = {
            "shape": (2, *(int(n) for n in rng.integers(1, 12, 2)), int(rng.integers(1, 4))),
            "kernel": tuple(int(n) for n in rng.integers(1, 5, 2)),
            "filters": int(rng.integers(1, 4)),
            "stride": tuple(int(n) for n in rng.integers(1, 4, 2)),
            "dilation": tuple(int(n) for n in rng.integers(1, 3, 2)),
            "padding": ("valid", "same", "full", ((1, 0), (2, 1)))[int(rng.integers(4))],
        }
        reach = [(k - 1) * d + 1 for k, d in zip(c["kernel"], c["dilation"], strict=True)]
        if all(n >= r for n, r in zip(c["shape"][1:3], reach, strict=True)):
            found.append(c)
    return found


CONFIGURATIONS = drawn(60)


def border(c: dict) -> list[tuple[int, int]]:
    if isinstance(c["padding"], tuple):
        return list(c["padding"])
    amounts = []
    for n, k, s, d in zip(c["shape"][1:3], c["kernel"], c["stride"], c["dilation"], strict=True):
        reach = (k - 1) * d
        word = {"valid": (0, 0), "full": (reach, reach), "same": oracle.same_amounts(n, k, s, d)}
        amounts.append(word[c["padding"]])
    return amounts


def arguments(c: dict) -> dict:
    return {k: c[k] for k in ("stride", "dilation", "padding")}


def quietly(function, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", arrays.DroppedWarning)
        return function(*args, **kwargs)


@pytest.mark.parametrize("c", CONFIGURATIONS, ids=str)
def test_correlation_is_its_definition(c: dict) -> None:
    x = RNG.normal(size=c["shape"])
    kernel = RNG.normal(size=(*c["kernel"], c["shape"][3], c["filters"]))
    bias = RNG.normal(size=c["filters"])
    got = quietly(arrays.correlate2d, x, kernel, bias=bias, **arguments(c))
    padded = np.pad(x, [(0, 0), *border(c), (0, 0)])
    wanted = oracle.conv(padded, kernel, bias, c["stride"], "valid", c["dilation"])
    np.testing.assert_allclose(got, wanted, atol=1e-10)
    product = arrays.matrix_product(x, kernel, **arguments(c))
    np.testing.assert_allclose(product.output + bias, wanted, atol=1e-10)
    np.testing.assert_array_equal(
        (product.columns @ product.weights).reshape(product.output.shape), product.output
    )


@pytest.mark.parametrize("c", CONFIGURATIONS, ids=str)
def test_the_backward_pass_is_the_derivative(c: dict) -> None:
    """<G, d(x * k)> = <dx, grad_x> + <dk, grad_k>: the map is bilinear, so this is exact."""
    x = RNG.normal(size=c["shape"])
    kernel = RNG.normal(size=(*c["kernel"], c["shape"][3], c["filters"]))
    out = quietly(arrays.correlate2d, x, kernel, **arguments(c))
    gradient = RNG.normal(size=out.shape)
    back = quietly(arrays.correlate2d_backward, x, kernel, gradient, **arguments(c))
    assert back.x.shape == x.shape
    assert back.kernel.shape == kernel.shape
    dx, dk = RNG.normal(size=x.shape), RNG.normal(size=kernel.shape)
    along_x = quietly(arrays.correlate2d, dx, kernel, **arguments(c))
    along_k = quietly(arrays.correlate2d, x, dk, **arguments(c))
    np.testing.assert_allclose((gradient * along_x).sum(), (dx * back.x).sum(), atol=1e-8)
    np.testing.assert_allclose((gradient * along_k).sum(), (dk * back.kernel).sum(), atol=1e-8)
    np.testing.assert_allclose(back.bias, gradient.sum((0, 1, 2)), atol=1e-10)


@pytest.mark.parametrize("c", CONFIGURATIONS, ids=str)
def test_col2im_is_the_transpose_of_im2col(c: dict) -> None:
    x = RNG.normal(size=c["shape"])
    columns = arrays.im2col(x, c["kernel"], **arguments(c))
    other = RNG.normal(size=columns.shape)
    back = arrays.col2im(other, x.shape, c["kernel"], **arguments(c))
    np.testing.assert_allclose((columns * other).sum(), (x * back).sum(), atol=1e-8)


@pytest.mark.torch  # SciPy looks for torch when it is imported
@pytest.mark.parametrize("mode", ["valid", "full"])
def test_equals_scipy(mode: str) -> None:
    from scipy import signal

    x, kernel = RNG.normal(size=(7, 9)), RNG.normal(size=(3, 2))
    np.testing.assert_allclose(
        arrays.convolve2d(x, kernel, padding=mode), signal.convolve2d(x, kernel, mode), atol=1e-12
    )
    np.testing.assert_allclose(
        arrays.correlate2d(x, kernel, padding=mode), signal.correlate2d(x, kernel, mode), atol=1e-12
    )


def test_convolution_commutes_and_correlation_does_not() -> None:
    a, b = RNG.normal(size=(4, 4)), RNG.normal(size=(3, 3))
    full = {"padding": "full"}
    np.testing.assert_allclose(
        arrays.convolve2d(a, b, **full), arrays.convolve2d(b, a, **full), atol=1e-12
    )
    assert not np.allclose(arrays.correlate2d(a, b, **full), arrays.correlate2d(b, a, **full))
    np.testing.assert_allclose(
        arrays.convolve2d(a, b), arrays.correlate2d(a, np.rot90(b, 2)), atol=1e-12
    )


def test_forms_of_images_and_kernels() -> None:
    image, stack = RNG.normal(size=(6, 7, 3)), RNG.normal(size=(2, 6, 7, 3))
    one, bank, flat = (RNG.normal(size=s) for s in ((3, 3, 3), (3, 3, 3, 5), (3, 3)))
    assert arrays.correlate2d(image[..., 0], flat).shape == (4, 5)
    assert arrays.correlate2d(image, flat).shape == (4, 5, 3)
    assert arrays.correlate2d(image, one).shape == (4, 5)
    assert arrays.correlate2d(image, bank).shape == (4, 5, 5)
    assert arrays.correlate2d(stack, bank).shape == (2, 4, 5, 5)
    assert arrays.correlate2d(stack, one).shape == (2, 4, 5)
    np.testing.assert_allclose(
        arrays.correlate2d(image, flat)[..., 1], arrays.correlate2d(image[..., 1], flat)
    )
    whole = sum(arrays.correlate2d(image[..., c], one[..., c]) for c in range(3))
    np.testing.assert_allclose(arrays.correlate2d(image, one), whole)


@pytest.mark.parametrize("kind", sorted(["max", "min", "average", "sum", "l2", "median"]))
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_pooling_is_its_definition(kind: str, padding: str) -> None:
    reduce = {
        "max": np.max,
        "min": np.min,
        "average": np.mean,
        "sum": np.sum,
        "l2": lambda v: float(np.sqrt((v**2).sum())),
        "median": np.median,
    }[kind]
    x = RNG.normal(size=(2, 7, 8, 2))
    got = quietly(arrays.pool2d, x, (2, 3), (2, 2), kind=kind, padding=padding)
    np.testing.assert_allclose(got, oracle.pool(x, (2, 3), (2, 2), padding, reduce), atol=1e-12)


def test_every_window_of_an_image_can_be_traced() -> None:
    image, kernel = RNG.normal(size=(5, 6, 2)), RNG.normal(size=(3, 2, 2))
    out = arrays.correlate2d(image, kernel, bias=0.5, padding=1, stride=(1, 2), dilation=(2, 1))
    how = {"padding": 1, "stride": (1, 2), "dilation": (2, 1), "bias": 0.5}
    for row, column in itertools.product(*map(range, out.shape)):
        trace = arrays.trace_window(image, kernel, row, column, **how)
        assert trace.output == pytest.approx(out[row, column])
        np.testing.assert_array_equal(trace.products, trace.window * trace.kernel)
    assert arrays.trace_window(image, kernel, 0, 0, **how).top_left == (-1, -1)


def test_a_trace_reads_as_a_lesson() -> None:
    trace = arrays.trace_window([[1, 2, 3], [4, 5, 6]], [[1, 0], [0, -1]], 0, 1, bias=1)
    assert str(trace) == (
        "window (0, 1), from row 0, column 1 of the image\n"
        "what the filter sees:\n"
        "         2         3\n"
        "         5         6\n"
        "times the kernel:\n"
        "         1         0\n"
        "         0        -1\n"
        "gives:\n"
        "         2         0\n"
        "         0        -6\n"
        "sum -4 + bias 1 = -3"
    )


@pytest.mark.parametrize("mode", ["constant", "reflect", "edge"])
def test_borders_are_numpys(mode: str) -> None:
    x = RNG.normal(size=(2, 4, 5, 3))
    border_ = ((1, 2), (0, 3))
    np.testing.assert_array_equal(
        arrays.pad2d(x, border_, mode), np.pad(x, [(0, 0), *border_, (0, 0)], mode)
    )
