"""Small networks for the tests of explanations, and the first one written in plain torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import striate as st
from striate import layers

Array = np.ndarray[Any, np.dtype[Any]]
SIZE = (12, 16, 3)


def images(count: int = 2) -> Array:
    """Random images in 0..1."""
    return np.random.default_rng(0).random((count, *SIZE)).astype("float32")


def plain() -> st.Sequential:
    """Two convolutions and a pooling, the mean of each map, softmax."""
    return shaken(
        st.Sequential(
            [
                layers.Conv2D(6, 3, activation="relu", name="one", input_shape=SIZE),
                layers.MaxPooling2D(2, name="pool"),
                layers.Conv2D(8, 3, activation="relu", name="two"),
                layers.GlobalAveragePooling2D(name="means"),
                layers.Dropout(0.5, name="drop"),
                layers.Dense(4, activation="softmax", name="last"),
            ]
        )
    )


def branched() -> st.Model:
    """Branches, a nested model that is called twice, several inputs of an addition, flattening."""
    inner = st.Sequential(
        [layers.Conv2D(6, 3, padding="same", name="conv"), layers.BatchNormalization(name="norm")],
        name="inner",
    )
    x = st.Input(SIZE, name="image")
    first = layers.Activation("relu", name="act")(layers.Conv2D(6, 1, name="entry")(x))
    added = layers.Add(name="sum")([first, inner(first), inner(layers.ReLU(name="again")(first))])
    down = layers.AveragePooling2D(2, name="down")(layers.Dropout(0.3, name="drop")(added))
    flat = layers.Flatten(name="flat")(down)
    return shaken(st.Model(x, layers.Dense(5, name="last")(flat)))


def shaken(model: Any) -> Any:
    """A model whose biases and statistics are no zeros and ones."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for _, weight in model.named_weights():
            weight += 0.1 * torch.rand(weight.shape, generator=generator)
    return model


class Twin(nn.Module):
    """`plain` in torch's own modules, channels first, up to the score before softmax."""

    def __init__(self, model: st.Sequential) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 6, 3), nn.Conv2d(6, 8, 3)
        self.relu_one, self.relu_two, self.pool = nn.ReLU(), nn.ReLU(), nn.MaxPool2d(2)
        self.last = nn.Linear(8, 4)
        for name in ("one", "two"):
            source, target = model.get_layer(name), getattr(self, name)
            target.weight.data = source.kernel.detach().permute(3, 2, 0, 1).contiguous()
            target.bias.data = source.bias.detach().clone()
        self.last.weight.data = model.get_layer("last").kernel.detach().T.contiguous()
        self.last.bias.data = model.get_layer("last").bias.detach().clone()

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu_two(self.two(self.pool(self.relu_one(self.one(x)))))
        return self.last(x.mean((2, 3)))


def first(x: Array) -> Tensor:
    """Channels first, for the twin."""
    return torch.from_numpy(x).permute(0, 3, 1, 2).contiguous()


def last(x: Tensor) -> Array:
    """Channels last, as striate has it."""
    return x.detach().permute(0, 2, 3, 1).numpy()
