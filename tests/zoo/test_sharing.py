"""Folders of models: pushed whole, loaded verified, from here and from a server that fails."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import striate as st
from striate import layers, zoo
from striate.errors import ArgumentError, DownloadError, FormatError, UnknownNameError
from striate.zoo import sharing
from tests.data.conftest import Server, cut_off, folders, server, status, whole

__all__ = ["folders", "server"]
pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("folders")]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "PAUSE_S", 0.001)


def small(seed: int = 0, units: int = 3) -> st.Model:
    st.set_seed(seed)
    model = st.Sequential([layers.Dense(units, input_shape=(4,))], name="small")
    model.class_names = [f"class {i}" for i in range(units)]
    return model


def same(a: st.Model, b: st.Model) -> bool:
    return all(map(np.array_equal, a.get_weights(), b.get_weights()))


def served(server: Server, folder: Path, prefix: str = "/models") -> str:
    for file in folder.iterdir():
        server.answers[f"{prefix}/{file.name}"] = [whole(file.read_bytes())]
    return server.url(prefix)


def test_what_is_pushed_is_loaded_by_name(tmp_path: Path) -> None:
    model = small()
    entry = zoo.push(model, tmp_path / "models", description="three classes")
    file = tmp_path / "models" / entry.file
    assert entry.to_dict() == {
        "name": "small",
        "file": f"small-{entry.sha256[:12]}.striate",
        "size_bytes": file.stat().st_size,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "description": "three classes",
        "parameters": 15,
        "input_shape": (4,),
        "num_classes": 3,
    }
    assert sorted(p.name for p in file.parent.iterdir()) == [".lock", "index.json", entry.file]
    for place in (str(file.parent), file.parent.as_uri()):
        again = zoo.load(f"{place}/small")
        assert same(again, model)
        assert again.class_names == model.class_names
    assert same(zoo.load(file), model)
    assert [e.name for e in zoo.pushed(file.parent)] == ["small"]


def test_several_models_share_a_folder_and_one_is_replaced_only_if_asked(tmp_path: Path) -> None:
    first = zoo.push(small(1), tmp_path, "a")
    zoo.push(small(2), tmp_path, "b")
    with pytest.raises(ArgumentError) as caught:
        zoo.push(small(3), tmp_path, "a")
    assert str(caught.value) == (
        f"zoo.push: the folder has a model of this name. Got name='a', folder='{tmp_path}'. "
        "overwrite=True."
    )
    assert same(zoo.load(f"{tmp_path}/a"), small(1))
    zoo.push(small(3), tmp_path, "a", overwrite=True)
    assert same(zoo.load(f"{tmp_path}/a"), small(3))
    assert same(zoo.load(f"{tmp_path}/b"), small(2))
    assert not (tmp_path / first.file).exists()


def test_pushing_from_several_threads_loses_none(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=zoo.push, args=(small(i), tmp_path, f"m{i}")) for i in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [e.name for e in zoo.pushed(tmp_path)] == [f"m{i}" for i in range(6)]


def test_a_push_that_fails_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zoo.push(small(1), tmp_path, "a")
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}

    def fails(*arguments: Any, **options: Any) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(st.Model, "save", fails)
    with pytest.raises(OSError, match="the disk is gone"):
        zoo.push(small(2), tmp_path, "a", overwrite=True)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("folder", "name", "text"),
    [
        (
            "https://example.org/models",
            "a",
            "zoo.push: a web server cannot be written to. Got folder='https://example.org/models'. "
            "Expected a folder of this machine. Push into a folder and let a web server serve it.",
        ),
        (
            "models",
            "../a",
            "zoo.push: this cannot be the name of a model. Got name='../a'. Expected letters, "
            "digits, and . _ - between them.",
        ),
    ],
)
def test_what_cannot_be_pushed(folder: str, name: str, text: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        zoo.push(small(), folder, name)
    assert str(caught.value) == text


def test_an_unknown_name_lists_the_nearest(tmp_path: Path) -> None:
    zoo.push(small(), tmp_path, "digits")
    with pytest.raises(UnknownNameError) as caught:
        zoo.load(f"{tmp_path}/digit")
    assert str(caught.value) == (
        f"zoo.load: unknown model in {tmp_path}. Got 'digit'. Did you mean 'digits'?"
    )


def test_a_folder_without_index_and_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as caught:
        zoo.load(f"{tmp_path}/a")
    assert str(caught.value) == (
        f"{tmp_path}: this is no folder of models: it has no index.json. "
        f'zoo.push(model, "{tmp_path}") makes one.'
    )
    entry = zoo.push(small(), tmp_path, "a")
    (tmp_path / entry.file).unlink()
    with pytest.raises(FormatError) as gone:
        zoo.load(f"{tmp_path}/a")
    assert str(gone.value) == (
        f"{tmp_path / entry.file}: the index names this file, but it is not there. Push it again."
    )


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    entry = zoo.push(small(), tmp_path, "a")
    file = tmp_path / entry.file
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    file.write_bytes(data)
    with pytest.raises(FormatError, match="its SHA256 is not the published one"):
        zoo.load(f"{tmp_path}/a")
    file.write_bytes(data[:-1])
    with pytest.raises(FormatError) as caught:
        zoo.load(f"{tmp_path}/a")
    assert str(caught.value) == (
        f"{entry.file}: it is of another size than the index says. Got "
        f"bytes={entry.size_bytes - 1}. Expected {entry.size_bytes}."
    )


@pytest.mark.parametrize(
    "change",
    [
        {"file": "../secret.striate"},
        {"file": "/etc/passwd"},
        {"sha256": "00"},
        {"size_bytes": "many"},
        {"name": "b"},
    ],
)
def test_an_index_that_could_lead_elsewhere_is_refused(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    zoo.push(small(), tmp_path, "a")
    record = json.loads((tmp_path / "index.json").read_text())
    record["models"]["a"].update(change)
    (tmp_path / "index.json").write_text(json.dumps(record))
    with pytest.raises(FormatError) as caught:
        zoo.load(f"{tmp_path}/a")
    assert str(caught.value) == (
        f"{tmp_path}: its index.json is not one of models. Got ValueError='a'. Expected what "
        'zoo.push writes, of format "striate models 1".'
    )


def test_an_index_of_another_kind_is_refused(tmp_path: Path) -> None:
    for text in ("", "[]", "{}", '{"format": "other"}', '{"format": "striate models 1"}'):
        (tmp_path / "index.json").write_text(text)
        with pytest.raises(FormatError, match=r"its index\.json is not one of models"):
            zoo.pushed(tmp_path)


# servers ------------------------------------------------------------------------------------------


def test_a_model_behind_an_address_is_brought_once(server: Server, tmp_path: Path) -> None:
    model = small()
    entry = zoo.push(model, tmp_path / "m", "a")
    address = served(server, tmp_path / "m")
    assert same(zoo.load(f"{address}/a"), model)
    assert same(zoo.load(f"{address}/a"), model)
    asked = [path for path, _ in server.requests]
    assert asked.count(f"/models/{entry.file}") == 1
    assert asked.count("/models/index.json") == 2
    assert [e.name for e in zoo.pushed(address)] == ["a"]


def test_a_replaced_model_is_brought_anew(server: Server, tmp_path: Path) -> None:
    zoo.push(small(1), tmp_path / "m", "a")
    address = served(server, tmp_path / "m")
    assert same(zoo.load(f"{address}/a"), small(1))
    zoo.push(small(2), tmp_path / "m", "a", overwrite=True)
    served(server, tmp_path / "m")
    assert same(zoo.load(f"{address}/a"), small(2))


def test_an_interrupted_download_goes_on(server: Server, tmp_path: Path) -> None:
    entry = zoo.push(small(), tmp_path / "m", "a")
    address = served(server, tmp_path / "m")
    data = (tmp_path / "m" / entry.file).read_bytes()
    server.answers[f"/models/{entry.file}"] = [cut_off(data, 500), whole(data)]
    assert same(zoo.load(f"{address}/a"), small())
    asked = [headers.get("Range") for path, headers in server.requests if entry.file in path]
    assert asked == [None, "bytes=500-"]


@pytest.mark.parametrize("fault", ["corrupted", "shorter", "longer", "missing"])
def test_a_wrong_file_is_refused_and_not_kept(server: Server, tmp_path: Path, fault: str) -> None:
    entry = zoo.push(small(), tmp_path / "m", "a")
    address = served(server, tmp_path / "m")
    data = (tmp_path / "m" / entry.file).read_bytes()
    bad = {
        "corrupted": whole(data[:100] + bytes([data[100] ^ 1]) + data[101:]),
        "shorter": whole(data[:-10]),
        "longer": whole(data + b"more"),
        "missing": status(404, "Not Found"),
    }[fault]
    server.answers[f"/models/{entry.file}"] = [bad]
    with pytest.raises(DownloadError) as caught:
        zoo.load(f"{address}/a")
    assert {
        "corrupted": "its SHA256 is not the published one",
        "shorter": "it is of another size than the index says",
        "longer": "it is of another size than the index says",
        "missing": "HTTP 404 Not Found",
    }[fault] in str(caught.value)
    server.answers[f"/models/{entry.file}"] = [whole(data)]
    assert same(zoo.load(f"{address}/a"), small())


def test_without_a_network_the_kept_model_is_taken(server: Server, tmp_path: Path) -> None:
    zoo.push(small(), tmp_path / "m", "a")
    address = served(server, tmp_path / "m")
    zoo.load(f"{address}/a")
    server.answers.clear()
    assert same(zoo.load(f"{address}/a"), small())
    with pytest.raises(DownloadError, match="could not be downloaded"):
        zoo.pushed(server.url("/others"))


def test_the_address_of_a_file_is_enough(server: Server, tmp_path: Path) -> None:
    small(5).save(tmp_path / "m.striate")
    server.answers["/m.striate"] = [whole((tmp_path / "m.striate").read_bytes())]
    assert same(zoo.load(server.url("/m.striate")), small(5))


def test_files_from_a_server_stay_in_the_data_folder(tmp_path: Path) -> None:
    kept = sharing._kept("https://host:80/../a/./b%2F../c d")
    assert kept == tmp_path / "data" / "models" / "host%3A80" / "a" / "b%252F.." / "c%20d"
