"""The whole text of every message about building and calling models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import striate as st
from striate import layers

pytestmark = pytest.mark.torch

CHAIN = """
How it came to this:
  input_layer (InputLayer) (None, 28, 28, 1)
  conv2d (Conv2D) (None, 26, 26, 4)
  max_pooling2d (MaxPooling2D) (None, 3, 3, 4)"""


def too_deep() -> None:
    st.Sequential(
        [
            layers.Conv2D(4, 3, input_shape=(28, 28, 1)),
            layers.MaxPooling2D(8),
            layers.Conv2D(4, 5),
        ]
    )


def shape(model: Any, *size: int) -> Callable[[], None]:
    return lambda: model()(np.zeros(size, "float32"))


def small() -> st.Sequential:
    return st.Sequential([layers.Conv2D(4, 3, input_shape=(8, 8, 1)), layers.Flatten()])


def dense_on_open() -> None:
    x = st.Input((None, None, 3))
    layers.Dense(2)(layers.Flatten()(x))


def not_listed() -> None:
    a, b = st.Input((3,), name="a"), st.Input((3,), name="b")
    st.Model(a, layers.Add()([a, b]))


def twice() -> None:
    st.Sequential([layers.Input((3,)), layers.Dense(2, name="x"), layers.Dense(2, name="x")])


CASES: list[tuple[str, Callable[[], Any], type[Exception], str]] = [
    (
        "kernel larger than its input",
        too_deep,
        st.ShapeError,
        "conv2d_1 (Conv2D): the window is larger than its input. Got kernel_size=(5, 5), input"
        " shape=(None, 3, 3, 4). Expected kernel_size <= (3, 3), the height and width of"
        ' the input. Use padding="same", a smaller kernel_size, or fewer strides and poolings'
        f" before it.{CHAIN}",
    ),
    (
        "stride 0",
        lambda: layers.Conv2D(4, 3, strides=0),
        st.ArgumentError,
        "conv2d (Conv2D): `strides` is not valid. Got strides=0. Expected a positive whole number"
        " or 2 of them.",
    ),
    (
        "kernel of three numbers",
        lambda: layers.Conv2D(4, (3, 3, 3)),
        st.ArgumentError,
        "conv2d (Conv2D): `kernel_size` is not valid. Got kernel_size=(3, 3, 3). Expected a"
        " positive whole number or 2 of them.",
    ),
    (
        "filters that are not a number",
        lambda: layers.Conv2D("4", 3),
        st.ArgumentError,
        "conv2d (Conv2D): `filters` is not valid. Got filters='4'. Expected a positive whole"
        " number.",
    ),
    (
        "padding",
        lambda: layers.Conv2D(4, 3, padding="full size"),
        st.ArgumentError,
        "conv2d (Conv2D): `padding` is not valid. Got padding='full size'. Expected one of"
        " 'valid', 'same', 'full'.",
    ),
    (
        "strides with dilation",
        lambda: layers.Conv2D(4, 3, strides=2, dilation_rate=2),
        st.ArgumentError,
        "conv2d (Conv2D): `strides` is not valid. Got strides=(2, 2). Expected 1 where"
        " dilation_rate=(2, 2) is above 1.",
    ),
    (
        "groups of filters",
        lambda: layers.Conv2D(4, 3, groups=3),
        st.ArgumentError,
        "conv2d (Conv2D): `groups` is not valid. Got groups=3. Expected a divisor of filters=4.",
    ),
    (
        "groups of channels",
        lambda: layers.Conv2D(4, 3, groups=2)(st.Input((8, 8, 3))),
        st.ShapeError,
        "conv2d (Conv2D): `groups` does not divide the input channels. Got groups=2, input"
        " shape=(None, 8, 8, 3). Expected channels divisible by groups, got 3 channels.\nHow it"
        " came to this:\n  input_layer (InputLayer) (None, 8, 8, 3)",
    ),
    (
        "channels first",
        lambda: layers.Conv2D(4, 3, data_format="channels_first"),
        st.ArgumentError,
        "Conv2D: `data_format` is not valid. Got data_format='channels_first'. Expected"
        ' "channels_last": arrays are (N, H, W, C) everywhere. Transpose the images:'
        " x.transpose(0, 2, 3, 1), and leave data_format out; or wrap the layer:"
        " layers.ChannelsFirst(layer).",
    ),
    (
        "unknown argument",
        lambda: layers.Flatten(axis=1),
        st.ArgumentError,
        "flatten (Flatten): unknown argument. Got axis=1. Expected data_format, name, trainable,"
        " dtype, input_shape, input_dim, batch_size, batch_input_shape.",
    ),
    (
        "activation",
        lambda: layers.Dense(3, activation="sofmax"),
        st.UnknownNameError,
        "dense (Dense): unknown activation. Got 'sofmax'. Did you mean 'softmax' or 'log_softmax'"
        " or 'sparsemax'?",
    ),
    (
        "initializer",
        lambda: layers.Dense(3, kernel_initializer="he_norm"),
        st.UnknownNameError,
        "dense (Dense): unknown initializer. Got 'he_norm'. Did you mean 'he_normal' or"
        " 'he_uniform' or 'lecun_normal'?",
    ),
    (
        "rank of a symbol",
        lambda: layers.Conv2D(4, 3)(st.Input((28, 28))),
        st.ShapeError,
        "conv2d (Conv2D): wrong input rank. Got input shape=(None, 28, 28). Expected 4 dimensions"
        " (N, H, W, C). Images need a channel axis: x[..., None], or layers.Reshape((28, 28, 1))"
        " before it.\nHow it came to this:\n  input_layer (InputLayer) (None, 28, 28)",
    ),
    (
        "rank of data",
        shape(small, 2, 8),
        st.ShapeError,
        "sequential (Sequential): the input has another shape than the model was built for. Got"
        " input shape=(None, 8). Expected (None, 8, 8, 1).",
    ),
    (
        "channels of data",
        shape(small, 2, 8, 8, 3),
        st.ShapeError,
        "sequential (Sequential): the input has another shape than the model was built for. Got"
        " input shape=(None, 8, 8, 3). Expected (None, 8, 8, 1).",
    ),
    (
        "one image without a batch",
        shape(small, 8, 8, 1),
        st.ShapeError,
        "sequential (Sequential): the input has another shape than the model was built for. Got"
        " input shape=(None, 8, 1). Expected (None, 8, 8, 1). One sample needs a batch axis:"
        " x[None].",
    ),
    (
        "open size where weights need it",
        dense_on_open,
        st.ShapeError,
        "dense (Dense): the last dimension of the input is open, but its weights need it. Got"
        " input shape=(None, None). Expected a known number of channels. State it in"
        " Input(shape=...).\nHow it came to this:\n  input_layer (InputLayer) (None, None, None,"
        " 3)\n  flatten (Flatten) (None, None)",
    ),
    (
        "input not listed",
        not_listed,
        st.GraphError,
        "functional: an output depends on an input that is not listed. Got missing='b',"
        " inputs=('a',). Expected every Input that the outputs need. Model(inputs=[...],"
        " outputs=...).",
    ),
    (
        "name used twice",
        twice,
        st.GraphError,
        "x (Dense): two layers of one model have the same name. Expected unique names. Rename one"
        ' of them: Dense(..., name="another").',
    ),
    (
        "class instead of layer",
        lambda: st.Sequential([layers.Flatten]),
        st.GraphError,
        "sequential (Sequential): only layers can be added. Got layer='Flatten'. Expected a layer"
        " such as layers.Dense(10). Flatten(...).",
    ),
    (
        "shapes that cannot be added",
        lambda: layers.Add()([st.Input((8, 8, 3)), st.Input((4, 4, 3))]),
        st.ShapeError,
        "add (Add): inputs of different shapes cannot be joined. Got input shapes=((None, 8, 8,"
        " 3), (None, 4, 4, 3)). Expected equal shapes, or sizes of 1 where they differ. A 1x1"
        " Conv2D with strides brings a shortcut to the shape of its branch.\nHow it came to"
        " this:\n  input_layer (InputLayer) (None, 8, 8, 3)",
    ),
    (
        "reshape",
        lambda: layers.Reshape((5, 5))(st.Input((24,))),
        st.ShapeError,
        "reshape (Reshape): the values do not fill the target shape. Got target_shape=(5, 5),"
        " input shape=(None, 24). Expected 24 values per sample, target_shape has 25.\nHow it came"
        " to this:\n  input_layer (InputLayer) (None, 24)",
    ),
    (
        "input shape",
        lambda: st.Input((28, 0, 1)),
        st.ArgumentError,
        "Input: `shape` is not valid. Got shape=(28, 0, 1). Expected positive whole numbers, or"
        " None for an open size. Input(shape=(28, 28, 1)).",
    ),
    (
        "a layer that is not there",
        lambda: small().get_layer("conv"),
        st.UnknownNameError,
        "get_layer: unknown layer. Got 'conv'. Did you mean 'conv2d'?",
    ),
    (
        "summary before the shape is known",
        lambda: st.Sequential([layers.Dense(3)]).summary(),
        st.NotBuiltError,
        "sequential (Sequential): the input shape is not known yet. Expected a model that was"
        " built. Give the first layer input_shape=..., call model.build((None, ...)), or fit it to"
        " data.",
    ),
    (
        "weights of another model",
        lambda: small().set_weights([np.zeros((3, 3, 1, 5)), np.zeros(4)]),
        st.ShapeError,
        "sequential (Sequential): weight `conv2d/kernel` has another shape. Got shape=(3, 3, 1,"
        " 5). Expected (3, 3, 1, 4).",
    ),
    (
        "another number of weights",
        lambda: small().set_weights([]),
        st.ShapeError,
        "sequential (Sequential): another number of weights. Got arrays=0. Expected 2:"
        " conv2d/kernel, conv2d/bias.",
    ),
]


@pytest.mark.parametrize(("run", "kind", "text"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_message(run: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        run()
    assert str(caught.value) == text
