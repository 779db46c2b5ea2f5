"""A file arrives whole and right, or not at all."""

from __future__ import annotations

import errno
import resource
import shutil
import signal
import socket
import subprocess
import threading
import urllib.request
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from striate.data import download as module
from striate.data.download import download
from striate.errors import DownloadError, FormatError, StorageError
from tests.data.conftest import Handler, Server, cut_off, silent, status, whole

pytestmark = pytest.mark.usefixtures("folders")

DATA = bytes(range(256)) * 400


def _accept(path: Path) -> None:
    if path.read_bytes() != DATA:
        raise FormatError("it is not the file")


def _get(*urls: str, target: Path, **options: Any) -> None:
    options = {"accept": _accept, "pause_s": 0.001, "timeout_s": 5.0, **options}
    download(urls, target, **options)


def _notes(error: DownloadError) -> list[str]:
    first, head, *lines = str(error).splitlines()
    assert first == "a.bin: it could not be downloaded."
    assert head == "How it came to this:"
    return [line.strip() for line in lines]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new" / "a.bin"


def test_a_file_arrives_and_nothing_else_stays(server: Server, target: Path) -> None:
    server.answers["/a.bin"] = [whole(DATA)]
    _get(server.url("/a.bin"), target=target)
    assert target.read_bytes() == DATA
    assert sorted(p.name for p in target.parent.iterdir()) == [".lock", "a.bin"]
    ((_, headers),) = server.requests
    assert headers["User-Agent"] == "striate (Python urllib)"
    assert "Range" not in headers


def test_an_interrupted_download_goes_on_where_it_stopped(server: Server, target: Path) -> None:
    server.answers["/a.bin"] = [cut_off(DATA, 50_000), whole(DATA)]
    _get(server.url("/a.bin"), target=target)
    assert target.read_bytes() == DATA
    assert [headers.get("Range") for _, headers in server.requests] == [None, "bytes=50000-"]


def test_the_next_program_goes_on_too(server: Server, target: Path) -> None:
    target.parent.mkdir()
    target.with_name("a.bin.part").write_bytes(DATA[:70_000])
    server.answers["/a.bin"] = [whole(DATA)]
    _get(server.url("/a.bin"), target=target)
    assert target.read_bytes() == DATA
    assert server.requests[0][1]["Range"] == "bytes=70000-"


def test_a_server_without_ranges_sends_it_anew(server: Server, target: Path) -> None:
    server.answers["/a.bin"] = [cut_off(DATA, 50_000), whole(DATA, ranges=False)]
    _get(server.url("/a.bin"), target=target)
    assert target.read_bytes() == DATA


def test_a_part_that_is_complete_is_taken(server: Server, target: Path) -> None:
    target.parent.mkdir()
    target.with_name("a.bin.part").write_bytes(DATA)
    server.answers["/a.bin"] = [whole(DATA)]
    _get(server.url("/a.bin"), target=target)
    assert target.read_bytes() == DATA


def test_the_beginning_of_another_file_costs_one_more_attempt(server: Server, target: Path) -> None:
    target.parent.mkdir()
    target.with_name("a.bin.part").write_bytes(b"?" * 1000)
    server.answers["/a.bin"] = [whole(DATA)]
    _get(server.url("/a.bin"), target=target)
    assert target.read_bytes() == DATA
    assert len(server.requests) == 2


def test_the_next_mirror_is_asked_after_a_missing_or_wrong_file(
    server: Server, target: Path
) -> None:
    server.answers["/wrong/a.bin"] = [whole(b"<html>not here</html>")]
    server.answers["/good/a.bin"] = [whole(DATA)]
    paths = ("/missing/a.bin", "/wrong/a.bin", "/good/a.bin")
    _get(*map(server.url, paths), target=target)
    assert target.read_bytes() == DATA
    assert [path for path, _ in server.requests] == list(paths)


def test_a_busy_server_is_asked_again(server: Server, target: Path) -> None:
    server.answers["/a.bin"] = [status(503, "Busy"), status(429, "Slowly"), whole(DATA)]
    _get(server.url("/a.bin"), target=target)
    assert target.read_bytes() == DATA


def test_every_attempt_that_failed_is_told(server: Server, target: Path) -> None:
    server.answers["/cut/a.bin"] = [cut_off(DATA, 10)]
    server.answers["/wrong/a.bin"] = [whole(b"no")]
    urls = [server.url(f"/{name}/a.bin") for name in ("missing", "cut", "wrong")]
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}/a.bin"
    with pytest.raises(DownloadError) as caught:
        _get(*urls, closed, target=target, attempts=2)
    assert _notes(caught.value) == [
        f"{urls[0]}: HTTP 404 Not Found",
        f"{urls[1]}: the connection ended after 10 of {len(DATA)} bytes",
        f"{urls[1]}: the connection ended after 10 of {len(DATA)} bytes",
        f"{urls[2]}: it is not the file",
        f"{urls[2]}: it is not the file",
        f"{closed}: [Errno {errno.ECONNREFUSED}] Connection refused",
    ]
    assert not target.exists()


def test_an_unknown_name_of_a_server_is_told(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*args: object, **kwargs: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", offline)
    with pytest.raises(DownloadError) as caught:
        _get("http://data.example/a.bin", target=target)
    assert _notes(caught.value) == [
        "http://data.example/a.bin: the name of the server was not found; is there a network?"
    ]


def test_a_silent_server_is_left(server: Server, target: Path) -> None:
    server.answers["/a.bin"] = [silent(0.6)]
    with pytest.raises(DownloadError) as caught:
        _get(server.url("/a.bin"), target=target, timeout_s=0.1, attempts=1)
    assert _notes(caught.value) == [f"{server.url('/a.bin')}: the server was silent for too long"]


def test_a_far_too_large_file_is_not_brought(server: Server, target: Path) -> None:
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(DATA)
        handler.close_connection = True

    server.answers["/declared/a.bin"] = [whole(DATA)]
    server.answers["/endless/a.bin"] = [endless]
    urls = [server.url("/declared/a.bin"), server.url("/endless/a.bin")]
    with pytest.raises(DownloadError) as caught:
        _get(*urls, target=target, size_bytes=1000)
    assert _notes(caught.value) == [
        f"{urls[0]}: {len(DATA)} bytes, far more than the 1000 expected",
        f"{urls[1]}: more than 4000 bytes came, far more than expected",
    ]


def test_another_part_than_asked_for_is_refused(server: Server, target: Path) -> None:
    def shifted(handler: Handler) -> None:
        handler.send_response(206)
        handler.send_header("Content-Length", "10")
        handler.send_header("Content-Range", f"bytes 0-9/{len(DATA)}")
        handler.end_headers()
        handler.wfile.write(DATA[:10])

    target.parent.mkdir()
    target.with_name("a.bin.part").write_bytes(DATA[:100])
    server.answers["/a.bin"] = [shifted]
    with pytest.raises(DownloadError) as caught:
        _get(server.url("/a.bin"), target=target)
    assert _notes(caught.value) == [
        f"{server.url('/a.bin')}: the server sent another part than it was asked for"
    ]


def test_a_redirection_is_followed_but_never_away_from_https(server: Server, target: Path) -> None:
    def moved(handler: Handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "/new.bin")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.answers["/a.bin"] = [moved]
    server.answers["/new.bin"] = [whole(DATA)]
    _get(server.url("/a.bin"), target=target)
    assert target.read_bytes() == DATA
    request = urllib.request.Request("https://data.example/a.bin")
    with pytest.raises(module._Refused) as caught:
        module._NoDowngrade().redirect_request(
            request, None, 302, "Found", Message(), "http://evil.example/a.bin"
        )
    assert str(caught.value) == "it leads to http://evil.example/a.bin, which is not HTTPS"


def test_a_good_file_that_appeared_meanwhile_is_kept_and_a_bad_one_replaced(
    server: Server, target: Path
) -> None:
    target.parent.mkdir()
    target.write_bytes(DATA)
    _get(server.url("/a.bin"), target=target)
    assert server.requests == []
    target.write_bytes(b"damaged")
    server.answers["/a.bin"] = [whole(DATA)]
    _get(server.url("/a.bin"), target=target)
    assert target.read_bytes() == DATA


def test_of_several_at_once_one_downloads(server: Server, target: Path) -> None:
    server.answers["/a.bin"] = [whole(DATA)]
    threads = [
        threading.Thread(target=_get, args=(server.url("/a.bin"),), kwargs={"target": target})
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_bytes() == DATA
    assert len(server.requests) == 1


def test_a_full_disk_is_a_storage_error_and_nothing_stays(server: Server, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if (
        not shutil.which("mount")
        or subprocess.run(mount, check=False, capture_output=True).returncode
    ):
        pytest.skip("a small disk can be mounted by root only")
    try:
        server.answers["/a.bin"] = [whole(DATA)]
        with pytest.raises(StorageError) as caught:
            _get(server.url("/a.bin"), target=disk / "a.bin")
        assert str(caught.value) == (
            f"{disk / 'a.bin'}: no space left on the disk. Free some space or write to "
            "another folder; nothing was written."
        )
        assert [p.name for p in disk.iterdir()] == [".lock"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_limit_on_file_sizes_is_a_storage_error(server: Server, target: Path) -> None:
    server.answers["/a.bin"] = [whole(DATA)]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(StorageError, match="the file grew larger than allowed"):
            _get(server.url("/a.bin"), target=target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert not target.exists()


def test_a_file_in_place_of_the_folder_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="a part of this path is a file, not a folder"):
        _get("http://127.0.0.1:1/a.bin", target=tmp_path / "file" / "a.bin")
