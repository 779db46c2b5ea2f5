from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from striate.app.images import find_images, looks_inverted, read_batches, read_image
from striate.app.preprocessing import Preprocessing
from striate.errors import DataError

GREY = Preprocessing((4, 4), "grayscale", (0.0, 255.0))
RGB = Preprocessing((4, 4), "rgb", (0.0, 255.0))
OWN = Preprocessing(None, "grayscale", (0.0, 1.0))


def saved(path: Path, pixels: Any, mode: str | None = None, **options: Any) -> Path:
    image = Image.fromarray(np.asarray(pixels))
    (image if mode is None else image.convert(mode)).save(path, **options)
    return path


def test_an_image_of_the_right_form_is_read_as_it_is(tmp_path: Path) -> None:
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4) * 17
    found = read_image(saved(tmp_path / "a.png", pixels), GREY)
    assert found.shape == (4, 4, 1)
    assert found.dtype == np.float32
    assert (found[..., 0] == pixels).all()


def test_the_values_are_brought_to_the_range(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", np.array([[0, 255]], np.uint8))
    found = read_image(path, Preprocessing(None, "grayscale", (-1.0, 3.0)))
    assert found.reshape(-1).tolist() == [-1.0, 3.0]


def test_a_shrunk_image_is_the_mean_of_its_pixels(tmp_path: Path) -> None:
    pixels = np.kron(np.arange(16).reshape(4, 4) * 17, np.ones((5, 5))).astype(np.uint8)
    found = read_image(saved(tmp_path / "a.png", pixels), GREY)
    assert (found[..., 0] == np.arange(16).reshape(4, 4) * 17).all()


def test_a_small_image_is_enlarged(tmp_path: Path) -> None:
    found = read_image(saved(tmp_path / "a.png", np.full((1, 2), 51, np.uint8)), GREY)
    assert (found == 51).all()


def test_colours_become_grey_and_grey_becomes_colours(tmp_path: Path) -> None:
    red = np.zeros((4, 4, 3), np.uint8)
    red[..., 0] = 255
    path = saved(tmp_path / "red.png", red)
    assert read_image(path, GREY)[0, 0].tolist() == [76.0]  # ITU-R 601: 0.299 of red
    assert read_image(path, RGB)[0, 0].tolist() == [255.0, 0.0, 0.0]
    grey = saved(tmp_path / "grey.png", np.full((4, 4), 9, np.uint8))
    assert read_image(grey, RGB)[0, 0].tolist() == [9.0, 9.0, 9.0]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_mode_of_png_is_read(tmp_path: Path, mode: str) -> None:
    path = saved(tmp_path / "a.png", np.full((4, 4), 255, np.uint8), mode)
    assert (read_image(path, GREY) == 255).all()
    assert read_image(path, RGB).shape == (4, 4, 3)
    assert read_image(path, Preprocessing((4, 4), "rgba")).shape == (4, 4, 4)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_mode_of_jpeg_is_read(tmp_path: Path, mode: str) -> None:
    path = saved(tmp_path / "a.jpg", np.full((8, 8), 255, np.uint8), mode)
    assert (read_image(path, GREY) > 250).all()


def test_sixteen_bits_are_scaled_and_not_cut_off(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", np.array([[0, 257 * 128, 65535]], np.uint16))
    with Image.open(path) as image:
        assert image.mode.startswith("I")
    assert read_image(path, OWN).reshape(-1).tolist() == pytest.approx([0.0, 128 / 255, 1.0])


def test_the_rotation_mark_of_a_camera_is_followed(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    path = saved(tmp_path / "a.jpg", np.zeros((8, 16), np.uint8), exif=exif)
    assert read_image(path, OWN).shape == (16, 8, 1)


@pytest.mark.parametrize(("shade", "value"), [("dark", 0), ("light", 255), (None, 255)])
def test_behind_a_transparent_image_lies_the_known_background(
    tmp_path: Path, shade: str | None, value: int
) -> None:
    path = saved(tmp_path / "a.png", np.full((4, 4, 4), (90, 90, 90, 0), np.uint8))
    form = Preprocessing((4, 4), "grayscale", background=shade)
    assert (read_image(path, form) == value).all()


def test_black_and_white_can_be_exchanged(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", np.full((4, 4), 10, np.uint8))
    assert (read_image(path, GREY, invert=True) == 245).all()


def test_ink_on_paper_is_noticed(tmp_path: Path) -> None:
    dark = Preprocessing((4, 4), "grayscale", background="dark")
    paper = read_image(saved(tmp_path / "a.png", np.full((4, 4), 230, np.uint8)), dark)
    assert looks_inverted(paper, dark)
    assert not looks_inverted(255 - paper, dark)
    assert not looks_inverted(paper, GREY)


def test_a_missing_image_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_image(tmp_path / "none.png", GREY)
    assert str(caught.value) == f"{tmp_path / 'none.png'}: there is no such image."


def test_another_kind_of_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("hello", encoding="utf-8")
    saved(tmp_path / "b.gif", np.zeros((4, 4), np.uint8))
    for name in ("a.png", "b.gif"):
        with pytest.raises(DataError) as caught:
            read_image(tmp_path / name, GREY)
        assert str(caught.value) == (
            f"{tmp_path / name}: this is not an image of a kind that can be read. "
            "Expected a PNG or JPEG file."
        )


def test_a_truncated_image_is_an_error(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    path = saved(tmp_path / "a.png", noise)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DataError, match=r"a\.png: the image cannot be read: .*\.$"):
        read_image(path, GREY)


def test_a_bomb_is_not_opened(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(header)) + chunk
    path = tmp_path / "bomb.png"
    path.write_bytes(head + struct.pack(">I", zlib.crc32(chunk)) + b"\0\0\0\0IDAT" + b"\0" * 8)
    with pytest.raises(DataError) as caught:
        read_image(path, GREY)
    assert str(caught.value) == (
        f"{path}: this image is too large to be opened safely. Expected at most "
        f"{Image.MAX_IMAGE_PIXELS:,} pixels."
    )


def test_folders_are_searched_in_order(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "c.jpeg", "notes.txt", "more/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    found = find_images([tmp_path / "b.png", tmp_path, "missing.gif"])
    names = [path.relative_to(tmp_path).as_posix() for path in found[:-1]]
    assert names == ["b.png", "a.JPG", "b.png", "c.jpeg", "more/d.png"]
    assert found[-1] == Path("missing.gif")


def test_a_folder_without_images_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        find_images([tmp_path])
    assert (
        str(caught.value) == f"{tmp_path}: this folder holds no images. Expected PNG or JPEG files."
    )


def test_if_no_image_is_there_the_first_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        find_images([tmp_path / "a.png", tmp_path / "b.png"])
    assert str(caught.value) == f"{tmp_path / 'a.png'}: there is no such image."


def test_images_of_their_own_size_come_one_by_one(tmp_path: Path) -> None:
    paths = [saved(tmp_path / f"{n}.png", np.zeros((n, 5), np.uint8)) for n in (3, 4)]
    batches = list(read_batches(paths, OWN, 100))
    assert [[values.shape for _, values in batch] for batch in batches] == [  # type: ignore[union-attr]
        [(3, 5, 1)],
        [(4, 5, 1)],
    ]
    assert len(list(read_batches(paths, GREY, 100))) == 1
