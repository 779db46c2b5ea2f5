"""Classifiers that slide, and normalisations folded away."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import striate as st
from benchmarks.networks import digits
from striate import layers

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(0)


def pixels(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype("float32")


def windows(model: st.Model, image: np.ndarray, size: int, stride: int) -> np.ndarray:
    """The classifier applied window by window."""
    rows = range(0, image.shape[1] - size + 1, stride)
    columns = range(0, image.shape[2] - size + 1, stride)
    found = [
        [model(image[:, r : r + size, c : c + size]).detach().numpy() for c in columns]
        for r in rows
    ]
    return np.array(found).transpose(2, 0, 1, 3)


def test_a_sliding_classifier_equals_the_classifier_window_by_window() -> None:
    model = digits()
    sliding = st.to_fully_convolutional(model)
    image = pixels(2, 40, 48, 1) * 255
    out = sliding(image).detach().numpy()
    assert out.shape == (2, 4, 6, 10)
    np.testing.assert_allclose(out, windows(model, image, 28, 4), rtol=1e-4, atol=1e-6)
    assert sliding.count_params() == model.count_params()


def test_the_dense_layers_of_vgg_become_convolutions_of_equal_size() -> None:
    """A 7x7x512 volume into Dense 4096, 4096, 1000: 7x7, 1x1 and 1x1 windows; here at 1/16."""
    model = st.Sequential(
        [
            layers.Flatten(input_shape=(7, 7, 32)),
            layers.Dense(256, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(256, activation="relu"),
            layers.Dense(62, activation="softmax"),
        ]
    )
    sliding = st.to_fully_convolutional(model)
    convolutions = [x for x in sliding.layers if isinstance(x, layers.Conv2D)]
    assert [c.kernel_size for c in convolutions] == [(7, 7), (1, 1), (1, 1)]
    assert [c.filters for c in convolutions] == [256, 256, 62]
    assert [c.name for c in convolutions] == ["dense", "dense_1", "dense_2"]
    image = pixels(1, 9, 8, 32)
    np.testing.assert_allclose(
        sliding(image).detach().numpy(), windows(model, image, 7, 1), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("pool", [layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D])
def test_global_pooling_slides_too(pool: type) -> None:
    model = st.Sequential(
        [
            layers.Conv2D(3, 3, activation="relu", input_shape=(8, 8, 2)),
            pool(),
            layers.BatchNormalization(),
            layers.Dense(4, use_bias=False),
        ]
    )
    image = pixels(2, 10, 9, 2)
    out = st.to_fully_convolutional(model)(image).detach().numpy()
    np.testing.assert_allclose(out, windows(model, image, 8, 1), rtol=1e-4, atol=1e-6)


def test_a_nested_backbone_slides() -> None:
    backbone = st.Sequential([layers.Conv2D(3, 3, input_shape=(8, 8, 1)), layers.MaxPooling2D()])
    x = st.Input((8, 8, 1))
    model = st.Model(x, layers.Dense(2)(layers.Flatten()(backbone(x))))
    image = pixels(1, 12, 10, 1)
    out = st.to_fully_convolutional(model)(image).detach().numpy()
    np.testing.assert_allclose(out, windows(model, image, 8, 2), rtol=1e-4, atol=1e-6)


def test_what_cannot_slide_is_named() -> None:
    model = st.Sequential(
        [layers.Flatten(input_shape=(2, 2, 3)), layers.Reshape((4, 3)), layers.Dense(2)]
    )
    with pytest.raises(st.ShapeError) as caught:
        st.to_fully_convolutional(model)
    assert str(caught.value) == (
        "reshape (Reshape): this layer depends on the size of the image and cannot slide. Got"
        " input shape=(None, 12). Expected Dense, activations, dropout, normalisation or joints of"
        " channels behind the Flatten, and a Dense first."
    )
    for gate in (layers.SqueezeExcite(2), layers.ECA(), layers.GroupNormalization(2)):
        whole = st.Sequential([st.Input((4, 4, 4)), gate, layers.Flatten(), layers.Dense(2)])
        with pytest.raises(st.ShapeError) as caught:
            st.to_fully_convolutional(whole)
        assert str(caught.value) == (
            f"{gate.name} ({type(gate).__name__}): this layer looks at the whole image, so it would"
            " see more than a window. Got input shape=(None, 4, 4, 4). Expected layers that look at"
            " a part around each place."
        )
    with pytest.raises(st.ShapeError) as caught:
        st.to_fully_convolutional(st.Sequential([layers.Dense(2, input_shape=(3,))]))
    assert str(caught.value) == (
        "sequential (Sequential): only a model of one image can slide over larger ones. Got input"
        " shapes=((None, 3),). Expected one input (N, H, W, C)."
    )
    x = st.Input((None, None, 3))
    with pytest.raises(st.ShapeError) as caught:
        st.to_fully_convolutional(st.Model(x, layers.GlobalAveragePooling2D()(x)))
    assert str(caught.value) == (
        "global_average_pooling2d (GlobalAveragePooling2D): the size of the map is open, so the"
        " window of the classifier is not known. Got input shape=(None, None, None). Expected a"
        " model with a fixed image size."
    )


def randomised(model: st.Model) -> st.Model:
    model.set_weights([np.abs(RNG.normal(size=w.shape)) + 0.1 for w in model.get_weights()])
    return model


def normalised() -> st.Model:
    x = st.Input((8, 8, 3))
    a = layers.Conv2D(4, 3, use_bias=False)(x)
    a = layers.ReLU()(layers.BatchNormalization()(a))
    b = layers.Conv2D(4, 3, activation="relu")(x)
    b = layers.BatchNormalization(scale=False)(b)  # after an activation: stays
    c = layers.Conv2D(4, 3, groups=1)(x)
    d = layers.BatchNormalization(center=False)(c)  # c is read twice: stays
    y = layers.GlobalAveragePooling2D()(layers.Add()([a, b, c, d]))
    return randomised(st.Model(x, layers.BatchNormalization()(layers.Dense(3)(y))))


def test_folding_keeps_the_answers_and_can_be_undone() -> None:
    model = normalised()
    folded = st.fold_batch_normalization(model)
    left = [x.name for x in folded.layers if isinstance(x, layers.BatchNormalization)]
    assert left == ["batch_normalization_1", "batch_normalization_2"]
    check = st.check_folding(model, folded)
    assert check.num_folded == 2
    assert check.output_error < 1e-5
    assert check.inverse_error < 1e-6


def test_the_check_of_folding_can_fail() -> None:
    model = normalised()
    folded = st.fold_batch_normalization(model)
    with torch.no_grad():
        folded.get_layer("conv2d").kernel.mul_(1.01)
    check = st.check_folding(model, folded)
    assert check.output_error > 1e-4
    assert check.inverse_error == pytest.approx(0.01, rel=0.01)


def test_folding_leaves_the_original_alone() -> None:
    model = normalised()
    before = model.get_weights()
    folded = st.fold_batch_normalization(model)
    for weight in folded.weights:
        weight.data.add_(1.0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
