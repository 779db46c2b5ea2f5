"""Operations against their slow definitions in `tests/oracle.py`."""

from __future__ import annotations

import numpy as np
import pytest

from striate import layers
from striate.errors import ShapeError
from tests import oracle

pytestmark = pytest.mark.torch


def configurations(seed: int, count: int) -> list[dict]:
    """Random sizes, kernels, strides, dilations, groups and paddings in which a window fits."""
    rng = np.random.default_rng(seed)
    found: list[dict] = []
    while len(found) < count:
        groups = int(rng.integers(1, 4))
        c = {
            "size": tuple(int(n) for n in rng.integers(1, 14, 2)),
            "kernel": tuple(int(n) for n in rng.integers(1, 6, 2)),
            "strides": tuple(int(n) for n in rng.integers(1, 5, 2)),
            "dilation": tuple(int(n) for n in rng.integers(1, 4, 2)),
            "padding": ("valid", "same")[int(rng.integers(2))],
            "groups": groups,
            "channels": groups * int(rng.integers(1, 4)),
            "filters": groups * int(rng.integers(1, 4)),
        }
        if max(c["strides"]) > 1:
            c["dilation"] = (1, 1)
        reach = [(k - 1) * d + 1 for k, d in zip(c["kernel"], c["dilation"], strict=True)]
        fits = all(n >= r for n, r in zip(c["size"], reach, strict=True))
        if fits or c["padding"] == "same":
            found.append(c)
    return found


@pytest.mark.parametrize("c", configurations(0, 60), ids=str)
def test_convolution_is_its_definition(c: dict) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2, *c["size"], c["channels"])).astype("float32")
    layer = layers.Conv2D(
        c["filters"],
        c["kernel"],
        c["strides"],
        c["padding"],
        dilation_rate=c["dilation"],
        groups=c["groups"],
        bias_initializer="random_normal",
    )
    out = layer(x).detach().numpy()
    kernel, bias = layer.get_weights()
    wanted = oracle.conv(x, kernel, bias, c["strides"], c["padding"], c["dilation"], c["groups"])
    np.testing.assert_allclose(out, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("c", configurations(2, 60), ids=str)
@pytest.mark.parametrize(
    ("name", "reduce"),
    [("MaxPooling2D", np.max), ("AveragePooling2D", np.mean)],
    ids=["max", "avg"],
)
def test_pooling_is_its_definition(name: str, reduce, c: dict) -> None:
    if c["padding"] == "valid" and any(n < k for n, k in zip(c["size"], c["kernel"], strict=True)):
        with pytest.raises(ShapeError):  # no window fits
            getattr(layers, name)(c["kernel"], c["strides"], "valid").build((2, *c["size"], 2))
        return
    x = np.random.default_rng(3).normal(size=(2, *c["size"], 2)).astype("float32")
    out = getattr(layers, name)(c["kernel"], c["strides"], c["padding"])(x).numpy()
    wanted = oracle.pool(x, c["kernel"], c["strides"], c["padding"], reduce)
    np.testing.assert_allclose(out, wanted, rtol=1e-5, atol=1e-6)
