from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

import striate as st
from striate.layers import LAYERS, augmentation
from tests.layers.augmentation.every import ARGUMENTS, images, make

pytestmark = pytest.mark.torch

MIXING = {"MixUp", "CutMix"}


def test_every_augmentation_is_here() -> None:
    classes = {c.__name__ for c in LAYERS.values() if issubclass(c, augmentation.Augmentation)}
    assert classes == set(ARGUMENTS)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_inference_is_the_identity_and_training_is_not(name: str) -> None:
    layer, x = make(name, seed=1), images(8)
    if name != "RandomCrop":
        assert torch.equal(layer(x), x)
        assert not torch.equal(layer(x, training=True), x)
    assert int(layer.draws) == (name != "RandomCrop")


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_seed_repeats_its_draws_one_after_the_other(name: str) -> None:
    first, second = make(name, seed=3), make(name, seed=3)
    x = images(8)
    torch.manual_seed(0)
    ours = [first(x, training=True) for _ in range(3)]
    torch.manual_seed(1)
    theirs = [second(x, training=True) for _ in range(3)]
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert not all(torch.equal(ours[0], other) for other in ours[1:])


@pytest.mark.parametrize("name", ARGUMENTS)
def test_without_a_seed_torch_repeats_it(name: str) -> None:
    layer, x = make(name), images(8)
    state = torch.get_rng_state()
    first = layer(x, training=True)
    torch.set_rng_state(state)
    assert torch.equal(layer(x, training=True), first)
    assert "draws" not in layer.state_dict()


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_resumed_layer_draws_what_it_would_have_drawn(name: str) -> None:
    layer, x = make(name, seed=5), images(8)
    layer(x, training=True)
    state = copy.deepcopy(layer.state_dict())
    expected = [layer(x, training=True) for _ in range(2)]
    resumed = make(name, seed=5)
    resumed.load_state_dict(state)
    for wanted in expected:
        assert torch.equal(resumed(x, training=True), wanted)


@pytest.mark.parametrize("name", sorted(set(ARGUMENTS) - MIXING))
def test_each_image_has_amounts_of_its_own(name: str) -> None:
    layer = make(name, seed=2)
    out = layer(images(1).expand(24, -1, -1, -1), training=True)
    different = {image.numpy().tobytes() for image in out}
    assert len(different) > 1


@pytest.mark.parametrize("name", sorted(set(ARGUMENTS) - MIXING))
def test_an_image_does_not_depend_on_the_others(name: str) -> None:
    layer, x = make(name), images(6).permute(0, 3, 1, 2)
    layer.train()
    amounts = layer.draw(x, torch.Generator().manual_seed(4))
    other = x.clone()
    other[1:] = 0.5
    first, second = (layer.transform(v, amounts)[0] for v in (x, other))
    torch.testing.assert_close(first, second, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_the_layout_stays_channels_last(name: str) -> None:
    out = make(name, seed=1)(images(8), training=True)
    assert out.is_contiguous()
    assert out.dtype == torch.float32


@pytest.mark.parametrize("name", ARGUMENTS)
def test_bytes_become_floats_of_the_same_values(name: str) -> None:
    values = (images(8) * 255).round()
    made = make(name, seed=1)
    arguments = {**ARGUMENTS[name]}
    if "value_range" in arguments:
        arguments["value_range"] = (0, 255)
    first, second = (type(made)(**arguments, seed=1) for _ in range(2))
    out = first(values.to(torch.uint8).numpy(), training=True)
    assert out.dtype == torch.float32
    assert torch.equal(out, second(values, training=True))


STEPS = {"RandomPosterization", "RandAugment", "TrivialAugment", "AugMix"}  # some have no slope


@pytest.mark.parametrize("name", sorted(set(ARGUMENTS) - STEPS))
def test_gradients_are_right(name: str) -> None:
    layer = make(name)
    layer.train()
    x = images(2, "float64").mul(0.3).add(0.3).permute(0, 3, 1, 2).requires_grad_()
    amounts = layer.draw(x, torch.Generator().manual_seed(1))
    function = lambda x: layer.transform(x, amounts)  # noqa: E731
    assert torch.autograd.gradcheck(function, (x,), fast_mode=True)


@pytest.mark.parametrize("name", sorted(STEPS - {"RandomPosterization"}))
def test_gradients_reach_the_images_of_a_policy(name: str) -> None:
    x = images(16).requires_grad_()
    make(name, seed=1)(x, training=True).sum().backward()
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()
    assert x.grad.abs().sum() > 0


@pytest.mark.parametrize("name", ARGUMENTS)
def test_one_image_is_a_batch_of_one(name: str) -> None:
    x = images(1)
    out = make(name, seed=4)(x[0], training=True)
    assert torch.equal(out, make(name, seed=4)(x, training=True)[0])


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_model_augments_in_training_only(name: str) -> None:
    size = (5, 4, 3) if name == "RandomCrop" else (8, 7, 3)
    model = st.Sequential([st.Input((8, 7, 3)), make(name, seed=1)])
    assert model.output_shape == (None, *size)
    x = images(8)
    again = st.models.model_from_json(model.to_json())
    assert torch.equal(model(x), again(x))
    trained = model(x, training=True)
    assert torch.equal(trained, again(x, training=True))
    assert torch.equal(torch.as_tensor(model.predict(x.numpy(), verbose=0)), model(x))
    assert np.isfinite(trained.detach().numpy()).all()


@pytest.mark.parametrize("name", ARGUMENTS)
def test_autocast_changes_nothing(name: str) -> None:
    x = images(8)
    wanted = make(name, seed=1)(x, training=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = make(name, seed=1)(x, training=True)
    assert torch.equal(out, wanted)
