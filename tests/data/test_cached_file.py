"""`get_file`: from a server, kept, checked, unpacked where Keras 2 and Keras 3 put it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from striate.data.cached_file import get_file
from striate.errors import ArgumentError, DownloadError, FormatError
from tests.data.conftest import Server, whole
from tests.data.test_archives import make_tar, make_zip

DATA = b"some numbers" * 50
SHA256, MD5 = hashlib.sha256(DATA).hexdigest(), hashlib.md5(DATA).hexdigest()


@pytest.fixture
def cache(folders: Path) -> Path:
    return folders / "keras"


def served(server: Server, path: Path, name: str) -> str:
    server.answers[name] = [whole(path.read_bytes())]
    return server.url(name)


@pytest.mark.parametrize("digest", [{}, {"file_hash": SHA256}, {"md5_hash": MD5.upper()}])
def test_downloads_once(server: Server, cache: Path, digest: dict[str, Any]) -> None:
    server.answers["/a/data.bin"] = [whole(DATA)]
    for _ in range(2):
        path = get_file("here.bin", server.url("/a/data.bin"), **digest)
        assert path == str(cache / "datasets" / "here.bin")
        assert Path(path).read_bytes() == DATA
    assert len(server.requests) == 1
    get_file("here.bin", server.url("/a/data.bin"), force_download=True)
    assert len(server.requests) == 2


def test_the_name_comes_from_the_address(server: Server, tmp_path: Path, folders: Path) -> None:
    server.answers["/a/data.bin?key=1"] = [whole(DATA)]
    path = get_file(
        origin=server.url("/a/data.bin?key=1"), cache_dir=tmp_path / "c", cache_subdir="sub"
    )
    assert path == str(tmp_path / "c" / "sub" / "data.bin")


def test_another_file_is_refused_and_a_bad_copy_replaced(server: Server, cache: Path) -> None:
    server.answers["/data.bin"] = [whole(b"other")]
    with pytest.raises(DownloadError, match="its SHA256 is not the published one"):
        get_file("data.bin", server.url("/data.bin"), file_hash=SHA256)
    assert not (cache / "datasets" / "data.bin").exists()
    (cache / "datasets" / "data.bin").write_bytes(b"damaged")
    server.answers["/data.bin"] = [whole(DATA)]
    with pytest.warns(UserWarning, match="^the copy at .*data.bin is downloaded again"):
        path = get_file("data.bin", server.url("/data.bin"), file_hash=SHA256)
    assert Path(path).read_bytes() == DATA


def test_without_a_network_it_says_where_to_put_the_file(server: Server, cache: Path) -> None:
    url = server.url("/missing.zip")
    with pytest.raises(DownloadError) as error:
        get_file(origin=url)
    assert str(error.value) == (
        "missing.zip: it is not on this machine and could not be downloaded. On a machine with a "
        f"network, download {url} and put it at {cache / 'datasets' / 'missing.zip'}.\n"
        f"How it came to this:\n  {url}: HTTP 404 Not Found"
    )


def test_unpacks_where_keras_3_does_and_shows_it_where_keras_2_did(
    server: Server, cache: Path, tmp_path: Path
) -> None:
    archive = make_zip(tmp_path / "pets.zip", {"pets/cat/1.txt": b"cat"})
    url = served(server, archive, "/pets.zip")
    path = Path(get_file("pets.zip", url, extract=True))
    assert path == cache / "datasets" / "pets_extracted"
    assert (path / "pets" / "cat" / "1.txt").read_bytes() == b"cat"
    assert (path.parent / "pets" / "cat" / "1.txt").read_bytes() == b"cat"
    (path / "pets" / "mine.txt").write_text("kept")
    assert get_file("pets.zip", url, extract=True) == str(path)
    assert (path / "pets" / "mine.txt").exists()
    assert len(server.requests) == 1


@pytest.mark.parametrize(("fname", "place"), [(None, "pets.tgz"), ("animals", "animals")])
def test_a_name_without_an_ending(
    server: Server, cache: Path, tmp_path: Path, fname: str | None, place: str
) -> None:
    url = served(server, make_tar(tmp_path / "a", {"pets/1": b"cat"}), "/pets.tgz")
    path = Path(get_file(fname, url, extract=True, archive_format="tar"))
    assert path == cache / "datasets" / place
    assert (path / "pets" / "1").exists()
    assert (cache / "datasets" / f"{place}_archive").exists()


@pytest.mark.parametrize("fname", ["flower_photos", "flower_photos.tgz"])
def test_untar_is_keras_2s(server: Server, cache: Path, tmp_path: Path, fname: str) -> None:
    url = served(server, make_tar(tmp_path / "a", {"flower_photos/rose/1": b""}), "/f.tgz")
    path = Path(get_file(fname, url, untar=True))
    assert path == cache / "datasets" / fname
    assert (cache / "datasets" / "flower_photos" / "rose" / "1").exists()


def test_what_is_no_archive_is_said(server: Server, folders: Path) -> None:
    server.answers["/a.zip"] = [whole(DATA)]
    with pytest.warns(UserWarning, match=r"^a\.zip is no tar or zip archive$"):
        get_file("a.zip", server.url("/a.zip"), extract=True)
    with pytest.warns(UserWarning, match=r"^a\.zip is no tar archive$"):
        get_file("a.zip", server.url("/a.zip"), untar=True)


def test_an_archive_that_leads_out_is_refused(server: Server, cache: Path, tmp_path: Path) -> None:
    url = served(server, make_zip(tmp_path / "a", {"../../evil": b""}), "/evil.zip")
    with pytest.raises(FormatError, match="leads out of the folder"):
        get_file("evil.zip", url, extract=True)
    assert not list(cache.rglob("evil"))


def test_an_address_is_needed() -> None:
    with pytest.raises(ArgumentError) as error:
        get_file()
    assert str(error.value) == (
        "get_file: the address of the file is missing. Got origin=None. "
        "Expected an address such as https://host/folder/file.zip."
    )
    with pytest.raises(ArgumentError, match=r"^get_file: the address has no name\."):
        get_file(origin="https://host/")
