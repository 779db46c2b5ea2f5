"""Published forms give arrays; files that lie about their size are not believed."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from striate.data.datasets import decode
from striate.errors import FormatError
from tests.data.datasets import toy

SPECS = toy.record().specs


def _text(function: Any, *args: Any) -> str:
    with pytest.raises(FormatError) as caught:
        function(*args)
    return str(caught.value)


@pytest.mark.parametrize("compressed", [True, False])
def test_npz_gives_the_arrays(tmp_path: Path, compressed: bool) -> None:
    path = toy.put(tmp_path, "toy.npz", toy.npz(compressed, more=np.zeros(3)))
    found = decode.decode_npz({"toy.npz": path}, SPECS)
    assert list(found) == list(toy.ARRAYS)
    for name, array in toy.ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].flags.writeable
    assert "more" in decode.read_npz(path)


def test_npz_keeps_column_order_and_strings(tmp_path: Path) -> None:
    array = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    path = toy.put(tmp_path, "a.npz", b"")
    np.savez(path, a=array, s=np.array(["x", "yy"]), e=np.zeros((0, 3)), n=np.array(5))
    found = decode.read_npz(path)
    np.testing.assert_array_equal(found["a"], array)
    assert found["s"].tolist() == ["x", "yy"]
    assert found["e"].shape == (0, 3)
    assert found["n"] == 5


def _npy(shape: str, descr: str = "|u1", version: int = 1, data: bytes = b"") -> bytes:
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + bytes([version, 0]) + len(head).to_bytes(2, "little") + head + data


def _zip(path: Path, npy: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", npy)
    return path


@pytest.mark.parametrize(
    ("npy", "text"),
    [
        (
            _npy("(1000000000000,)"),
            "an array of shape (1000000000000,) does not fit into 80 bytes.",
        ),
        (_npy("(-1,)"), "an array of shape (-1,) does not fit into 69 bytes."),
        (_npy("(2,)", "|O"), "it holds Python objects, which are not opened."),
        (_npy("(2,)", version=9), "unknown version (9, 0) of the npy format."),
        (_npy("(60,)", data=b"ab"), "it ends after 2 of 60 bytes."),
        (
            b"not npy",
            "EOF: reading magic string, expected 8 bytes got 7.",
        ),
    ],
)
def test_npz_that_lies_is_refused(tmp_path: Path, npy: bytes, text: str) -> None:
    path = _zip(tmp_path / "a.npz", npy)
    assert _text(decode.read_npz, path) == f"a.npz: it cannot be read: {text}"


def test_npz_with_other_arrays_is_refused(tmp_path: Path) -> None:
    path = toy.put(tmp_path, "toy.npz", toy.npz(x_test=np.zeros((7, 4, 4), np.uint8)))
    assert _text(decode.read_npz, path, SPECS) == (
        "toy.npz: it cannot be read: x_test has shape (7, 4, 4) and type uint8."
    )
    np.savez(path, x_train=toy.ARRAYS["x_train"])
    assert _text(decode.read_npz, path, SPECS) == "toy.npz, y_train: the array is missing."
    assert _text(decode.read_npz, toy.put(tmp_path, "b.npz", b"no zip")) == (
        "b.npz: it cannot be read: File is not a zip file."
    )


def _idx_paths(folder: Path) -> dict[str, Path]:
    return {name: toy.put(folder, name, toy.idx(name)) for name in toy.IDX}


def _decode_idx(paths: dict[str, Path]) -> dict[str, Any]:
    return toy.record().routes[1].decode(paths, SPECS)


def test_idx_gives_the_arrays(tmp_path: Path) -> None:
    found = _decode_idx(_idx_paths(tmp_path))
    for name, array in toy.ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"plain", "Not a gzipped file (b'pl')."),
        (
            gzip.compress(b"\0\0\x08\x01\0\0\0\x07" + bytes(7), mtime=0),
            "it is no IDX file of bytes with shape (6,).",
        ),
        (
            gzip.compress(b"\0\0\x08\x01\0\0\0\x06" + bytes(5), mtime=0),
            "it ends after 5 of 6 bytes.",
        ),
        (
            gzip.compress(b"\0\0\x08\x01\0\0\0\x06" + bytes(7), mtime=0),
            "it is longer than its header says.",
        ),
        (
            toy.idx("t10k-labels-idx1-ubyte.gz")[:-9],
            "Compressed file ended before the end-of-stream marker was reached.",
        ),
    ],
)
def test_idx_that_lies_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    paths = _idx_paths(tmp_path)
    paths["t10k-labels-idx1-ubyte.gz"].write_bytes(content)
    assert _text(_decode_idx, paths) == (f"t10k-labels-idx1-ubyte.gz: it cannot be read: {reason}")


def _cifar(path: Path) -> dict[str, Any]:
    reader = decode.decode_cifar_archive(toy.CIFAR_TRAIN, toy.CIFAR_TEST, {"y": "labels"})
    return reader({"a.tar.gz": path}, {})


def test_cifar_archive_gives_nhwc_images_in_the_order_of_the_batches(tmp_path: Path) -> None:
    members = dict(reversed(toy.cifar_members().items()))
    members["../../outside"] = b"never unpacked"
    found = _cifar(toy.put(tmp_path, "a.tar.gz", toy.tar(members)))
    assert found["x_train"].shape == (8, 32, 32, 3)
    assert found["x_train"].flags.c_contiguous
    assert found["x_train"][0, 7, 20].tolist() == [0, 50, 7]
    assert found["x_train"][4, 7, 20].tolist() == [1, 50, 7]
    assert found["y_train"].reshape(-1).tolist() == [0, 1, 2, 3, 1, 1, 2, 3]
    assert (found["y_test"].shape, found["y_test"].dtype) == ((4, 1), np.uint8)
    assert sorted(p.name for p in tmp_path.parent.glob("outside")) == []


def test_cifar_batches_that_keras_unpacked_give_the_same(tmp_path: Path) -> None:
    members = toy.cifar_members()
    paths = {name: toy.put(tmp_path, name, data) for name, data in members.items()}
    reader = decode.decode_cifar_files(toy.CIFAR_TRAIN, toy.CIFAR_TEST, {"y": "labels"})
    found = reader(paths, {})
    expected = _cifar(toy.put(tmp_path, "a.tar.gz", toy.tar(members)))
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)


def test_cifar_archives_that_are_damaged_are_refused(tmp_path: Path) -> None:
    members = toy.cifar_members()
    whole = toy.tar(members)
    path = toy.put(tmp_path, "a.tar.gz", whole[: len(whole) // 2])
    assert _text(_cifar, path).startswith("a.tar.gz: it cannot be read: ")
    del members["cifar/test_batch"]
    path.write_bytes(toy.tar(members))
    assert _text(_cifar, path) == "a.tar.gz: it cannot be read: cifar/test_batch is missing."
    path.write_bytes(b"no archive")
    assert _text(_cifar, path).startswith("a.tar.gz: it cannot be read: ")


@pytest.mark.parametrize(
    ("batch", "text"),
    [
        (b"\x80\x02}.", "cifar/test_batch: it has no pixels where CIFAR has them."),
        (
            toy.python2_pickle(np.zeros((2, 5), np.uint8), [1]),
            "cifar/test_batch: its rows are not images of 32 x 32 pixels in 3 colours.",
        ),
        (
            toy.python2_pickle(np.zeros((1, 3072), np.uint8), [256]),
            "labels labels: they are missing or no list of small numbers.",
        ),
    ],
)
def test_cifar_batches_of_another_form_are_refused(tmp_path: Path, batch: bytes, text: str) -> None:
    members = {**toy.cifar_members(), "cifar/test_batch": batch}
    assert _text(_cifar, toy.put(tmp_path, "a.tar.gz", toy.tar(members))) == text


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_damaged_npz_gives_arrays_or_a_format_error(
    tmp_path: Path, position: int, flip: int
) -> None:
    data = bytearray(toy.npz())
    data[position % len(data)] ^= flip
    path = toy.put(tmp_path, "toy.npz", bytes(data))
    try:
        decode.read_npz(path)
    except FormatError:
        return


def test_members_of_an_implausible_size_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "_PICKLE_LIMIT_BYTES", 100)
    path = toy.put(tmp_path, "a.tar.gz", toy.tar(toy.cifar_members()))
    assert _text(_cifar, path) == (
        "a.tar.gz: it cannot be read: cifar/data_batch_1 is no file of a plausible size."
    )
