"""One file over HTTPS: from the first mirror that has it, resumed, checked, put in one step."""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from striate.data.progress import shown
from striate.errors import DownloadError, FormatError, StorageError, message
from striate.storage import storage_error

try:
    import fcntl
except ImportError:  # Windows: two downloads at once then cost time, nothing else
    fcntl = None  # type: ignore[assignment]

_CHUNK_BYTES = 1 << 18
_OVERSIZE = 4
"""A file this many times larger than it should be is not worth bringing."""

_LATER = {408, 425, 429, 500, 502, 503, 504}
"""HTTP answers after which the same address may work in a moment."""


class _Refused(Exception):
    """This address will not give the file; try the next one."""


def download(
    urls: Sequence[str],
    target: Path,
    *,
    accept: Callable[[Path], None],
    size_bytes: int | None = None,
    timeout_s: float = 30.0,
    attempts: int = 3,
    pause_s: float = 1.0,
    notes: list[str] | None = None,
) -> None:
    """Brings a file to `target`, from the first of `urls` whose copy is accepted.

    What has arrived is kept in `<name>.part` beside the target: an interrupted download goes on
    from there, in the next attempt or the next program. `target` changes in one step, and only
    to a file that was accepted. Of several processes one downloads and the others wait.

    Args:
        urls: the same file at several addresses, best first.
        target: where the file shall stand; its folder is made.
        accept: raises FormatError for a file that is not the right one.
        size_bytes: about how large the file is.
        timeout_s: how long a connection may be silent.
        attempts: how often one address is asked while it fails half-way.
        pause_s: the wait before the second attempt; twice as long before each further one.
        notes: a line for each attempt that failed is added here.

    Raises:
        DownloadError: no address gave the file; the message has a line for each.
        StorageError: the disk is full or cannot be written.
    """
    part = target.with_name(target.name + ".part")
    notes = [] if notes is None else notes
    with one_at_a_time(target.parent):
        if _already_there(target, accept):
            return
        for url in urls:
            for attempt in range(attempts):
                if attempt:
                    time.sleep(pause_s * 2 ** (attempt - 1))
                try:
                    resumed = _bring(url, part, size_bytes, timeout_s)
                except StorageError:
                    raise
                except (_Refused, OSError, http.client.HTTPException) as error:
                    notes.append(f"{url}: {_reason(error)}")
                    if _is_final(error):
                        break
                    continue
                if _accepted(part, accept, url, notes):
                    _put(part, target)
                    return
                if not resumed:  # else the beginning may have been of another file: whole, again
                    break
    raise DownloadError(message(target.name, "it could not be downloaded", chain=notes))


def _already_there(target: Path, accept: Callable[[Path], None]) -> bool:
    """Another process may have brought the file while this one waited."""
    if not target.exists():
        return False
    try:
        accept(target)
    except FormatError:
        return False
    return True


def _accepted(part: Path, accept: Callable[[Path], None], url: str, notes: list[str]) -> bool:
    try:
        accept(part)
    except FormatError as error:
        part.unlink()
        notes.append(f"{url}: {error}")
        return False
    return True


def _bring(url: str, part: Path, size_bytes: int | None, timeout_s: float) -> bool:
    """Fetches what `part` lacks; True if it had a beginning before."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "striate (Python urllib)", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        response = _opener().open(urllib.request.Request(url, headers=headers), timeout=timeout_s)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 416 and have:  # nothing lies behind what is there
                return True
            if error.code in _LATER:
                raise ConnectionError(f"HTTP {error.code} {error.reason}") from error
            raise _Refused(f"HTTP {error.code} {error.reason}") from error
    with response:
        begin = _begin(response, have)
        total = _total(response, begin)
        if size_bytes and total and total > _OVERSIZE * size_bytes:
            raise _Refused(f"{total} bytes, far more than the {size_bytes} expected")
        limit = _OVERSIZE * size_bytes if size_bytes else None
        host = urllib.parse.urlsplit(url).hostname or url
        with shown(_target(part).name, host, begin, total or size_bytes) as advance:
            count = _copy(response, part, begin, limit, advance)
            if total is not None and count < total:
                raise ConnectionError(f"the connection ended after {count} of {total} bytes")
    return begin > 0


def _begin(response: Any, have: int) -> int:
    """Where the bytes of this answer belong: a server may ignore the wish for a part."""
    if response.status != 206:
        return 0
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    if found is None or int(found[1]) != have:
        raise _Refused("the server sent another part than it was asked for")
    return have


def _total(response: Any, begin: int) -> int | None:
    length = response.headers.get("Content-Length")
    return begin + int(length) if length and length.isdigit() else None


def _copy(
    response: IO[bytes], part: Path, begin: int, limit: int | None, advance: Callable[[int], None]
) -> int:
    count = begin
    with _disk(_target(part), part), open(part, "r+b" if begin else "wb") as file:
        file.seek(begin)
        while chunk := _network(response):
            file.write(chunk)
            count += len(chunk)
            advance(count)
            if limit is not None and count > limit:
                raise _Refused(f"more than {limit} bytes came, far more than expected")
        file.flush()
        os.fsync(file.fileno())
    return count


class _NetworkError(Exception):
    """Carries an error of the connection through `_disk`, which would take it for the disk's."""


def _network(response: IO[bytes]) -> bytes:
    try:
        return response.read(_CHUNK_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise _NetworkError from error


@contextlib.contextmanager
def _disk(path: Path, part: Path | None = None) -> Iterator[None]:
    try:
        yield
    except _NetworkError as error:
        raise error.__cause__ or error from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT) and part is not None:
            with contextlib.suppress(OSError):
                part.unlink()  # a full disk is worse than a download from the beginning
        raise storage_error(path, error) from error


def _target(part: Path) -> Path:
    return part.with_name(part.name.removesuffix(".part"))


def _put(part: Path, target: Path) -> None:
    with _disk(target):
        os.replace(part, target)


@contextlib.contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """A block in which no other process writes into the folder, where the system has locks."""
    with _disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        file = open(folder / ".lock", "ab")  # noqa: SIM115 (closed below, after the work)
    with file:
        if fcntl is not None:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


class _NoDowngrade(urllib.request.HTTPRedirectHandler):
    """Follows redirections, but never from HTTPS to anything else."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if req.type == "https" and urllib.parse.urlsplit(newurl).scheme != "https":
            raise _Refused(f"it leads to {newurl}, which is not HTTPS")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoDowngrade)


def _reason(error: BaseException) -> str:
    inner = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(inner, socket.gaierror):
        return "the name of the server was not found; is there a network?"
    if isinstance(inner, TimeoutError):
        return "the server was silent for too long"
    return str(inner) or type(inner).__name__


def _is_final(error: BaseException) -> bool:
    """Errors that asking again at once does not change."""
    if isinstance(error, _Refused):
        return True
    inner = error.reason if isinstance(error, urllib.error.URLError) else error
    numbers = (errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH)
    return isinstance(inner, socket.gaierror) or getattr(inner, "errno", None) in numbers
