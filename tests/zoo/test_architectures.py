"""What the papers and reference implementations say of each network is counted again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import striate as st
from striate import zoo
from striate.errors import ArgumentError, ShapeError, UnknownNameError
from striate.zoo import Architecture

pytestmark = pytest.mark.torch

EVERY = list(zoo.ARCHITECTURES.values())


def name(architecture: Architecture) -> str:
    return architecture.name


@pytest.mark.slow
@pytest.mark.parametrize("architecture", EVERY, ids=name)
def test_parameters_and_products_are_the_published_ones(architecture: Architecture) -> None:
    model = architecture()
    trainable = sum(w.numel() for w in model.trainable_weights)
    counted = trainable if architecture.counted == "trainable" else model.count_params()
    assert counted == architecture.parameters
    if architecture.gmacs is not None:
        assert model.cost().macs / 1e9 == pytest.approx(architecture.gmacs, rel=0.015)


@pytest.mark.slow
@pytest.mark.parametrize("top", [True, False])
@pytest.mark.parametrize("architecture", EVERY, ids=name)
def test_the_smallest_image_it_names_is_the_smallest(architecture: Architecture, top: bool) -> None:
    forms = {"": architecture.smallest, **architecture.smallest_with}
    channels = architecture.input_shape[2]
    for value, size in forms.items():
        option = {"small": "stem", "same": "padding"}.get(value)
        how: dict[str, Any] = {"include_top": top, **({option: value} if option else {})}
        model = architecture(input_shape=(size, size, channels), **how)
        assert all(n >= 1 for n in model.graph.output_specs[0].shape[1:])
        with pytest.raises(ShapeError) as caught:
            architecture(input_shape=(size, size - 1, channels), **how)
        assert f"Expected (height, width, channels), {size} px or more each side. zoo." in str(
            caught.value
        )


SMALL = [a for a in EVERY if "small" in a.smallest_with]


@pytest.mark.slow
@pytest.mark.parametrize("architecture", SMALL, ids=name)
def test_the_small_stem_takes_images_of_28_to_64_px_in_grey_and_colour(
    architecture: Architecture,
) -> None:
    for shape in ((28, 28, 1), (32, 32, 3), (64, 64, 3)):
        body = architecture(stem="small", include_top=False, input_shape=shape)
        assert min(body.output_shape[1:3]) >= (1 if "vgg" in architecture.name else 2)
        model = architecture(stem="small", input_shape=shape, classes=10)
        outputs = model.output_shape
        assert outputs[0 if isinstance(outputs, list) else slice(None)] == (None, 10)


def test_every_family_of_imagenet_has_a_small_stem() -> None:
    without = {a.name for a in EVERY if a.data == "ImageNet"} - {a.name for a in SMALL}
    assert without == set()


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        ("resnet50", (4, 4, 2048)),
        ("resnet50v2", (4, 4, 2048)),
        ("densenet121", (4, 4, 1024)),
        ("mobilenet", (4, 4, 1024)),
        ("mobilenet_v2", (4, 4, 1280)),
        ("mobilenet_v3_small", (4, 4, 576)),
        ("efficientnet_b0", (4, 4, 1280)),
        ("efficientnet_v2_s", (4, 4, 1280)),
        ("convnext_tiny", (4, 4, 768)),
        ("xception", (2, 2, 2048)),
        ("inception_v3", (7, 7, 2048)),
        ("inception_resnet_v2", (7, 7, 1536)),
        ("googlenet", (8, 8, 1024)),
        ("squeezenet1_0", (8, 8, 512)),
        ("squeezenet1_1", (8, 8, 512)),
        ("alexnet", (3, 3, 256)),
        ("alexnet_one_tower", (3, 3, 256)),
        ("zfnet", (3, 3, 256)),
        ("vgg16", (1, 1, 512)),
    ],
)
def test_the_last_map_of_32_px_through_the_small_stem(network: str, shape: Any) -> None:
    body = zoo.architecture(network)(stem="small", include_top=False, input_shape=(32, 32, 3))
    assert body.output_shape[1:] == shape


def test_the_small_head_of_vgg_has_512_units() -> None:
    model = zoo.vgg16(stem="small", input_shape=(32, 32, 3), classes=10)
    assert model.count_params() == 14_714_688 + 513 * 512 + 513 * 10


def shapes(model: st.Model, *names: str) -> list[tuple[int, ...]]:
    return [model.get_layer(n).output_shape[1:] for n in names]


def test_the_maps_of_alexnet_are_those_of_the_papers_figure_2() -> None:
    model = zoo.alexnet()
    assert shapes(model, "conv1", "conv2", "conv3", "conv4", "conv5", "pool5") == [
        (55, 55, 96),
        (27, 27, 256),
        (13, 13, 384),
        (13, 13, 384),
        (13, 13, 256),
        (6, 6, 256),
    ]


def test_the_maps_of_zfnet_are_those_of_the_papers_figure_3() -> None:
    model = zoo.zfnet()
    assert shapes(model, "conv1", "pool1", "conv2", "pool2", "conv5", "pool5") == [
        (110, 110, 96),
        (55, 55, 96),
        (26, 26, 256),
        (13, 13, 256),
        (13, 13, 256),
        (6, 6, 256),
    ]


def test_the_layers_of_lenet_5_have_the_weights_of_the_paper() -> None:
    model = zoo.lenet5()
    shape = {"c1": (28, 28, 6), "s2": (14, 14, 6), "c3": (10, 10, 16), "s4": (5, 5, 16)}
    assert dict(zip(shape, shapes(model, *shape), strict=True)) == shape
    weights = dict.fromkeys(("c1", "s2", "c3", "s4", "c5", "f6"), 0)
    for layer in model.layers:
        part = layer.name.split("_")[0]
        if part in weights:
            weights[part] += layer.count_params()
    assert weights == {"c1": 156, "s2": 12, "c3": 1516, "s4": 32, "c5": 48_120, "f6": 10_164}


def test_lenet_5_gives_minus_the_squared_distance_from_each_drawn_digit() -> None:
    model = zoo.lenet5(classifier_activation=None)
    features = st.Model(model.input, model.get_layer("energy").input[0])
    x = np.random.default_rng(0).normal(size=(3, 32, 32, 1)).astype("float32")
    from striate.zoo.lenet import codes

    drawn = codes(10)
    assert set(np.unique(drawn)) == {-1.0, 1.0}
    assert len({column.tobytes() for column in drawn.T}) == 10
    f6 = np.asarray(features.predict(x, verbose=0))
    distance = ((f6[:, :, None] - drawn[None]) ** 2).sum(1)
    np.testing.assert_allclose(model.predict(x, verbose=0), -distance, rtol=1e-4)


def test_the_modules_of_googlenet_have_the_maps_of_the_papers_table_1() -> None:
    model = zoo.googlenet(auxiliary_heads=True)
    outputs = [f"inception_{n}_output" for n in ("3a", "3b", "4a", "4e", "5b")]
    assert shapes(model, "pool1", "pool2", *outputs) == [
        (56, 56, 64),
        (28, 28, 192),
        (28, 28, 256),
        (28, 28, 480),
        (14, 14, 512),
        (14, 14, 832),
        (7, 7, 1024),
    ]
    assert model.output_shape == [(None, 1000)] * 3


def test_a_network_is_built_at_another_size_for_other_classes() -> None:
    model = zoo.resnet20(input_shape=(28, 28, 1), classes=7, classifier_activation=None)
    assert (model.input_shape, model.output_shape) == ((None, 28, 28, 1), (None, 7))
    small = zoo.resnet18(input_shape=(32, 32, 3), classes=10, stem="small")
    assert small.get_layer("conv5_block2_out").output_shape == (None, 4, 4, 512)


@pytest.mark.parametrize(
    ("pooling", "shape"),
    [(None, (None, None, None, 512)), ("avg", (None, 512)), ("max", (None, 512))],
)
def test_without_a_head_it_takes_images_of_any_size(pooling, shape) -> None:
    model = zoo.squeezenet1_1(include_top=False, pooling=pooling)
    assert model.input_shape == (None, None, None, 3)
    assert model.output_shape == shape
    assert model.predict(np.zeros((1, 70, 50, 3), "float32"), verbose=0).shape[-1] == 512


def test_it_begins_from_a_symbol() -> None:
    image = st.Input((64, 64, 3))
    model = zoo.mobilenet_v2(input_tensor=image * 2.0, include_top=False, pooling="avg")
    assert model.output_shape == (None, 1280)


def test_errors_name_the_network_and_the_remedy() -> None:
    with pytest.raises(ShapeError) as caught:
        zoo.vgg16(input_shape=(16, 16, 3))
    assert str(caught.value) == (
        "zoo.vgg16: it cannot be built for images of this shape. Got input_shape=(16, 16, 3). "
        "Expected (height, width, channels), 32 px or more each side. "
        'zoo.vgg16(input_shape=(16, 16, 3), stem="small").'
    )
    with pytest.raises(ShapeError) as tiny:
        zoo.vgg16(input_shape=(4, 4, 3), stem="small")
    assert str(tiny.value) == (
        "zoo.vgg16: it cannot be built for images of this shape. Got input_shape=(4, 4, 3). "
        "Expected (height, width, channels), 8 px or more each side. "
        "zoo.vgg16(input_shape=(224, 224, 3))."
    )
    with pytest.raises(ArgumentError) as stem:
        zoo.vgg16(stem="tiny")
    assert str(stem.value) == (
        "zoo.vgg16: unknown stem. Got stem='tiny'. Expected \"imagenet\", the paper's, or "
        '"small", for images of 28 to 64 px.'
    )
    with pytest.raises(ArgumentError) as wrong:
        zoo.vgg16(pooling="mean")
    assert str(wrong.value) == (
        'zoo.vgg16: unknown pooling. Got pooling=\'mean\'. Expected "avg", "max" or None.'
    )
    with pytest.raises(UnknownNameError) as unknown:
        zoo.resnet18(stems="small")
    assert str(unknown.value) == ("zoo.resnet18: unknown option. Got 'stems'. Did you mean 'stem'?")
    with pytest.raises(UnknownNameError) as absent:
        zoo.architecture("resnet51")
    assert str(absent.value) == (
        "zoo: unknown network. Got 'resnet51'. Did you mean 'resnet56' or 'resnet50' or 'resnet18'?"
    )


def test_every_network_of_the_package_is_listed() -> None:
    public = {n: v for n, v in vars(zoo).items() if isinstance(v, Architecture)}
    assert public == zoo.ARCHITECTURES
    assert len(public) == 67
