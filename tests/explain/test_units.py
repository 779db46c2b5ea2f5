"""What units answer to and depend on, and whether explanations depend on what was learned."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import striate as st
from striate import explain, layers
from striate.explain.randomization import rank_correlation
from tests.explain import networks

pytestmark = pytest.mark.torch


def test_a_step_of_activation_maximisation_is_along_the_gradient() -> None:
    model = networks.plain()
    plain = {"jitter": 0, "blur": 0.0, "decay": 0.0, "seed": 3}
    start = explain.activation_maximization(model, "two", 4, steps=1, step_size=0.0, **plain).image
    x = torch.from_numpy(start[None]).requires_grad_()
    value = model.get_layer("two")(model.get_layer("pool")(model.get_layer("one")(x)))
    (gradient,) = torch.autograd.grad(value[..., 4].mean(), x)
    expected = start + 0.02 * (gradient / gradient.square().mean().sqrt())[0].numpy()
    found = explain.activation_maximization(model, "two", 4, steps=1, **plain)
    np.testing.assert_allclose(found.image, np.clip(expected, 0, 1), rtol=1e-4, atol=1e-6)
    after = model.get_layer("two")(
        model.get_layer("pool")(model.get_layer("one")(torch.from_numpy(found.image[None])))
    )
    assert found.activations[1] == pytest.approx(float(after[..., 4].detach().mean()), rel=1e-4)


def test_the_image_that_was_made_moves_its_unit_more_than_images_do() -> None:
    model, x = networks.plain(), networks.images(16)
    made = explain.activation_maximization(model, "two", 1, steps=40)
    means = explain.feature_maps(model, x, "two")["two"][..., 1].mean((1, 2))
    assert made.activations[-1] > means.max()
    assert made.image.min() >= 0
    assert made.image.max() <= 1
    scores = model.forward_logits(x).detach().numpy()
    top = explain.activation_maximization(model, unit=2, steps=40)
    assert top.layer == "last"
    assert top.activations[-1] > scores[:, 2].max()
    again = explain.activation_maximization(model, unit=2, steps=40)
    np.testing.assert_array_equal(again.image, top.image)
    assert top.plot().texts[0].get_text() == "last, unit 2"


@pytest.mark.parametrize(
    ("scale", "offset", "low", "high"),
    [(1 / 255, 0.0, 0, 255), (2 / 255, -1.0, 0, 255), (1, 0, 0, 1)],
)
def test_the_range_of_images_is_that_of_the_rescaling(
    scale: float, offset: float, low: float, high: float
) -> None:
    stack = [layers.Rescaling(scale, offset, input_shape=(8, 8, 1)), layers.Conv2D(2, 3)]
    found = explain.activation_maximization(st.Sequential(stack), steps=60, step_size=0.2)
    assert found.image.min() >= low
    assert 0.8 * high < found.image.max() <= high + 1e-4


def test_maximally_activating_images_are_those_with_the_largest_values() -> None:
    model, x = networks.plain(), networks.images(20)
    maps = explain.feature_maps(model, x, "two")["two"][..., 3]
    largest = maps.max((1, 2))
    expected = np.argsort(-largest, kind="stable")[:4]
    found = explain.maximally_activating(model, "two", 3, x, count=4, batch_size=6)
    assert found.indices == tuple(expected)
    np.testing.assert_allclose(found.activations, largest[expected], rtol=1e-5)
    np.testing.assert_array_equal(found.images, x[expected])
    for i, position in zip(expected, found.positions, strict=True):
        assert position == np.unravel_index(maps[i].argmax(), maps[i].shape)
    labelled = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.zeros(20))
    assert explain.maximally_activating(model, "two", 3, labelled, count=4).indices == found.indices
    units = explain.maximally_activating(model, "last", 1, x[:3])
    assert len(units.indices) == 3
    assert units.positions == ((0, 0),) * 3
    assert units.plot().texts[0].get_text() == "last, unit 1"


def test_the_effective_receptive_field_is_the_mean_gradient_of_one_place() -> None:
    model, x = networks.plain(), networks.images(3)
    found = explain.effective_receptive_field(model, "two", x, row=1, column=2)
    images = torch.from_numpy(x).requires_grad_()
    maps = model.get_layer("two")(model.get_layer("pool")(model.get_layer("one")(images)))
    (gradient,) = torch.autograd.grad(maps[:, 1, 2].sum(), images)
    expected = gradient.abs().sum(-1).mean(0).numpy()
    np.testing.assert_allclose(found.values, expected / expected.max(), rtol=1e-4, atol=1e-7)
    # one: 3x3; pool: 2x2, stride 2; two: 3x3 of what lies 2 apart: 8 pixels, from 2 x place on
    assert found.box == (2, 4, 10, 12)
    assert found.size_px == np.sqrt((found.values > 0.0455).sum())
    noise = explain.effective_receptive_field(model)
    assert (noise.layer, noise.row, noise.column) == ("two", 1, 2)
    assert noise.plot().axes[0].get_title().startswith("two at (1, 2): box 8 x 8, effective ")


def learned() -> tuple[st.Sequential, np.ndarray]:
    """A network that has learned where a bright square is, and images of it."""
    rng = np.random.default_rng(0)
    x = 0.3 * rng.random((128, 12, 12, 1)).astype("float32")
    y = rng.integers(0, 2, 128)
    x[np.arange(128), 2 + 5 * y, 4 + y] += 1.0
    conv = layers.Conv2D(8, 3, activation="relu", padding="same", input_shape=(12, 12, 1))
    model = st.Sequential([conv, layers.Flatten(), layers.Dense(2, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    st.set_seed(0)
    model.fit(x, y, epochs=8, verbose=0)
    return model, x[:6]


def test_randomisation_goes_from_the_last_layer_to_the_first() -> None:
    model, x = learned()
    weights = [w.detach().clone() for w in model.parameters()]
    random = torch.random.get_rng_state()
    found = explain.randomization_check(explain.saliency, model, x)
    assert found.layers == ("dense", "conv2d")
    assert len(found.similarities) == len(found.maps) == 2
    assert all(torch.equal(a, b) for a, b in zip(weights, model.parameters(), strict=True))
    assert torch.equal(random, torch.random.get_rng_state())
    np.testing.assert_array_equal(found.original.values, explain.saliency(model, x).values)
    again = explain.randomization_check(explain.saliency, model, x)
    assert again.similarities == found.similarities
    assert found.passed
    assert str(found).startswith("Saliency depends on the weights:\n  dense: ")
    assert found.plot().axes[0].get_title() == "trained"


def test_a_method_that_looks_at_the_image_only_does_not_pass() -> None:
    def edges(model: st.Model, image: np.ndarray, target: object) -> explain.Attribution:
        return explain.Attribution("Edges", np.abs(np.diff(image[..., 0], axis=1)), image, ())

    model, x = learned()
    found = explain.randomization_check(edges, model, x)
    assert found.similarities == (1.0, 1.0)
    assert not found.passed
    assert str(found) == "Edges hardly depends on the weights:\n  dense: 1.000\n  conv2d: 1.000"


def test_the_class_stays_that_of_the_trained_model() -> None:
    model, x = learned()
    seen = []

    def noted(model: st.Model, image: np.ndarray, target: object) -> explain.Attribution:
        seen.append(target)
        return explain.saliency(model, image, target)

    explain.randomization_check(noted, model, x)
    assert seen == [model.predict(x, verbose=0).argmax(1).tolist()] * 3


def test_rank_correlation_is_spearmans() -> None:
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    for _ in range(5):
        a, b = rng.integers(0, 5, 30), rng.integers(0, 5, 30)
        assert rank_correlation(a, b) == pytest.approx(spearmanr(a, b).statistic)
    assert rank_correlation(a, np.zeros(30)) == 0.0
