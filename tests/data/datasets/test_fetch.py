"""A good copy is found or fetched; a bad one is never used."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from striate.data.datasets import fetch
from striate.data.datasets.fetch import is_cached, load_arrays, load_file, own_folder
from striate.errors import ArgumentError, DownloadError, FormatError
from tests.data.conftest import Server, cut_off, whole
from tests.data.datasets import toy


@pytest.fixture(autouse=True)
def quick(folders: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty folders, and no waiting between attempts."""
    monkeypatch.setattr(fetch, "download", functools.partial(fetch.download, pause_s=0.001))
    return folders


def _is_toy(arrays: dict[str, Any]) -> bool:
    return all(np.array_equal(arrays[name], array) for name, array in toy.ARRAYS.items())


@pytest.mark.parametrize(
    "place",
    [
        "data/toy/toy.npz",
        "data/toy.npz",
        "keras/datasets/toy.npz",
        "keras/datasets/toy-folder/toy.npz",
    ],
)
def test_copies_on_this_machine_are_found(folders: Path, place: str) -> None:
    record = toy.record()
    assert not is_cached(record)
    toy.put(folders, place, toy.npz())
    assert is_cached(record)
    assert _is_toy(load_arrays(record))


def test_any_file_with_the_same_arrays_is_accepted(folders: Path) -> None:
    toy.put(folders, "data/toy/toy.npz", toy.npz(compressed=False, extra=np.zeros(2)))
    assert _is_toy(load_arrays(toy.record()))


def test_the_other_form_is_accepted_too(folders: Path) -> None:
    for name in toy.IDX:
        toy.put(folders, f"data/toy/{name}", toy.idx(name))
    assert _is_toy(load_arrays(toy.record()))
    assert _is_toy(load_arrays(toy.record(by_content=False)))


def test_what_is_missing_is_downloaded_and_kept(server: Server, folders: Path) -> None:
    record = toy.record(server.url(""))
    server.answers["/toy.npz"] = [whole(toy.npz())]
    assert _is_toy(load_arrays(record))
    assert is_cached(record)
    assert _is_toy(load_arrays(record))
    assert len(server.requests) == 1


def test_an_interrupted_download_goes_on(server: Server) -> None:
    data = toy.npz()
    server.answers["/toy.npz"] = [cut_off(data, 100), whole(data)]
    assert _is_toy(load_arrays(toy.record(server.url(""))))
    assert server.requests[1][1]["Range"] == "bytes=100-"


def test_the_other_form_is_downloaded_if_the_first_is_wrong(server: Server) -> None:
    changed = toy.ARRAYS["y_test"].copy()
    changed[0] = 1
    server.answers["/toy.npz"] = [whole(toy.npz(y_test=changed))]
    for name in toy.IDX:
        server.answers[f"/{name}"] = [whole(toy.idx(name))]
    assert _is_toy(load_arrays(toy.record(server.url(""))))
    assert not (own_folder(toy.record()) / "toy.npz").exists()


def test_only_the_damaged_one_of_several_files_is_downloaded_again(
    server: Server, folders: Path
) -> None:
    record = toy.record(server.url(""), by_content=False)
    for name in toy.IDX:
        toy.put(folders, f"data/toy/{name}", toy.idx(name))
        server.answers[f"/{name}"] = [whole(toy.idx(name))]
    toy.put(folders, "data/toy/train-images-idx3-ubyte.gz", b"damaged")
    with pytest.warns(UserWarning, match="is damaged and is downloaded again"):
        assert _is_toy(load_arrays(record))
    assert [path for path, _ in server.requests] == ["/train-images-idx3-ubyte.gz"]


def test_a_damaged_copy_is_said_and_replaced(server: Server, folders: Path) -> None:
    record = toy.record(server.url(""))
    path = toy.put(folders, "data/toy/toy.npz", toy.npz()[:-100])
    server.answers["/toy.npz"] = [whole(toy.npz())]
    with pytest.warns(UserWarning, match="damaged") as caught:
        assert _is_toy(load_arrays(record))
    assert str(caught[0].message) == (
        f"toy: the copy in {path.parent} is damaged and is downloaded again ({path.parent}: "
        "toy.npz: it cannot be read: File is not a zip file.)"
    )
    assert path.read_bytes() == toy.npz()


def test_without_network_and_copy_the_message_says_which_file_goes_where(
    server: Server, folders: Path
) -> None:
    record = toy.record(server.url(""))
    with pytest.raises(DownloadError) as caught:
        load_arrays(record)
    assert str(caught.value) == (
        "toy: no copy is on this machine, and none could be downloaded. On a machine with a "
        f"network, download toy.npz (2.0 kB) from {server.url('/')} and put it into "
        f"{folders / 'data' / 'toy'}.\n"
        "How it came to this:\n"
        f"  {server.url('/toy.npz')}: HTTP 404 Not Found\n"
        f"  {server.url('/train-images-idx3-ubyte.gz')}: HTTP 404 Not Found"
    )


def test_without_network_a_damaged_copy_is_named(server: Server, folders: Path) -> None:
    path = toy.put(folders, "data/toy/toy.npz", b"")
    keras = toy.put(folders, "keras/datasets/toy.npz", b"no zip")
    warned = pytest.warns(UserWarning, match="is damaged and is downloaded again")
    with warned, pytest.raises(DownloadError) as caught:
        load_arrays(toy.record(server.url("")))
    assert str(caught.value).splitlines()[2:4] == [
        f"  {path.parent}: toy.npz: it cannot be read: File is not a zip file.",
        f"  {keras.parent}: toy.npz: it cannot be read: File is not a zip file.",
    ]
    assert path.read_bytes() == b""


def test_a_mirror_of_ones_own_takes_the_place_of_the_public_ones(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIATE_MIRROR", server.url("/mirror/"))
    server.answers["/mirror/toy/toy.npz"] = [whole(toy.npz())]
    assert _is_toy(load_arrays(toy.record("https://data.example")))
    monkeypatch.setenv("STRIATE_MIRROR", "ftp://data.example")
    monkeypatch.setenv("STRIATE_DATA", str(own_folder(toy.record()) / "empty"))
    with pytest.raises(ArgumentError) as caught:
        load_arrays(toy.record())
    assert str(caught.value) == (
        "STRIATE_MIRROR: this is no address. Got STRIATE_MIRROR='ftp://data.example'. Expected one "
        "that starts with https:// or http://."
    )


def test_a_file_of_ones_own_is_checked(tmp_path: Path) -> None:
    path = toy.put(tmp_path, "mine.npz", toy.npz())
    assert _is_toy(load_file(toy.record(), path))
    path.write_bytes(toy.npz(y_test=np.zeros(6, np.uint8)))
    with pytest.raises(FormatError) as caught:
        load_file(toy.record(), path)
    assert str(caught.value) == "toy, y_test: its content is not the published one."
