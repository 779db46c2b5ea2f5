"""A file of published weights arrives whole and right, or the message says what to do."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from striate.data.datasets.records import RemoteFile
from striate.errors import DownloadError
from striate.zoo.pretrained import fetching
from striate.zoo.pretrained.fetching import fetch
from striate.zoo.pretrained.records import remote_file
from tests.data.conftest import Server, cut_off, folders, server, whole  # noqa: F401 (fixtures)

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("folders")]

DATA = bytes(range(256)) * 400
SHA256 = hashlib.sha256(DATA).hexdigest()
MD5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()


@pytest.fixture(autouse=True)
def nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("STRIATE_WEIGHTS", raising=False)
    monkeypatch.setattr(fetching, "PAUSE_S", 0.001)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "data" / "weights"


def remote(server: Server, digest: str = SHA256) -> RemoteFile:  # noqa: F811
    return remote_file(server.url("/a.h5"), digest, len(DATA))


@pytest.mark.parametrize("digest", [SHA256, SHA256[:8], MD5], ids=["sha256", "its start", "md5"])
def test_it_is_downloaded_once_and_checked(server: Server, own: Path, digest: str) -> None:  # noqa: F811
    server.answers["/a.h5"] = [whole(DATA)]
    file = remote(server, digest)
    assert fetch(file) == own / "a.h5"
    assert fetch(file).read_bytes() == DATA
    assert len(server.requests) == 1


def test_an_interrupted_download_goes_on_where_it_stopped(server: Server, own: Path) -> None:  # noqa: F811
    server.answers["/a.h5"] = [cut_off(DATA, 50_000), whole(DATA)]
    assert fetch(remote(server)).read_bytes() == DATA
    assert [headers.get("Range") for _, headers in server.requests] == [None, "bytes=50000-"]


def test_a_file_of_another_content_or_size_is_not_kept(server: Server, own: Path) -> None:  # noqa: F811
    for wrong in (DATA[:-1] + b"x", DATA[:1000], DATA * 2):
        server.answers["/a.h5"] = [whole(wrong)]
        with pytest.raises(DownloadError) as caught:
            fetch(remote(server))
        assert str(caught.value) == (
            "a.h5: no copy is on this machine, and none could be downloaded. On a machine with a "
            f"network, download {server.url('/a.h5')} (about 102.4 kB) and put it into {own}.\n"
            "How it came to this:\n"
            f"  {server.url('/a.h5')}: a.h5: its SHA256 is not the published one; the file is "
            f"damaged or another. Got sha256='{hashlib.sha256(wrong).hexdigest()}'. "
            f"Expected {SHA256}."
        )
        assert not (own / "a.h5").exists()
    server.answers["/a.h5"] = [whole(DATA * 5)]
    with pytest.raises(DownloadError, match="512000 bytes, far more than the 102400 expected"):
        fetch(remote(server))


def test_a_damaged_copy_is_replaced_with_a_warning(server: Server, own: Path) -> None:  # noqa: F811
    own.mkdir(parents=True)
    (own / "a.h5").write_bytes(b"damaged")
    server.answers["/a.h5"] = [whole(DATA)]
    with pytest.warns(UserWarning, match=r"It is downloaded again\.$"):
        assert fetch(remote(server)).read_bytes() == DATA


def test_without_a_network_the_message_says_where_to_put_the_file(own: Path) -> None:
    file = remote_file("http://127.0.0.1:9/a.h5", MD5, len(DATA))
    with pytest.raises(DownloadError) as caught:
        fetch(file)
    assert str(caught.value) == (
        "a.h5: no copy is on this machine, and none could be downloaded. On a machine with a "
        f"network, download http://127.0.0.1:9/a.h5 (about 102.4 kB) and put it into {own}.\n"
        "How it came to this:\n"
        "  http://127.0.0.1:9/a.h5: [Errno 111] Connection refused"
    )
    own.mkdir(parents=True, exist_ok=True)
    (own / "a.h5").write_bytes(DATA)
    assert fetch(file) == own / "a.h5"


@pytest.mark.parametrize("place", ["given", "keras/models", "torch/hub/checkpoints"])
def test_a_copy_that_lies_elsewhere_is_used(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIATE_WEIGHTS", str(tmp_path / "given"))
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "a.h5").write_bytes(DATA)
    file = remote_file("http://127.0.0.1:9/a.h5", SHA256, len(DATA))
    assert fetch(file) == tmp_path / place / "a.h5"


def test_a_mirror_takes_the_place_of_the_public_address(
    server: Server,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STRIATE_MIRROR", server.url("/mirror"))
    server.answers["/mirror/weights/a.h5"] = [whole(DATA)]
    assert fetch(remote_file("https://example.org/a.h5", SHA256, len(DATA))).read_bytes() == DATA


def test_where_no_checksum_is_published_the_kind_of_file_is_checked(server: Server) -> None:  # noqa: F811
    server.answers["/a.h5"] = [whole(b"<html>not here</html>")]
    with pytest.raises(DownloadError, match=r"a\.h5: it is no HDF5 file"):
        fetch(remote(server, ""))
    right = b"\x89HDF\r\n\x1a\n" + DATA
    server.answers["/a.h5"] = [whole(right)]
    assert fetch(remote(server, "")).read_bytes() == right
