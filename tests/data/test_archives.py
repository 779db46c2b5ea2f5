"""Archives: all that is in them, and nothing outside their folder."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from striate.data.archives import unpack
from striate.errors import FormatError, UnknownNameError

CONTENT = {"pets/cat/1.txt": b"cat", "pets/dog/1.txt": b"dog", "read me": b"text"}


def make_zip(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def make_tar(path: Path, content: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def found(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("mode", ["zip", "w", "w:gz", "w:bz2", "w:xz"])
def test_unpacks(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a"
    make_zip(path, CONTENT) if mode == "zip" else make_tar(path, CONTENT, mode)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").write_bytes(b"")
    assert unpack(path, tmp_path / "out")
    assert found(tmp_path / "out") == CONTENT
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "out"]


def test_what_is_no_archive_of_the_formats(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"text")
    assert not unpack(path, tmp_path / "out")
    assert not unpack(make_zip(path, CONTENT), tmp_path / "out", ("tar",))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "..\\evil", "C:/evil"])
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str, make: object) -> None:
    path = tmp_path / "in" / "a"
    path.parent.mkdir()
    make(path, {"good": b"", name: b""})  # type: ignore[operator]
    with pytest.raises(FormatError) as error:
        unpack(path, tmp_path / "in" / "out")
    assert str(error.value).startswith(
        "a: a name in the archive leads out of the folder. Got name="
    )
    assert str(error.value).endswith(" Expected names inside it.")
    assert [p.name for p in tmp_path.rglob("*")] == ["in", "a"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(FormatError) as error:
        unpack(path, tmp_path / "out")
    assert str(error.value) == (
        "a.tar: the archive holds more than files and folders. Got name='link'. "
        "Expected no links and no devices. Unpack it by hand if you trust it."
    )


def test_a_damaged_archive_leaves_nothing(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "a.tgz", {"big": bytes(range(256)) * 4000})
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FormatError, match=r"^a\.tgz: the archive cannot be unpacked: "):
        unpack(path, tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["a.tgz"]


def test_an_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError) as error:
        unpack(tmp_path / "a", tmp_path / "out", ("rar",))
    assert str(error.value) == "archive_format: unknown format. Got 'rar'. Did you mean 'tar'?"
