"""Maps from gradients and from hiding parts are what their papers define, and captum's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import explain, layers
from tests.explain import networks

pytestmark = pytest.mark.torch

TARGETS = [2, 0]
METHODS = (
    explain.saliency,
    explain.smooth_grad,
    explain.integrated_gradients,
    explain.guided_backpropagation,
    explain.occlusion,
)
CLOSE = {"rtol": 1e-4, "atol": 1e-6}


@pytest.fixture(name="pair")
def known_pair() -> tuple[st.Sequential, networks.Twin, np.ndarray]:
    model = networks.plain()
    return model, networks.Twin(model), networks.images()


def test_saliency_is_the_gradient_in_the_image(pair: Any) -> None:
    model, twin, x = pair
    inner = networks.first(x).requires_grad_()
    (expected,) = torch.autograd.grad(twin(inner)[range(2), TARGETS].sum(), inner)
    found = explain.saliency(model, x, TARGETS)
    np.testing.assert_allclose(found.values, networks.last(expected), **CLOSE)
    np.testing.assert_array_equal(found.heat, np.abs(found.values).max(-1))
    attr = pytest.importorskip("captum.attr")
    theirs = attr.Saliency(twin).attribute(inner, TARGETS, abs=False)
    np.testing.assert_allclose(found.values, networks.last(theirs), **CLOSE)


def test_guided_backpropagation_is_captums(pair: Any) -> None:
    attr = pytest.importorskip("captum.attr")
    model, twin, x = pair
    inner = networks.first(x).requires_grad_()
    with pytest.warns(UserWarning, match="Setting backward hooks"):
        theirs = attr.GuidedBackprop(twin).attribute(inner, TARGETS)
    found = explain.guided_backpropagation(model, x, TARGETS)
    np.testing.assert_allclose(found.values, networks.last(theirs), **CLOSE)
    assert np.abs(found.values - explain.saliency(model, x, TARGETS).values).max() > 1e-3
    assert found.note == ""


class Rectified(layers.Layer):
    def call(self, inputs: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.relu(inputs)


@pytest.mark.parametrize(
    "rectifier",
    [
        layers.ReLU(),
        layers.Activation("relu"),
        Rectified(),
        layers.Activation("relu6"),
        layers.ReLU(max_value=6.0),
    ],
)
def test_guided_backpropagation_finds_every_rectifier(rectifier: layers.Layer) -> None:
    x = networks.images(1)
    kernel = np.random.default_rng(3).normal(size=(3, 3, 3, 4))
    ending = np.random.default_rng(4).normal(size=(10 * 14 * 4, 2))
    values = []
    for more in ([layers.Conv2D(4, 3, activation="relu")], [layers.Conv2D(4, 3), rectifier]):
        stack = [st.Input(networks.SIZE), *more, layers.Flatten(), layers.Dense(2)]
        model = st.Sequential(stack)
        model.set_weights([kernel, np.zeros(4), ending, np.zeros(2)])
        values.append(explain.guided_backpropagation(model, x, 1).values)
    assert np.abs(values[0]).max() > 0
    np.testing.assert_allclose(values[1], values[0], **CLOSE)


def test_without_rectifiers_it_says_so() -> None:
    model = st.Sequential([layers.Flatten(input_shape=networks.SIZE), layers.Dense(2)])
    found = explain.guided_backpropagation(model, networks.images(1))
    assert found.note == "the network has no ReLU: this is the plain gradient"


def test_integrated_gradients_are_captums_and_add_up(pair: Any) -> None:
    model, twin, x = pair
    found = explain.integrated_gradients(model, x, TARGETS, baseline=0.3)
    scores = twin(networks.first(x)) - twin(torch.full((2, 3, 12, 16), 0.3))
    change = scores.detach()[range(2), TARGETS].numpy()
    np.testing.assert_allclose(found.values.sum((1, 2, 3)), change, atol=2e-3)
    assert found.note.startswith("the values add up to the change of the score within ")
    attr = pytest.importorskip("captum.attr")
    theirs = attr.IntegratedGradients(twin).attribute(networks.first(x), 0.3, TARGETS, n_steps=50)
    np.testing.assert_allclose(found.values, networks.last(theirs), **CLOSE)
    by_image = explain.integrated_gradients(model, x, TARGETS, baseline=np.full(networks.SIZE, 0.3))
    np.testing.assert_array_equal(by_image.values, found.values)


def test_smooth_grad_is_captums_for_the_same_noise(
    pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    attr = pytest.importorskip("captum.attr")
    model, twin, x = pair
    generator = torch.Generator().manual_seed(7)
    drawn = torch.stack([torch.randn(2, *networks.SIZE, generator=generator) for _ in range(5)])
    span = x.max((1, 2, 3)) - x.min((1, 2, 3))
    noise = drawn * 0.1 * torch.from_numpy(span)[None, :, None, None, None]
    inner = noise.transpose(0, 1).flatten(0, 1).permute(0, 3, 1, 2)  # captum: image after image
    monkeypatch.setattr(torch, "normal", lambda mean, deviation: inner)
    theirs = attr.NoiseTunnel(attr.Saliency(twin)).attribute(
        networks.first(x), nt_type="smoothgrad", nt_samples=5, target=TARGETS, abs=False
    )
    found = explain.smooth_grad(model, x, TARGETS, samples=5, noise=0.1, seed=7)
    np.testing.assert_allclose(found.values, networks.last(theirs), **CLOSE)


@pytest.mark.parametrize(
    ("size", "strides"), [((3, 4), (2, 3)), ((4, 4), (4, 4)), ((1, 1), (1, 1))]
)
def test_occlusion_is_the_mean_fall_of_the_score(pair: Any, size: Any, strides: Any) -> None:
    model, twin, x = pair

    def scores(images: np.ndarray) -> np.ndarray:
        return twin(networks.first(images)).detach().numpy()[range(2), TARGETS]

    total, count = np.zeros((2, 12, 16)), np.zeros((12, 16))
    for top in range(0, 12 - size[0] + strides[0], strides[0]):
        for left in range(0, 16 - size[1] + strides[1], strides[1]):
            place = np.s_[:, top : top + size[0], left : left + size[1]]
            hidden = x.copy()
            hidden[place] = 0.5
            total[place] += (scores(x) - scores(hidden))[:, None, None]
            count[place[1:]] += 1
    found = explain.occlusion(
        model, x, TARGETS, size=size, strides=strides, fill=0.5, batch_size=10
    )
    np.testing.assert_allclose(found.values, total / count, rtol=1e-3, atol=5e-6)
    attr = pytest.importorskip("captum.attr")
    theirs = attr.Occlusion(twin).attribute(
        networks.first(x), (3, *size), (3, *strides), baselines=0.5, target=TARGETS
    )
    np.testing.assert_allclose(found.values, theirs[:, 0], rtol=1e-3, atol=5e-6)


@pytest.mark.parametrize("method", METHODS)
def test_every_form_of_model_is_taken_and_left_as_it_was(method: Any) -> None:
    model = networks.branched()
    outer = st.Sequential([st.Input(networks.SIZE), model])
    outer.train()
    for weight in outer.parameters():
        weight.grad = torch.ones_like(weight)
    random = torch.random.get_rng_state()
    found = method(outer, networks.images(), TARGETS)
    assert all(module.training for module in outer.modules())
    assert all(bool((w.grad == 1).all()) for w in outer.parameters())
    assert torch.equal(random, torch.random.get_rng_state())
    assert found.values.shape[:3] == (2, 12, 16)
    outer.eval()
    with torch.no_grad():
        again = method(model, networks.images(), TARGETS)
    np.testing.assert_allclose(again.values, found.values, **CLOSE)
    one = method(model, networks.images()[0], TARGETS[0])
    if method is not explain.smooth_grad:  # whose noise is drawn for the whole batch
        np.testing.assert_allclose(one.values[0], found.values[0], **CLOSE)


@pytest.mark.parametrize("method", METHODS)
def test_a_network_without_convolutions_is_taken(method: Any) -> None:
    model = st.Sequential([layers.Flatten(input_shape=(6, 6, 1)), layers.Dense(3)])
    kernel = model.layers[-1].kernel.detach().numpy()
    found = method(model, np.ones((6, 6)), 2)
    shape = (6, 6) if found.values.ndim == 3 else (6, 6, 1)
    if method is explain.occlusion:
        assert found.values.shape == (1, 6, 6)
    else:
        np.testing.assert_allclose(found.values[0], kernel[:, 2].reshape(shape), **CLOSE)


def test_every_method_can_be_drawn(pair: Any) -> None:
    model, _, x = pair
    picture = explain.integrated_gradients(model, x, TARGETS).plot()
    assert len(picture.axes) == 6
    assert [t.get_text() for t in picture.texts] == [
        *("Integrated gradients", "class 2", "class 0"),
    ]
