"""Feature maps are the values of a plain forward pass; filters are the weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import striate as st
from striate import explain, layers
from tests.explain import networks

pytestmark = pytest.mark.torch


def test_feature_maps_are_those_of_a_plain_torch_forward_pass() -> None:
    model, x = networks.plain(), networks.images()
    twin = networks.Twin(model)
    found = explain.feature_maps(model, x, ["two", "one", "pool", "means", "last"])
    assert list(found) == ["one", "pool", "two", "means", "last"]
    one = twin.relu_one(twin.one(networks.first(x)))
    two = twin.relu_two(twin.two(twin.pool(one)))
    expected = {
        "one": networks.last(one),
        "pool": networks.last(twin.pool(one)),
        "two": networks.last(two),
        "means": two.mean((2, 3)).detach().numpy(),
        "last": twin(networks.first(x)).softmax(1).detach().numpy(),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6)


def test_feature_maps_of_branches_and_nested_models_are_those_of_a_cut_model() -> None:
    model, x = networks.branched(), networks.images()
    names = ["entry", "act", "sum", "down", "flat", "last"]
    cut = st.Model(model.input, [model.get_layer(n).output for n in names])
    found = explain.feature_maps(model, x, names)
    for name, value in zip(names, cut.predict(x, verbose=0), strict=True):
        np.testing.assert_allclose(found[name], value, rtol=1e-5, atol=1e-6)
    inner = model.get_layer("inner")
    entered = torch.from_numpy(found["act"])
    inside = explain.feature_maps(model, x, ["inner/conv", "inner", "inner@2/norm"])
    expected = inner.get_layer("conv")(entered).detach().numpy()
    np.testing.assert_allclose(inside["inner/conv"], expected, rtol=1e-5, atol=1e-6)
    expected = inner(entered).detach().numpy()
    np.testing.assert_allclose(inside["inner"], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(inside["inner@2/norm"], expected, rtol=1e-5, atol=1e-6)


def test_every_convolution_is_shown_by_default_and_an_image_may_come_alone() -> None:
    model, x = networks.branched(), networks.images()
    found = explain.feature_maps(model, x[0])
    assert list(found) == ["entry", "inner/conv", "inner@2/conv"]
    assert found["entry"].shape == (1, 12, 16, 6)
    both = explain.feature_maps(model, x)
    np.testing.assert_allclose(both["entry"][:1], found["entry"], rtol=1e-5, atol=1e-6)
    assert repr(found).startswith("FeatureMaps(entry: (1, 12, 16, 6), ")
    grey = st.Sequential([layers.Conv2D(2, 3, input_shape=(8, 8, 1), name="conv")])
    assert explain.feature_maps(grey, np.zeros((8, 8)))["conv"].shape == (1, 6, 6, 2)


def test_a_picture_for_each_layer_with_maps() -> None:
    model, x = networks.plain(), networks.images()
    found = explain.feature_maps(model, x, ["one", "two", "means"])
    pictures = found.pictures(image=1)
    assert list(pictures) == ["one", "two"]
    (axes,) = pictures["one"].axes
    sheet = np.ma.filled(axes.images[0].get_array(), np.nan)
    np.testing.assert_array_equal(sheet[:10, :14], found["one"][1, ..., 0])
    assert pictures["one"].texts[0].get_text() == "one: 6 maps of 10 x 14"
    alone = found.plot("one", same_scale=False)
    assert alone.texts[1].get_text().startswith("each stretched alone")


def test_filters_are_the_kernel() -> None:
    model = networks.plain()
    one, two = model.get_layer("one"), model.get_layer("two")
    sheet = explain.plot_filters(one).axes[0].images[0].get_array()
    kernel = one.kernel.detach().numpy().astype("float64")
    low, high = kernel.min((0, 1, 2)), kernel.max((0, 1, 2))
    np.testing.assert_allclose(sheet[:3, :3], ((kernel - low) / (high - low))[..., 0])
    sheet = explain.plot_filters(two).axes[0].images[0].get_array()
    np.testing.assert_allclose(sheet[4:7, 8:11], two.kernel.detach().numpy()[..., 2, 1])
    picture = explain.plot_filters(two, filters=2, channels=3)
    assert picture.texts[0].get_text() == "two: 8 filters of 3 x 3 on 6 channels"
    assert picture.texts[1].get_text().startswith("the first 2 filters, their first 3 channels: ")


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (layers.DepthwiseConv2D(3, name="a"), "a: 3 filters of 3 x 3 on 1 channel"),
        (layers.SeparableConv2D(5, 3, name="a"), "a: 3 filters of 3 x 3 on 1 channel"),
        (layers.Conv2DTranspose(5, 3, name="a"), "a: 5 filters of 3 x 3 on 3 channels"),
        (
            layers.SpectralNormalization(layers.Conv2D(4, 5), name="a"),
            "a: 4 filters of 5 x 5 on 3 channels",
        ),
    ],
)
def test_filters_of_every_kind_of_convolution(layer: layers.Layer, text: str) -> None:
    layer(st.Input((12, 12, 3)))
    assert explain.plot_filters(layer).texts[0].get_text() == text
