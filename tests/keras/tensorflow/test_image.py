"""tf.image and tf.io: images by hand-written NumPy, files by Pillow."""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import striate.keras.tensorflow as tf

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(2)
A = RNG.uniform(size=(6, 8, 3)).astype("float32")
BATCH = RNG.uniform(size=(3, 6, 8, 3)).astype("float32")
BYTES = RNG.integers(0, 256, size=(6, 8, 3), dtype=np.uint8)


def turned(x: np.ndarray, delta: float) -> np.ndarray:
    out = np.empty_like(x)
    for i in np.ndindex(x.shape[:2]):
        h, s, v = colorsys.rgb_to_hsv(*x[i])
        out[i] = colorsys.hsv_to_rgb((h + delta) % 1, s, v)
    return out


def coloured(x: np.ndarray, factor: float) -> np.ndarray:
    out = np.empty_like(x)
    for i in np.ndindex(x.shape[:2]):
        h, s, v = colorsys.rgb_to_hsv(*x[i])
        out[i] = colorsys.hsv_to_rgb(h, min(1.0, s * factor), v)
    return out


def framed(x: np.ndarray, top: int, bottom: int, left: int, right: int) -> np.ndarray:
    return np.pad(x, ((top, bottom), (left, right), (0, 0)))


CHANGES: dict[str, tuple[Callable[[Any], Any], np.ndarray]] = {
    "left right": (tf.image.flip_left_right, A[:, ::-1]),
    "up down": (tf.image.flip_up_down, A[::-1]),
    "transpose": (tf.image.transpose, A.transpose(1, 0, 2)),
    "rot90": (tf.image.rot90, np.rot90(A)),
    "brightness": (lambda x: tf.image.adjust_brightness(x, 0.1), A + 0.1),
    "contrast": (
        lambda x: tf.image.adjust_contrast(x, 2.0),
        (A - A.mean((0, 1))) * 2 + A.mean((0, 1)),
    ),
    "hue": (lambda x: tf.image.adjust_hue(x, 0.3), turned(A, 0.3)),
    "saturation": (lambda x: tf.image.adjust_saturation(x, 1.5), coloured(A, 1.5)),
    "gamma": (lambda x: tf.image.adjust_gamma(x, 2.0, 0.5), 0.5 * A**2),
    "central_crop": (lambda x: tf.image.central_crop(x, 0.5), A[1:5, 2:6]),
    "crop": (lambda x: tf.image.crop_to_bounding_box(x, 1, 2, 3, 4), A[1:4, 2:6]),
    "pad": (lambda x: tf.image.pad_to_bounding_box(x, 1, 2, 8, 11), framed(A, 1, 1, 2, 1)),
    "crop or pad": (
        lambda x: tf.image.resize_with_crop_or_pad(x, 9, 4),
        framed(A[:, 2:6], 1, 2, 0, 0),
    ),
    "gray": (
        lambda x: tf.image.rgb_to_grayscale(x),
        (A * [0.2989, 0.587, 0.114]).sum(-1, keepdims=True),
    ),
    "three": (lambda x: tf.image.grayscale_to_rgb(x[..., :1]), A[..., [0, 0, 0]]),
    "hsv and back": (lambda x: tf.image.hsv_to_rgb(tf.image.rgb_to_hsv(x)), A),
    "standard": (tf.image.per_image_standardization, (A - A.mean()) / A.std()),
    "nearest": (
        lambda x: tf.image.resize(x, (12, 16), tf.image.ResizeMethod.NEAREST_NEIGHBOR),
        A.repeat(2, 0).repeat(2, 1),
    ),
    "area": (
        lambda x: tf.image.resize(x, [3, 4]),
        A.reshape(3, 2, 4, 2, 3).mean((1, 3)),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_what_it_says(name: str) -> None:
    change, wanted = CHANGES[name]
    np.testing.assert_allclose(change(tf.constant(A)).numpy(), wanted, 1e-4, 1e-5)
    several = change(tf.constant(np.stack([A, A])))
    np.testing.assert_allclose(several.numpy()[1], wanted, 1e-4, 1e-5)


def test_bytes_stay_bytes() -> None:
    brighter = tf.image.adjust_brightness(BYTES, 0.2)
    assert brighter.dtype == tf.uint8
    assert np.abs(brighter.numpy().astype(int) - np.minimum(BYTES + 51.0, 255)).max() <= 1
    assert tf.image.resize(BYTES, (3, 4)).dtype == tf.float32
    assert tf.image.resize(BYTES, (3, 4), "nearest").dtype == tf.uint8


def test_number_types_reach_to_their_ends() -> None:
    x = tf.image.convert_image_dtype(BYTES, tf.float32)
    np.testing.assert_allclose(x.numpy(), BYTES / 255, 1e-6)
    assert (tf.image.convert_image_dtype(x, tf.uint8).numpy() == BYTES).all()
    assert tf.image.convert_image_dtype(2.0 * x, tf.uint8, saturate=True).numpy().max() == 255
    assert tf.image.convert_image_dtype(x, tf.float32) is x


def test_the_ratio_of_the_sides_stays() -> None:
    assert tf.image.resize(A, (12, 12), preserve_aspect_ratio=True).shape == (9, 12, 3)
    padded = tf.image.resize_with_pad(A, 12, 12)
    assert padded.shape == (12, 12, 3)
    assert (padded.numpy()[0] == 0).all()


def test_chance_follows_its_seed() -> None:
    for change in (
        lambda s: tf.image.random_brightness(A, 0.3, s),
        lambda s: tf.image.random_contrast(A, 0.5, 1.5, s),
        lambda s: tf.image.random_saturation(A, 0.5, 1.5, s),
        lambda s: tf.image.random_hue(A, 0.3, s),
        lambda s: tf.image.random_crop(A, (3, 4, 3), s),
        lambda s: tf.image.stateless_random_brightness(A, 0.3, seed=(s, 2)),
    ):
        assert np.array_equal(change(1), change(1))
        assert not np.array_equal(change(1), change(5))


def test_each_image_is_flipped_by_itself() -> None:
    tf.random.set_seed(0)
    many = np.repeat(A[None], 200, 0)
    out = tf.image.random_flip_left_right(many).numpy()
    kept = (out == A).all((1, 2, 3))
    assert 70 < kept.sum() < 130
    assert (out[~kept] == A[:, ::-1]).all()
    singles = [tf.image.random_flip_up_down(A).numpy() for _ in range(20)]
    assert {tuple(s[0, 0]) for s in singles} == {tuple(A[0, 0]), tuple(A[-1, 0])}


def test_measures() -> None:
    assert float(tf.image.psnr(A, A + 0.1, 1.0)) == pytest.approx(20.0, abs=1e-3)
    assert tf.image.total_variation(BATCH).shape == (3,)
    assert tf.image.sobel_edges(BATCH).shape == (3, 6, 8, 3, 2)
    patches = tf.image.extract_patches(BATCH, [1, 2, 2, 1], [1, 2, 2, 1], [1, 1, 1, 1], "VALID")
    assert patches.shape == (3, 3, 4, 12)


def test_files_are_read_and_written(tmp_path: Path) -> None:
    path = str(tmp_path / "one.png")
    tf.io.write_file(path, tf.io.encode_png(BYTES))
    contents = tf.io.read_file(tf.constant(path))
    assert (tf.image.decode_png(contents, channels=3).numpy() == BYTES).all()
    assert tf.io.decode_image(contents, channels=1).shape == (6, 8, 1)
    assert float(tf.image.decode_image(contents, dtype=tf.float32).numpy().max()) <= 1.0
    assert tf.image.decode_jpeg(tf.io.encode_jpeg(BYTES), channels=3).shape == (6, 8, 3)
    Image.fromarray(BYTES).convert("P").save(tmp_path / "two.gif")
    assert tf.io.decode_image(tf.io.read_file(str(tmp_path / "two.gif"))).shape == (6, 8, 3)
    assert tf.io.decode_raw(b"\x01\x02", tf.uint8).numpy().tolist() == [1, 2]


def test_folders_are_looked_through(tmp_path: Path) -> None:
    folder = str(tmp_path / "a" / "b")
    tf.io.gfile.makedirs(folder)
    with tf.io.gfile.GFile(f"{folder}/x.txt", "w") as file:
        file.write("hello")
    tf.gfile.copy(f"{folder}/x.txt", f"{folder}/y.txt")
    assert tf.io.gfile.listdir(folder) == ["x.txt", "y.txt"]
    assert tf.io.gfile.glob(f"{folder}/*.txt") == [f"{folder}/x.txt", f"{folder}/y.txt"]
    tf.io.gfile.remove(f"{folder}/x.txt")
    assert not tf.io.gfile.exists(f"{folder}/x.txt")
    assert tf.io.gfile.isdir(folder)
    tf.io.gfile.rmtree(folder)
    assert not tf.io.gfile.exists(folder)
