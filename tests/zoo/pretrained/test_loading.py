"""Weights go in whole: every name known, every shape right, or the network stays as it was."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torch import nn

from striate import zoo
from striate.errors import ArgumentError, FormatError, UnknownNameError
from striate.zoo.pretrained.keras_names import paired
from striate.zoo.pretrained.loading import load_file
from striate.zoo.pretrained.torch_names import RULES

pytestmark = pytest.mark.torch

# Names and shapes of the state dicts of torchvision 0.28, by our names of the networks.
RECORD = Path(__file__).with_name("torchvision_state_dicts.json.gz")
DICTS = json.loads(gzip.decompress(RECORD.read_bytes()))["networks"]


def state_dict(network: str) -> dict[str, torch.Tensor]:
    """One number stands for all of a weight, so that the file stays small."""
    return {name: torch.tensor(0.5).expand(shape) for name, shape in DICTS[network].items()}


def saved(state: object, path: Path) -> str:
    torch.save(state, path)
    return str(path)


@pytest.mark.slow
@pytest.mark.parametrize("network", sorted(DICTS, key=lambda name: name != "squeezenet1_1"))
def test_a_state_dict_with_torchvisions_names_loads_completely(
    network: str, tmp_path: Path
) -> None:
    path = saved(state_dict(network), tmp_path / "weights.pth")
    model = zoo.architecture(network)(weights=path)
    assert all(bool((w == 0.5).all()) for _, w in model.named_weights())
    options = {"auxiliary_heads": False} if network == "googlenet_bn" else {}
    body = zoo.architecture(network)(weights=path, include_top=False, **options)
    assert all(bool((w == 0.5).all()) for _, w in body.named_weights())


def test_every_network_with_torchvisions_weights_has_a_rule_and_a_record_of_names() -> None:
    published = {
        a.name
        for a in zoo.ARCHITECTURES.values()
        if any(w.source.startswith("torchvision") for w in a.weights)
    }
    assert published == set(DICTS) == set(RULES)


def one_tower() -> nn.ModuleDict:
    """AlexNet in torch's own layers, under torchvision's names."""
    convolutions = ((3, 64, 11, 4, 2), (64, 192, 5, 1, 2), (192, 384, 3, 1, 1))
    convolutions += ((384, 256, 3, 1, 1), (256, 256, 3, 1, 1))
    made: list[nn.Module] = []
    for number, (before, after, size, stride, padding) in enumerate(convolutions, 1):
        made += [nn.Conv2d(before, after, size, stride, padding), nn.ReLU()]
        made += [nn.MaxPool2d(3, 2)] if number in (1, 2, 5) else []
    head: list[nn.Module] = [nn.Dropout(), nn.Linear(256 * 36, 4096), nn.ReLU()]
    head += [nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)]
    parts = {"features": nn.Sequential(*made), "flat": nn.Flatten()}
    return nn.ModuleDict({**parts, "classifier": nn.Sequential(*head)})


def test_the_same_numbers_give_torchs_outputs_through_the_flattened_map(tmp_path: Path) -> None:
    theirs = one_tower().half().float().eval()
    path = saved({n: t.half() for n, t in theirs.state_dict().items()}, tmp_path / "alexnet.pth")
    x = np.random.default_rng(0).normal(size=(1, 224, 224, 3)).astype("float32")
    y = torch.from_numpy(x).permute(0, 3, 1, 2).contiguous()
    with torch.no_grad():
        for part in theirs.values():
            y = part(y)
        ours = zoo.alexnet_one_tower(weights=path, classifier_activation=None).eval()
        np.testing.assert_allclose(ours(torch.from_numpy(x)), y, atol=1e-6)


def test_a_network_stays_as_it_was_if_a_weight_is_missing_unknown_or_misshapen(
    tmp_path: Path,
) -> None:
    model = zoo.squeezenet1_1()
    before = [w.clone() for w in model.weights]
    good = state_dict("squeezenet1_1")
    path = tmp_path / "weights.pth"

    def refused(state: dict[str, torch.Tensor]) -> str:
        with pytest.raises(FormatError) as caught:
            load_file(model, "squeezenet1_1", saved(state, path))
        assert all(bool((a == b).all()) for a, b in zip(before, model.weights, strict=True))
        return str(caught.value)

    less = {n: t for n, t in good.items() if n != "features.0.bias"}
    assert refused(less) == (
        f"{path}: weights of squeezenet1_1 are missing. Got missing=('features.0.bias',). "
        "Expected 52 weights with torchvision's names."
    )
    assert refused({**good, "fc.weight.momentum": torch.zeros(1), "extra": torch.zeros(1)}) == (
        f"{path}: the file has weights that squeezenet1_1 does not have. Got unknown=('extra',). "
        "Expected 52 weights. Build the network as the weights were trained: classes, "
        "input_shape, include_top."
    )
    assert refused({**good, "features.0.bias": torch.zeros(3)}) == (
        f"{path}: weight `conv1/bias` has another shape than in the model. Got shape=(3,). "
        "Expected (64,)."
    )


def test_a_network_that_torchvision_has_otherwise_takes_no_state_dict(tmp_path: Path) -> None:
    path = saved({"a": torch.zeros(1)}, tmp_path / "a.pth")
    with pytest.raises(ArgumentError) as caught:
        zoo.mobilenet_v2(weights=path, input_shape=(32, 32, 3))
    assert str(caught.value) == (
        "zoo.mobilenet_v2: PyTorch's weights for this network are not known. "
        f"Got weights='{path}'. Expected one of {', '.join(sorted(RULES))}."
    )


# Keras ------------------------------------------------------------------------------------------


def keras_file(path: Path, layers: dict[str, list[np.ndarray]]) -> str:
    """An `.h5` of weights alone, as Keras 2 wrote them."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = list(layers)
        file.attrs["keras_version"], file.attrs["backend"] = "2.2.4", "tensorflow"
        for name, arrays in layers.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"w{i}:0" for i in range(len(arrays))]
            for i, array in enumerate(arrays):
                group[f"w{i}:0"] = array
    return str(path)


def test_layers_without_a_known_name_are_taken_in_the_order_of_the_file() -> None:
    assert paired(["conv2d_9", "bn", "conv2d_10", "Logits"], ["a", "b", "bn"]) == [
        ("conv2d_9", ("a",)),
        ("bn", ("bn",)),
        ("conv2d_10", ("b",)),
        ("Logits", ()),
    ]


def test_what_a_keras_file_has_too_much_or_in_another_shape_is_named(tmp_path: Path) -> None:
    model = zoo.tiny_vgg(include_top=False)
    good: dict[str, list[np.ndarray]] = {}
    for name, weight in model.named_weights():
        good.setdefault(name.split("/")[0], []).append(np.full(tuple(weight.shape), 0.5, "f4"))
    path = tmp_path / "weights.h5"
    load_file(model, "tiny_vgg", keras_file(path, {**good, "predictions": [np.zeros(3)]}))
    assert all(bool((w == 0.5).all()) for w in model.weights)
    with pytest.raises(FormatError) as caught:
        load_file(model, "tiny_vgg", keras_file(path, {**good, "more": [np.zeros(3)]}))
    assert str(caught.value) == (
        f"{path}: the file has weights that tiny_vgg does not have. Got unknown=('more',). "
        f"Expected {len(model.weights)} weights. Build the network as the weights were trained: "
        "classes, input_shape, include_top."
    )
    first = next(iter(good))
    with pytest.raises(FormatError) as caught:
        load_file(model, "tiny_vgg", keras_file(path, {**good, first: [np.zeros((2, 2))]}))
    shapes = tuple(a.shape for a in good[first])
    assert str(caught.value) == (
        f"{path}: layer `{first}` does not fit `{first}` of the network. Got shapes=((2, 2),). "
        f"Expected {shapes}. Build the network as the weights were trained: classes, input_shape, "
        "include_top."
    )


def test_efficientnets_published_deviation_becomes_a_variance(tmp_path: Path) -> None:
    model = zoo.efficientnet_b0(include_top=False)
    layers: dict[str, list[np.ndarray]] = {}
    for name, weight in model.named_weights():
        layers.setdefault(name.split("/")[0], []).append(weight.detach().numpy())
    layers["normalization"][1] = np.array([0.229, 0.224, 0.225], "f4")
    load_file(model, "efficientnet_b0", keras_file(tmp_path / "b0.h5", layers))
    found = model.get_layer("normalization").variance.detach()
    np.testing.assert_allclose(found, np.square([0.229, 0.224, 0.225]), rtol=1e-6)


# names ------------------------------------------------------------------------------------------


def test_names_of_weights_are_checked_before_anything_is_built_or_downloaded() -> None:
    with pytest.raises(UnknownNameError) as unknown:
        zoo.resnet50_v1_5(weights="imagenet_v3")
    assert str(unknown.value) == (
        "zoo.resnet50_v1_5: unknown weights. Got 'imagenet_v3'. "
        "Did you mean 'imagenet_v2' or 'imagenet'?"
    )
    with pytest.raises(ArgumentError) as caught:
        zoo.resnet50(weights="imagenet", classes=7)
    assert str(caught.value) == (
        "zoo.resnet50: these weights have a head for other classes. "
        "Got weights='imagenet', classes=7. Expected classes=1000, or a network without its head. "
        'zoo.resnet50(weights="imagenet", include_top=False).'
    )
