"""A web server on this machine that answers as a test tells it, and empty data folders."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers each path with the next of its answers; the last one repeats."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append((self.path, dict(self.headers)))
        answers = self.server.answers.get(self.path)
        if not answers:
            self.send_error(404, "Not Found")
            return
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        answer(self)

    def log_message(self, format: str, *args: object) -> None:
        """Keeps the test's output clean."""


class Server(ThreadingHTTPServer):
    """`answers[path]` is what a test sets, `requests` what it looks at."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, list[Answer]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"http://127.0.0.1:{self.server_port}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no error here."""


def whole(data: bytes, *, ranges: bool = True) -> Answer:
    """The file, or the part of it that is asked for."""

    def answer(handler: Handler) -> None:
        wish = handler.headers.get("Range")
        begin = int(wish.removeprefix("bytes=").rstrip("-")) if wish and ranges else 0
        if begin >= len(data) and begin:
            handler.send_error(416, "Range Not Satisfiable")
            return
        handler.send_response(206 if begin else 200)
        handler.send_header("Content-Length", str(len(data) - begin))
        if begin:
            handler.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        handler.end_headers()
        handler.wfile.write(data[begin:])

    return answer


def cut_off(data: bytes, after: int) -> Answer:
    """Promises the file and hangs up after some bytes."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[:after])
        handler.close_connection = True

    return answer


def status(code: int, reason: str) -> Answer:
    """An error."""
    return lambda handler: handler.send_error(code, reason)


def silent(seconds: float) -> Answer:
    """Says nothing for a while."""
    return lambda handler: time.sleep(seconds)


@pytest.fixture
def server() -> Iterator[Server]:
    """A running server without any file."""
    running = Server()
    thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty folders of data and of Keras, both inside the one returned."""
    monkeypatch.setenv("STRIATE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("STRIATE_MIRROR", raising=False)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path
