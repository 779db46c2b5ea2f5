"""A layer that is called again on a tensor like the last one does what it did the first time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate import errors, layers

pytestmark = pytest.mark.torch

LAYERS = [
    layers.Conv2D(3, 3, activation="relu"),
    layers.Conv2D(3, 3, activation="softmax"),
    layers.Dense(3, activation="tanh"),
    layers.Dense(3, activation="softmax"),
    layers.Dense(3, activation="gelu", activity_regularizer="l2"),
    layers.MaxPooling2D(),
    layers.ReLU(max_value=1.0),
    layers.LeakyReLU(),
    layers.ELU(),
    layers.GELU(),
    layers.ThresholdedReLU(0.5),
    layers.PReLU(alpha_initializer="ones"),
    layers.PReLU(alpha_initializer="ones", shared_axes=[1, 2]),
    layers.Softmax(axis=1),
    layers.Maxout(2, axis=2),
    layers.Activation("glu"),
    layers.Activation("silu"),
    layers.Activation("softmax"),
    layers.LayerNormalization(axis=[1, 3]),
    layers.RMSNormalization(),
    layers.UnitNormalization(),
    layers.LocalResponseNormalization(),
    layers.GlobalResponseNormalization(),
    layers.Flatten(),
    layers.Reshape((4, -1)),
    layers.Permute((3, 1, 2)),
    layers.Identity(),
    layers.Dropout(0.5),
    layers.PixelShuffle(2, mode="CRD"),
    layers.PixelUnshuffle(2, mode="CRD"),
    layers.L2Pooling2D(),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda x: x.where)
def test_the_second_call_is_the_first(layer: layers.Layer) -> None:
    x = torch.randn(2, 6, 6, 4)
    first, penalty = layer(x), layer.activity_penalty
    second = layer(x)
    as_array = layer(x.numpy())  # never the short way
    assert torch.equal(first, second)
    assert torch.equal(first, as_array)
    assert first.stride() == second.stride()
    assert (penalty is None) == (layer.activity_penalty is None)


def test_another_shape_number_type_or_mask_takes_the_long_way() -> None:
    layer = layers.Conv2D(2, 3)
    layer(torch.ones(1, 5, 5, 1))
    assert layer(torch.ones(3, 5, 5, 1)).shape == (3, 3, 3, 2)
    assert layer(torch.ones(1, 5, 5, 1, dtype=torch.uint8)).dtype is torch.float32
    with pytest.raises(errors.ShapeError):
        layer(torch.ones(1, 5, 5, 2))
    masked = layers.Masking()(torch.zeros(1, 2, 3))
    relu = layers.ReLU()
    relu(torch.zeros(1, 2, 3))
    assert hasattr(relu(masked), "_striate_mask")


def test_hooks_see_every_call() -> None:
    layer = layers.ReLU()
    seen = []
    layer.register_forward_hook(lambda *_: seen.append(1))
    for _ in range(3):
        layer(torch.ones(1, 2))
    assert len(seen) == 3


def test_training_is_asked_at_every_call() -> None:
    layer = layers.Dropout(0.9)
    x = torch.ones(1, 1000)
    layer(x)
    assert layer(x) is x
    assert (layer(x, training=True) == 0).any()
    assert not (layer(x) == 0).any()
    layer.train()
    assert (layer(x) == 0).any()


def test_meta_tensors_get_shapes_alone() -> None:
    layer = layers.Conv2D(2, 3)
    layer(torch.ones(1, 5, 5, 1))
    assert layer(torch.ones(1, 5, 5, 1, device="meta")).device.type == "meta"
    assert layer(np.ones((1, 5, 5, 1))).shape == (1, 3, 3, 2)
