"""The whole text of every message of the explanations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import explain, layers
from tests.explain import networks

pytestmark = pytest.mark.torch


def flat() -> st.Sequential:
    return st.Sequential([layers.Flatten(input_shape=(4, 4, 1)), layers.Dense(2)])


def on_rows() -> st.Sequential:
    return st.Sequential([layers.Dense(2, input_shape=(5,))])


def to_one_place() -> st.Sequential:
    conv = layers.Conv2D(3, (12, 16), input_shape=networks.SIZE)
    return st.Sequential([conv, layers.Flatten(), layers.Dense(2)])


def beside_the_output() -> st.Model:
    x = st.Input((8, 8, 1))
    aside = layers.GlobalMaxPooling2D()(layers.Conv2D(2, 3, name="aside")(x))
    way = layers.GlobalMaxPooling2D()(layers.Conv2D(2, 3, name="way")(x))
    return st.Model(x, [layers.Dense(2)(way), layers.Dense(2)(aside)])


def cam(model: Any, *size: int, **arguments: Any) -> Callable[[], object]:
    return lambda: explain.grad_cam(model(), np.zeros(size, "float32"), **arguments)


def maps(model: Any, *size: int, **arguments: Any) -> Callable[[], object]:
    return lambda: explain.feature_maps(model(), np.zeros(size, "float32"), **arguments)


def named_classes() -> st.Sequential:
    model = networks.plain()
    model.class_names = ["ant", "bee", "cat", "dog"]
    return model


def conv_on_any_size() -> layers.Layer:
    return layers.Conv2D(2, 3, input_shape=(None, None, 3))


def segmenting() -> st.Sequential:
    return st.Sequential([layers.Conv2D(4, 3, input_shape=networks.SIZE)])


SIZE = (2, *networks.SIZE)
CASES: list[tuple[Callable[[], object], type[Exception], str]] = [
    (
        lambda: explain.grad_cam(torch.nn.Linear(2, 2), np.zeros((2, 2))),
        st.ArgumentError,
        "grad_cam: this is no model of striate. Got model='Linear'. Expected a Model or"
        " Sequential.",
    ),
    (
        lambda: explain.grad_cam(st.Sequential([layers.Dense(2)]), np.zeros((2, 2))),
        st.NotBuiltError,
        "sequential (Sequential): the input shape is not known yet. Expected a model that was"
        " built. Give the first layer input_shape=..., call model.build((None, ...)), or fit it"
        " to data.",
    ),
    (
        cam(flat, 4, 4, 1),
        st.GraphError,
        "grad_cam: no convolution leads to the output. Got layers=('input_layer (InputLayer)',"
        " 'flatten (Flatten)', 'dense (Dense)'). Expected a network with convolutions over"
        " images. saliency, smooth_grad, integrated_gradients and occlusion need none.",
    ),
    (
        cam(to_one_place, *SIZE),
        st.GraphError,
        "grad_cam: no result of a convolution has rows and columns. Got layers=('input_layer"
        " (InputLayer)', 'conv2d (Conv2D)', 'flatten (Flatten)', 'dense (Dense)'). Expected a"
        " network with convolutions over images. saliency, smooth_grad, integrated_gradients and"
        " occlusion need none.",
    ),
    (
        cam(on_rows, 1, 5),
        st.ShapeError,
        "grad_cam: the model has no input with rows and columns. Got input shape=(None, 5)."
        " Expected (N, H, W, C).",
    ),
    (
        cam(networks.plain, *SIZE, layer="tow"),
        st.UnknownNameError,
        "grad_cam: unknown layer. Got 'tow'. Did you mean 'two'?",
    ),
    (
        cam(networks.plain, *SIZE, layer="means"),
        st.ShapeError,
        "means (GlobalAveragePooling2D): the result of this layer has no rows and columns. Got"
        " output shape=(None, 8). Expected (N, H, W, C). grad_cam(..., layer=None) takes two.",
    ),
    (
        cam(beside_the_output, 8, 8, 1, layer="aside"),
        st.GraphError,
        "grad_cam: the score does not depend on this layer. Got layer='aside'. Expected a layer"
        " on the way to the output.",
    ),
    (
        cam(networks.plain, 2, 3, 12, 16),
        st.ShapeError,
        "sequential (Sequential): the input has another shape than the model was built for. Got"
        " input shape=(None, 3, 12, 16). Expected (None, 12, 16, 3). The channels are last here:"
        " x.transpose(0, 2, 3, 1).",
    ),
    (
        cam(networks.plain, *SIZE, target=4),
        st.ArgumentError,
        "grad_cam: no such class. Got target=4. Expected a class number from 0 to 3.",
    ),
    (
        cam(networks.plain, *SIZE, target="cat"),
        st.ArgumentError,
        "grad_cam: the model has no class names. Got target='cat'. Expected a class number from"
        ' 0 to 3. model.class_names = ["cat", "dog", ...].',
    ),
    (
        cam(named_classes, *SIZE, target="cats"),
        st.UnknownNameError,
        "grad_cam: unknown class. Got 'cats'. Did you mean 'cat' or 'ant'?",
    ),
    (
        cam(networks.plain, *SIZE, target=[1, 2, 3]),
        st.ArgumentError,
        "grad_cam: another number of targets than images. Got targets=3, images=2. Expected one"
        " target for all, or one for each image.",
    ),
    (
        cam(networks.plain, *SIZE, target=lambda y: y),
        st.ArgumentError,
        "grad_cam: `target` does not return one score for each image. Got returned=(2, 4)."
        " Expected a tensor of shape (2,).",
    ),
    (
        cam(segmenting, *SIZE),
        st.ArgumentError,
        "grad_cam: the model's output is no row of classes. Got output shape=(None, 10, 14, 4)."
        " Expected target=function: outputs -> one score for each image. target=lambda y:"
        " y[..., 3].mean((1, 2)).",
    ),
    (
        lambda: explain.class_activation_map(networks.branched(), np.zeros(SIZE)),
        st.GraphError,
        "class_activation_map: the network does not end with global average pooling and one"
        " Dense layer. Got end=('down (AveragePooling2D)', 'flat (Flatten)', 'last (Dense)')."
        " Expected maps, GlobalAveragePooling2D, Dense. grad_cam takes any network with"
        " convolutions.",
    ),
    (
        maps(flat, 4, 4, 1),
        st.GraphError,
        "feature_maps: the network has no convolution. Got layers=('input_layer (InputLayer)',"
        " 'flatten (Flatten)', 'dense (Dense)'). Expected layers=[...], the names of those to"
        " look at.",
    ),
    (
        maps(networks.plain, *SIZE, layers=["one", "thre"]),
        st.UnknownNameError,
        "feature_maps: unknown layer. Got 'thre'. Known: drop, input_layer, last, means, one,"
        " pool, two.",
    ),
    (
        lambda: maps(networks.plain, *SIZE)()["three"],  # type: ignore[index]
        st.UnknownNameError,
        "feature_maps: unknown layer. Got 'three'. Known: one, two.",
    ),
    (
        lambda: maps(networks.plain, *SIZE, layers="last")().plot("last"),  # type: ignore[attr-defined]
        st.ShapeError,
        "feature_maps, last: this layer gives no maps. Got shape=(2, 4). Expected (N, H, W, C).",
    ),
    (
        lambda: explain.plot_filters(layers.Conv2D(2, 3)),
        st.NotBuiltError,
        "conv2d (Conv2D): the layer has no weights yet. Expected a layer that is part of a"
        " model. Call it on a symbol: layer(Input(shape=...)).",
    ),
    (
        lambda: explain.plot_filters(networks.plain().get_layer("last")),
        st.ArgumentError,
        "last (Dense): the layer has no kernel with rows and columns. Got"
        " weights=('kernel (8, 4)', 'bias (4,)'). Expected a convolution over images, such as"
        " Conv2D.",
    ),
    (
        lambda: explain.saliency(on_rows(), np.zeros((1, 5))),
        st.ShapeError,
        "saliency: the model has no input with rows and columns. Got input shape=(None, 5)."
        " Expected (N, H, W, C).",
    ),
    (
        lambda: explain.smooth_grad(networks.plain(), np.zeros(SIZE), samples=0),
        st.ArgumentError,
        "smooth_grad: `samples` is not valid. Got samples=0. Expected a whole number >= 1.",
    ),
    (
        lambda: explain.smooth_grad(networks.plain(), np.zeros(SIZE), noise=2),
        st.ArgumentError,
        "smooth_grad: `noise` is not valid. Got noise=2. Expected a number from 0 to 1.",
    ),
    (
        lambda: explain.integrated_gradients(
            networks.plain(), np.zeros(SIZE), baseline=np.zeros((3, 4))
        ),
        st.ShapeError,
        "integrated_gradients: the baseline does not fit the image. Got baseline=(3, 4). Expected"
        " a number, or (12, 16, 3) as the image.",
    ),
    (
        lambda: explain.occlusion(networks.plain(), np.zeros(SIZE), size=(13, 2)),
        st.ArgumentError,
        "occlusion: the patch is larger than the image. Got size=(13, 2). Expected at most"
        " (12, 16).",
    ),
    (
        lambda: explain.occlusion(networks.plain(), np.zeros(SIZE), size=(1, 2, 3)),
        st.ArgumentError,
        "occlusion: `size` is not valid. Got size=(1, 2, 3). Expected one or two whole numbers.",
    ),
    (
        lambda: explain.activation_maximization(networks.plain(), "two", 8),
        st.ArgumentError,
        "activation_maximization: no such unit. Got unit=8. Expected 0 to 7, the channels of two.",
    ),
    (
        lambda: explain.activation_maximization(st.Sequential([conv_on_any_size()])),
        st.ShapeError,
        "activation_maximization: the size of the model's images is not known. Got input"
        " shape=(None, None, None, 3). Expected (None, H, W, C). image_size=(128, 128).",
    ),
    (
        lambda: explain.maximally_activating(networks.plain(), "tow", 1, np.zeros(SIZE)),
        st.UnknownNameError,
        "maximally_activating: unknown layer. Got 'tow'. Did you mean 'two'?",
    ),
    (
        lambda: explain.effective_receptive_field(networks.plain(), "two", row=3),
        st.ArgumentError,
        "effective_receptive_field: no such place in the map. Got row=3. Expected 0 to 2.",
    ),
]


@pytest.mark.parametrize(("call", "kind", "text"), CASES, ids=range(len(CASES)))
def test_the_message(call: Callable[[], object], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == text
