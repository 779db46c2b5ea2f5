from __future__ import annotations

import numpy as np
import pytest
import torch

from striate import errors, layers

pytestmark = pytest.mark.torch


def images(count: int = 3) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (count, 6, 5, 3)).astype("float32")


def test_masks_move_with_their_images_and_keep_their_number_type() -> None:
    x = images()
    masks = (x[..., 0] > 128).astype("uint8")
    parts = {"images": masks[..., None].astype("float32"), "segmentation_masks": masks}
    for layer in (
        layers.RandomFlip(seed=1),
        layers.RandomCrop(3, 4, seed=1),
        layers.RandomRotation(0.3, seed=1, interpolation="nearest"),
        layers.RandomPerspective((1, 1), 0.5, seed=1, interpolation="nearest"),
        layers.RandomElasticTransform((1, 1), (0.9, 1), "nearest", value_range=(0, 1), seed=1),
        layers.CutMix((1, 1), seed=1),
    ):
        out = layer(parts, training=True)
        assert out["segmentation_masks"].dtype == torch.uint8
        assert torch.equal(out["segmentation_masks"].float(), out["images"][..., 0])


def test_masks_stay_where_only_colours_change() -> None:
    masks = np.arange(90).reshape(3, 6, 5, 1)
    out = layers.RandomHue(0.5)({"images": images(), "segmentation_masks": masks}, training=True)
    assert np.array_equal(out["segmentation_masks"], masks)


def test_masks_follow_a_policy() -> None:
    grey = np.repeat((images(40)[..., :1] > 128).astype("float32") * 255, 3, axis=3)
    layer = layers.RandAugment(num_ops=1, interpolation="nearest", seed=3)
    parts = {"images": grey, "segmentation_masks": grey[..., 0].astype("uint8")}
    out = layer(parts, training=True)
    moved = (out["segmentation_masks"] != torch.as_tensor(parts["segmentation_masks"])).any((1, 2))
    same = (out["images"][..., 0] == out["segmentation_masks"]).flatten(1).all(1)
    assert moved.sum() > 3
    assert same[moved].all()


def test_inference_leaves_all_parts() -> None:
    parts = {"images": images(), "labels": np.eye(3), "segmentation_masks": np.ones((3, 6, 5))}
    for layer in (layers.MixUp(), layers.RandomFlip()):
        out = layer(parts)
        assert all(np.array_equal(out[name], parts[name]) for name in parts)
    assert layers.RandomCrop(3, 3)(parts)["segmentation_masks"].shape == (3, 3, 3)


def test_one_image_with_its_parts() -> None:
    parts = {"images": images()[0], "segmentation_masks": np.ones((6, 5), "uint8")}
    out = layers.RandomCrop(2, 3, seed=1)(parts, training=True)
    assert (out["images"].shape, out["segmentation_masks"].shape) == ((2, 3, 3), (2, 3))


def test_augment_draws_from_the_generator_in_any_mode() -> None:
    layer, x = layers.RandomBrightness(0.5, seed=3), images()
    first, second = (layer.augment(x, source=torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, second)
    assert int(layer.draws) == 0
    assert not torch.equal(layer.augment(x), first)
    assert int(layer.draws) == 1
    assert layer.training is False
    pictures, labels = layer.augment(x, np.arange(3))
    assert pictures.shape == (3, 6, 5, 3)
    assert labels.tolist() == [0, 1, 2]


def test_boxes_are_refused() -> None:
    with pytest.raises(errors.ArgumentError) as caught:
        layers.RandomFlip()({"images": images(), "bounding_boxes": {}}, training=True)
    assert str(caught.value) == (
        "random_flip (RandomFlip): cannot augment these parts together. Got parts=('images',"
        " 'bounding_boxes'). Expected 'images' and, if there are any, 'labels',"
        " 'segmentation_masks'."
    )


@pytest.mark.parametrize("name", ["RandomHue", "RandomSaturation"])
def test_colours_need_three_channels(name: str) -> None:
    with pytest.raises(errors.ShapeError) as caught:
        getattr(layers, name)(0.5)(np.ones((2, 4, 4, 1)))
    low = layers.Layer.base_name.fget(getattr(layers, name)(0.5))  # type: ignore[attr-defined]
    assert str(caught.value) == (
        f"{low} ({name}): it works on colours, and the images have others."
        " Got input shape=(None, 4, 4, 1). Expected 3 channels, red, green and blue."
    )


def test_grey_needs_one_or_three_channels() -> None:
    with pytest.raises(errors.ShapeError) as caught:
        layers.RandomGrayscale()(layers.Input((4, 4, 2)))
    assert str(caught.value).startswith(
        "random_grayscale (RandomGrayscale): it works on colours, and the images have others."
        " Got input shape=(None, 4, 4, 2). Expected 3 channels, red, green and blue, or 1 channel."
    )


@pytest.mark.parametrize("name", ["RandomErasing", "Cutout"])
def test_a_filling_fits_the_channels(name: str) -> None:
    with pytest.raises(errors.ShapeError) as caught:
        getattr(layers, name)(1, fill_value=(1.0, 2.0))(np.ones((2, 4, 4, 3)))
    low = {"RandomErasing": "random_erasing", "Cutout": "cutout"}[name]
    assert str(caught.value) == (
        f"{low} ({name}): `fill_value` has another number of channels than the images."
        " Got fill_value=(1.0, 2.0), input shape=(None, 4, 4, 3)."
        " Expected one number, or one per channel."
    )


def test_channels_first_is_refused() -> None:
    with pytest.raises(errors.ArgumentError, match="RandomFlip: `data_format` is not valid"):
        layers.RandomFlip(data_format="channels_first")
