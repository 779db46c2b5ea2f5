from __future__ import annotations

import numpy as np
import pytest
import torch

from striate import errors, layers

pytestmark = pytest.mark.torch


def batch(count: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    """Images that are full of their own number, and their labels."""
    numbers = torch.arange(count, dtype=torch.float32)
    return numbers.view(-1, 1, 1, 1).expand(count, 12, 10, 1), torch.eye(count)


@pytest.mark.parametrize("make", [layers.MixUp, layers.CutMix])
@pytest.mark.parametrize("form", ["pair", "dict"])
def test_labels_say_what_is_in_the_images(make: type, form: str) -> None:
    images, labels = batch()
    layer = make(1.0, seed=2)
    if form == "pair":
        out, mixed = layer(images, labels, training=True)
    else:
        parts = layer({"images": images, "labels": labels}, training=True)
        out, mixed = parts["images"], parts["labels"]
    numbers = torch.arange(64, dtype=torch.float32)
    torch.testing.assert_close(out.mean(dim=(1, 2, 3)), mixed @ numbers, atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(mixed.sum(dim=1), torch.ones(64))
    assert (mixed.amax(dim=1) < 0.99).sum() > 32


def test_shares_are_those_of_the_beta_distribution() -> None:
    images, labels = batch(4000)[0][:, :1, :1], torch.zeros(4000, 1)
    for alpha in (0.2, 1.0, 5.0):
        layer = layers.MixUp(alpha, seed=1)
        amounts = layer.draw(images.permute(0, 3, 1, 2), layer.stream(images))
        share = amounts["share"].double()
        assert abs(share.mean().item() - 0.5) < 0.03
        assert abs(share.var().item() - 0.25 / (2 * alpha + 1)) < 0.01
        assert sorted(amounts["order"].tolist()) == list(range(4000))
        assert labels.shape[0] == 4000


def test_boxes_of_cutmix_follow_the_share() -> None:
    x = torch.zeros(3000, 1, 20, 20)
    layer = layers.CutMix((1.0, 1.0), seed=1)
    amounts = layer.draw(x, layer.stream(x))
    # with alpha 1 the share is even on [0, 1]
    quantiles = np.quantile(amounts["share"].numpy(), [0.25, 0.5, 0.75])
    np.testing.assert_allclose(quantiles, [0.25, 0.5, 0.75], atol=0.06)
    torch.testing.assert_close(amounts["share"], 1 - amounts["mask"].float().mean((1, 2, 3)))


def test_whole_one_hot_rows_and_numbers_to_predict_are_mixed() -> None:
    images, labels = batch(4)
    layer = layers.MixUp(5.0, seed=1)
    assert layer(images, labels.int(), training=True)[1].dtype == torch.float32
    assert layer(images, torch.arange(4.0), training=True)[1].shape == (4,)


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_class_numbers_are_refused(shape: tuple[int, ...]) -> None:
    labels = np.arange(4).reshape(shape)
    with pytest.raises(errors.ArgumentError) as caught:
        layers.CutMix()(batch(4)[0], labels, training=True)
    assert str(caught.value) == (
        f"cut_mix (CutMix): class numbers cannot be mixed. Got labels={shape}, images=4. Expected"
        " a row per image: (N, classes), one-hot, or numbers to predict."
        " Use torch.nn.functional.one_hot(labels.flatten(), num_classes).float()."
    )


def test_too_few_labels_are_refused() -> None:
    with pytest.raises(errors.ArgumentError) as caught:
        layers.MixUp()(batch(4)[0], torch.eye(3), training=True)
    assert str(caught.value) == (
        "mix_up (MixUp): there is not one label for each image. Got labels=(3, 3), images=4."
        " Expected a row per image: (N, classes), one-hot, or numbers to predict."
    )


def test_masks_of_class_numbers_are_refused_by_mixup() -> None:
    parts = {"images": batch(4)[0], "segmentation_masks": torch.zeros(4, 12, 10, dtype=torch.uint8)}
    with pytest.raises(errors.ArgumentError) as caught:
        layers.MixUp()(parts, training=True)
    assert str(caught.value) == (
        "mix_up (MixUp): masks of class numbers cannot be mixed. Got segmentation_masks='uint8'."
        " Expected a share per class, (N, H, W, classes), in floats."
    )
