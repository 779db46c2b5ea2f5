"""Gates against their slow definitions, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from striate import Input, errors, layers
from tests import attention_oracle as slow
from tests.layers.messages import Wrong

pytestmark = pytest.mark.torch


def made(layer: layers.Layer, shape: tuple[int, ...]) -> tuple[np.ndarray, list[np.ndarray]]:
    rng = np.random.default_rng(3)
    x = rng.normal(size=shape).astype("float32")
    layer.build(shape)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return x, [w.astype("float64") for w in layer.get_weights()]


@pytest.mark.parametrize("shape", [(2, 5, 4), (2, 3, 4, 6), (2, 2, 3, 2, 4)], ids=str)
@pytest.mark.parametrize("ratio", [1, 2, 100])
def test_squeeze_excite_is_its_definition(shape: tuple[int, ...], ratio: int) -> None:
    layer = layers.SqueezeExcite(ratio)
    x, weights = made(layer, shape)
    assert weights[0].shape == (shape[-1], max(1, shape[-1] // ratio))
    assert np.allclose(layer(x).detach(), slow.squeeze_excite(x, *weights), atol=1e-5)


def test_squeeze_excite_reaches_from_one_step_to_all() -> None:
    layer = layers.SqueezeExcite(ratio=4, squeeze_units=3)
    made(layer, (1, 4, 8))
    assert [tuple(w.shape) for w in layer.weights] == [(8, 3), (3,), (3, 8), (8,)]


@pytest.mark.parametrize(("shape", "size"), [((2, 5, 6, 4), 3), ((1, 3, 3, 2), (7, 5))], ids=str)
def test_cbam_is_its_definition(shape: tuple[int, ...], size: int | tuple[int, int]) -> None:
    layer = layers.CBAM(ratio=2, kernel_size=size)
    x, weights = made(layer, shape)
    assert np.allclose(layer(x).detach(), slow.cbam(x, *weights), atol=1e-5)


@pytest.mark.parametrize("shape", [(2, 5, 16), (2, 3, 4, 6), (2, 2, 2, 2, 64)], ids=str)
def test_eca_is_its_definition(shape: tuple[int, ...]) -> None:
    layer = layers.ECA()
    x, (kernel,) = made(layer, shape)
    assert len(kernel) == slow.channel_width(shape[-1])
    expected = slow.efficient_channel_attention(x, kernel)
    assert np.allclose(layer(x).detach(), expected, atol=1e-5)


def test_the_kernel_of_eca_grows_with_the_channels_as_in_the_paper() -> None:
    widths = {c: layers.ECA() for c in range(1, 2049)}
    for channels, layer in widths.items():
        assert layer.kind.width(channels) == slow.channel_width(channels)  # type: ignore[attr-defined]
    assert layers.ECA().kind.width(256) == 5  # type: ignore[attr-defined]
    assert layers.ECA(gamma=1, b=0).kind.width(256) == 9  # type: ignore[attr-defined]


def test_a_gate_as_the_last_layer_keeps_its_activation() -> None:
    for layer in (layers.SqueezeExcite(activation="sigmoid"), layers.CBAM(activation="softmax")):
        assert layer.final_activation() is None


WRONG = [
    Wrong(
        lambda: layers.SqueezeExcite(0),
        errors.ArgumentError,
        "squeeze_excite (SqueezeExcite): `ratio` is not valid. Got ratio=0. Expected a number"
        " above 0.",
    ),
    Wrong(
        lambda: layers.SqueezeExcite(squeeze_units=0),
        errors.ArgumentError,
        "squeeze_excite (SqueezeExcite): `squeeze_units` is not valid. Got squeeze_units=0."
        " Expected a positive whole number.",
    ),
    Wrong(
        lambda: layers.CBAM(kernel_size=(7, 0)),
        errors.ArgumentError,
        "cbam (CBAM): `kernel_size` is not valid. Got kernel_size=(7, 0). Expected a positive"
        " whole number or 2 of them.",
    ),
    Wrong(
        lambda: layers.CBAM()(Input((5, 3))),
        errors.ShapeError,
        "cbam (CBAM): wrong input rank. Got input shape=(None, 5, 3). Expected 4 dimensions"
        " (N, H, W, C). Images need a channel axis: x[..., None], or layers.Reshape((5, 3, 1))"
        " before it.\nHow it came to this:\n  input_layer (InputLayer) (None, 5, 3)",
    ),
    Wrong(
        lambda: layers.ECA(kernel_size=4),
        errors.ArgumentError,
        "eca (ECA): `kernel_size` is not valid. Got kernel_size=4. Expected an odd number, or"
        " None.",
    ),
    Wrong(
        lambda: layers.ECA(gamma=-1),
        errors.ArgumentError,
        "eca (ECA): `gamma` is not valid. Got gamma=-1. Expected a number above 0.",
    ),
    Wrong(
        lambda: layers.SqueezeExcite()(Input((4, 4, None))),
        errors.ShapeError,
        "squeeze_excite (SqueezeExcite): the last dimension of the input is open, but its weights"
        " need it. Got input shape=(None, 4, 4, None). Expected a known number of channels. State"
        " it in Input(shape=...).\nHow it came to this:\n  input_layer (InputLayer)"
        " (None, 4, 4, None)",
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_wrong_uses_are_explained(wrong: Wrong) -> None:
    wrong.check()
