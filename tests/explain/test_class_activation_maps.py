"""Class activation maps are what their papers define, and what captum computes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import striate as st
from striate import explain, layers
from tests.explain import networks

pytestmark = pytest.mark.torch

METHODS = (
    explain.grad_cam,
    explain.grad_cam_plus_plus,
    explain.layer_cam,
    explain.score_cam,
)
TARGETS = [2, 0]


def maps_and_gradient(
    model: st.Model, x: np.ndarray, layer: str, after: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """A layer's maps, and the gradient of the targets' scores, by calling layer after layer."""
    value = torch.from_numpy(x)
    names = [n.name for n in model.graph][1:]
    for name in names[: names.index(layer) + 1]:
        value = model.get_layer(name)(value)
    value = value.detach().requires_grad_()
    out = value
    for name in after:
        out = model.get_layer(name)(out)
    last = model.get_layer("last")
    scores = out @ last.kernel + last.bias
    (gradient,) = torch.autograd.grad(scores[range(2), TARGETS].sum(), value)
    return value.detach().numpy(), gradient.numpy()


@pytest.fixture(name="known")
def known_network() -> tuple[st.Sequential, np.ndarray, np.ndarray, np.ndarray]:
    model, x = networks.plain(), networks.images()
    return model, x, *maps_and_gradient(model, x, "two", ["means"])


def test_grad_cam_weighs_maps_by_their_mean_gradient(known: tuple) -> None:
    model, x, maps, gradient = known
    expected = np.maximum((gradient.mean((1, 2), keepdims=True) * maps).sum(-1), 0)
    found = explain.grad_cam(model, x, TARGETS)
    np.testing.assert_allclose(found.coarse, expected, rtol=1e-5, atol=1e-7)
    assert expected.max() > 0


def test_grad_cam_is_captums() -> None:
    attr = pytest.importorskip("captum.attr")
    model, x = networks.plain(), networks.images()
    twin = networks.Twin(model)
    for name, relu in (("two", twin.relu_two), ("one", twin.relu_one)):
        theirs = attr.LayerGradCam(twin, relu)
        found = theirs.attribute(networks.first(x), target=TARGETS, relu_attributions=True)
        ours = explain.grad_cam(model, x, TARGETS, layer=name)
        np.testing.assert_allclose(ours.coarse, found.detach()[:, 0], rtol=1e-4, atol=1e-6)
        large = attr.LayerAttribution.interpolate(found, (12, 16), "bilinear")
        np.testing.assert_allclose(ours.values, large.detach()[:, 0], rtol=1e-4, atol=1e-6)


def test_grad_cam_plus_plus_is_its_formula(known: tuple) -> None:
    model, x, maps, gradient = known
    coarse = np.zeros(maps.shape[:3])
    for n, k in np.ndindex(maps.shape[0], maps.shape[-1]):
        a, g = maps[n, ..., k].astype("float64"), gradient[n, ..., k].astype("float64")
        below = 2 * g**2 + g**3 * a.sum()
        alpha = np.divide(g**2, below, out=np.zeros_like(g), where=below != 0)
        coarse[n] += (alpha * np.maximum(g, 0)).sum() * a
    found = explain.grad_cam_plus_plus(model, x, TARGETS)
    np.testing.assert_allclose(found.coarse, np.maximum(coarse, 0), rtol=1e-4, atol=1e-6)


def test_layer_cam_weighs_each_place_by_its_positive_gradient() -> None:
    model, x = networks.plain(), networks.images()
    maps, gradient = maps_and_gradient(model, x, "one", ["pool", "two", "means"])
    found = explain.layer_cam(model, x, TARGETS, layer="one")
    expected = np.maximum((np.maximum(gradient, 0) * maps).sum(-1), 0)
    np.testing.assert_allclose(found.coarse, expected, rtol=1e-5, atol=1e-7)
    assert found.reason == "as asked"


def test_score_cam_weighs_maps_by_the_score_of_what_they_let_see(known: tuple) -> None:
    model, x, maps, _ = known
    large = torch.nn.functional.interpolate(
        networks.first(maps), size=(12, 16), mode="bilinear", align_corners=False
    ).numpy()
    last = model.get_layer("last")

    def score(image: np.ndarray, target: int) -> float:
        value = torch.from_numpy(image[None])
        for name in ("one", "pool", "two", "means"):
            value = model.get_layer(name)(value)
        return float((value @ last.kernel + last.bias).detach()[0, target])

    expected = np.zeros(maps.shape[:3])
    for n, target in enumerate(TARGETS):
        gains = []
        for mask in large[n]:
            span = mask.max() - mask.min()
            mask = (mask - mask.min()) / (span if span else 1)
            gains.append(score(mask[..., None] * x[n], target) - score(0 * x[n], target))
        weights = np.exp(gains) / np.exp(gains).sum()
        expected[n] = np.maximum((weights * maps[n]).sum(-1), 0)
    found = explain.score_cam(model, x, TARGETS, batch_size=6)
    np.testing.assert_allclose(found.coarse, expected, rtol=1e-4, atol=1e-6)


def test_cam_adds_up_to_the_score(known: tuple) -> None:
    model, x, maps, _ = known
    last = model.get_layer("last")
    found = explain.class_activation_map(model, x, TARGETS)
    kernel = last.kernel.detach().numpy()
    for n, target in enumerate(TARGETS):
        np.testing.assert_allclose(found.coarse[n], maps[n] @ kernel[:, target], rtol=1e-4)
    logits = model.forward_logits(x).detach().numpy()[range(2), TARGETS]
    bias = last.bias.detach().numpy()[TARGETS]
    np.testing.assert_allclose(found.coarse.mean((1, 2)) + bias, logits, rtol=1e-4)
    cam = explain.grad_cam(model, x, TARGETS)
    np.testing.assert_allclose(
        np.maximum(found.coarse, 0) / found.coarse[0].size, cam.coarse, rtol=1e-4, atol=1e-6
    )


def test_the_layer_is_found_and_the_reason_given() -> None:
    found = explain.grad_cam(networks.plain(), networks.images(1)[0])
    assert found.layer == "two"
    assert found.reason == "the last map with rows and columns before the output: 3 x 5, 8 channels"
    found = explain.grad_cam(networks.branched(), networks.images(1))
    assert found.layer == "sum"
    assert found.reason == (
        "the last map with rows and columns before the output: 12 x 16, 6 channels;"
        " drop and down would only make it coarser"
    )


@pytest.mark.parametrize("method", METHODS)
def test_every_form_of_model_is_taken(method: object) -> None:
    model = networks.branched()
    one = method(model, networks.images(), TARGETS, layer="inner/conv")
    same = method(model, networks.images(), TARGETS, layer=model.get_layer("inner").layers[0])
    assert one.layer == same.layer == "inner/conv"
    np.testing.assert_array_equal(one.values, same.values)
    outer = st.Sequential([st.Input(networks.SIZE), model])
    whole = method(outer, networks.images(), TARGETS)
    assert whole.layer == f"{model.name}/sum"
    np.testing.assert_allclose(
        whole.coarse, method(model, networks.images(), TARGETS).coarse, rtol=1e-5, atol=1e-7
    )


@pytest.mark.parametrize("method", METHODS)
def test_the_model_is_left_as_it_was(method: object) -> None:
    model = networks.plain()
    model.train()
    model.get_layer("pool").eval()
    modes = [m.training for m in model.modules()]
    for weight in model.parameters():
        weight.grad = torch.ones_like(weight)
    before = [w.detach().clone() for w in model.parameters()]
    random = torch.random.get_rng_state()
    found = method(model, networks.images(), TARGETS)
    assert [m.training for m in model.modules()] == modes
    assert all(bool((w.grad == 1).all()) for w in model.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert torch.equal(random, torch.random.get_rng_state())
    model.eval()
    with torch.no_grad():
        np.testing.assert_array_equal(
            found.values, method(model, networks.images(), TARGETS).values
        )


def test_classes_are_named_or_predicted() -> None:
    model, x = networks.plain(), networks.images()
    model.class_names = ["ant", "bee", "cat", "dog"]
    predicted = model.predict(x, verbose=0).argmax(1)
    found = explain.grad_cam(model, x)
    assert found.labels == tuple(model.class_names[i] for i in predicted)
    by_name = explain.grad_cam(model, x, ["cat", "ant"])
    np.testing.assert_array_equal(by_name.values, explain.grad_cam(model, x, TARGETS).values)
    function = explain.grad_cam(model, x, lambda y: y[:, 1])
    np.testing.assert_array_equal(function.values, explain.grad_cam(model, x, "bee").values)


def test_one_unit_speaks_for_one_class_and_against_the_other() -> None:
    conv = layers.Conv2D(6, 3, activation="relu", input_shape=networks.SIZE)
    ending = [layers.GlobalAveragePooling2D(), layers.Dense(1, activation="sigmoid")]
    model, x = networks.shaken(st.Sequential([conv, *ending])), networks.images(1)
    yes = explain.class_activation_map(model, x, 1).coarse
    no = explain.class_activation_map(model, x, 0).coarse
    np.testing.assert_allclose(yes, -no)
    likely = int(model.predict(x, verbose=0)[0, 0] > 0.5)
    assert explain.grad_cam(model, x).labels == (f"class {likely}",)


def test_the_overlay_keeps_the_image_where_nothing_was_found() -> None:
    image = np.full((1, 2, 2, 3), 0.5)
    record = explain.Attribution("Grad-CAM", np.array([[[0.0, 2.0], [-1.0, 0.0]]]), image, ("a",))
    over = record.overlay(alpha=1.0)
    assert over.shape == (1, 2, 2, 3)
    assert over.dtype == np.uint8
    assert (over[0, 0, 0] == 128).all()
    assert (over[0, 1, 0] == 128).all()
    assert (over[0, 0, 1] != 128).any()
    assert record.plot().get_size_inches()[0] > 4
    assert record._repr_png_().startswith(b"\x89PNG")
