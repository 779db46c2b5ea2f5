"""Changes to a file: blind ones to its bytes, and ones that know HDF5, zip and JSON."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

from tests.fuzz import seeds

EXTREMES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2**31, 2**63, -(2**40), 1e308, 0.5, "", "x", "relu", "Lambda",
    "__class__",
    "os.system", "../../etc/passwd", [], {}, [None], [[[]]], [1] * 9, {"class_name": "Lambda"},
    {"class_name": "Sequential", "config": []}, {"class_name": "Conv2D"}, "channels_first",
    {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}, {"module": "os"}, 10**7, 65537,
    [2**31, 2**31], [10**6, 10**6, 10**6], "\x00", "a/b", "é" * 40,
)  # fmt: skip


def bytes_changed(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """A few blind changes."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        if not found:
            break
        at = rng.randrange(len(found))
        if rng.random() < 0.5:  # the head and the tail hold the structure
            at = rng.choice((at % 4096, len(found) - 1 - at % 4096)) % len(found)
        length = rng.choice((1, 2, 4, 8, 64, 512))
        kind = rng.randrange(7)
        if kind == 0:
            found[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            found[at : at + length] = rng.randbytes(length)
        elif kind == 2:
            found[at : at + length] = bytes([rng.choice((0, 0xFF, 0x7F))]) * length
        elif kind == 3:
            del found[at:]
        elif kind == 4:
            del found[at : at + length]
        elif kind == 5:
            found[at:at] = found[at : at + length]
        elif other:
            start = rng.randrange(len(other))
            found[at : at + length] = other[start : start + length]
    return bytes(found)


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """(container, key) of every value in nested lists and dicts."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        found.append((value, key))
        if isinstance(inner, (dict, list)):
            places(inner, found)
    return found


def json_changed(rng: random.Random, value: Any) -> Any:
    """Values replaced, removed, doubled, moved, or wrapped many times."""
    copy = json.loads(json.dumps(value))
    for _ in range(rng.choice((1, 1, 2, 3))):
        spots = places(copy, []) if isinstance(copy, (dict, list)) and copy else []
        if not spots:
            break
        container, key = rng.choice(spots)
        kind = rng.randrange(7)
        if kind <= 2:
            container[key] = json.loads(json.dumps(rng.choice(EXTREMES)))
        elif kind == 3:
            del container[key]
        elif kind == 4:
            source, at = rng.choice(spots)
            if at in source if isinstance(source, dict) else at < len(source):
                container[key] = json.loads(json.dumps(source[at]))
        elif kind == 5 and isinstance(container, list):
            container.insert(key, json.loads(json.dumps(container[key])))
        elif isinstance(container, dict):
            name = rng.choice(("units", "filters", "name", "module", "layers"))
            container[name] = json.loads(json.dumps(rng.choice(EXTREMES)))
    return copy


def deep(rng: random.Random) -> bytes:
    """JSON nested far deeper than any model."""
    depth = rng.choice((150, 900, 5000, 200_000))
    opening, closing = rng.choice((("[", "]"), ('{"config":', "}"), ('{"layers":[', "]}")))
    return (opening * depth + "1" + closing * depth).encode()


def _hdf5_changed(rng: random.Random, data: bytes) -> bytes:
    """What HDF5 allows and no model needs."""
    memory = io.BytesIO(data)
    with h5py.File(memory, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        arrays = [n for n in names if isinstance(file[n], h5py.Dataset)]
        if not arrays:
            return data
        name = rng.choice(arrays)
        shape, kind = file[name].shape, rng.randrange(9)
        del file[name]
        if kind == 0:
            file[name] = h5py.ExternalLink("/etc/hostname", "/x")
        elif kind == 1:
            file[name] = h5py.SoftLink(rng.choice(("/", name, "/nowhere")))
        elif kind == 2:
            file[name] = file[rng.choice(("/", *[n for n in names if n in file]))]
        elif kind == 3:
            file.create_dataset(name, shape=(2**40,), dtype="f4", chunks=(1024,))
        elif kind == 4:
            layout = h5py.VirtualLayout(shape=shape or (1,), dtype="f4")
            file.create_virtual_dataset(name, layout)
        elif kind == 5:
            external = [("/etc/hostname", 0, 4 * int(np.prod(shape)))]
            file.create_dataset(name, shape=shape or (1,), dtype="f4", external=external)
        elif kind == 6:
            zeros = np.zeros((6000, 1000), "f4")
            file.create_dataset(name, data=zeros, compression="gzip", chunks=True)
        elif kind == 7:
            file[name] = np.array(["text"] * 3, dtype=object)
        else:
            file.create_group(name)
    return memory.getvalue()


def structure_changed(rng: random.Random, name: str, data: bytes) -> bytes:
    """A change inside one of the files made here, or to the JSON of any."""
    if name.endswith(".json"):
        return json.dumps(json_changed(rng, json.loads(data))).encode()
    if rng.random() < 0.03:
        text = deep(rng)
        return text if rng.random() < 0.5 else _with_config(data, text, name)
    if name.endswith(".h5") and rng.random() < 0.4:
        return _hdf5_changed(rng, data)
    if name.endswith(".keras"):
        if rng.random() < 0.3:
            return _zip_changed(rng, data)
        return seeds.zip_file(json_changed(rng, seeds.sequential()))
    nested = name.startswith("functional")
    config = json_changed(rng, seeds.branches() if nested else seeds.sequential())
    return seeds.legacy_file(config, seeds.nested_weights() if nested else None)


def _with_config(data: bytes, text: bytes, name: str) -> bytes:
    if not name.endswith(".h5"):
        return text
    memory = io.BytesIO(data)
    with h5py.File(memory, "r+") as file:
        if len(text) < 2_000_000 and "model_config" in file.attrs:
            file.attrs["model_config"] = text
    return memory.getvalue()


def _zip_changed(rng: random.Random, data: bytes) -> bytes:
    """Members twice, packed tightly, with other names, or missing."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {n: archive.read(n) for n in archive.namelist()}
    kind = rng.randrange(5)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            if kind == 0 and rng.random() < 0.5:
                continue
            bomb = kind == 1 and name == "config.json"
            archive.writestr(name, b" " * (30 << 20) if bomb else content)
            if kind == 2:
                archive.writestr(
                    rng.choice(("../x", "/etc/x", "a\\b", "model.weights.npz")), b"\x80"
                )
        if kind == 3:
            info = zipfile.ZipInfo("config.json")
            archive.writestr(info, b"{}")
        if kind == 4:
            archive.writestr("model.weights.h5", _hdf5_changed(rng, members["model.weights.h5"]))
    return packed.getvalue()


Change = Callable[[random.Random, str, bytes], bytes]


def mutant(seed: int, number: int, corpus: dict[str, bytes]) -> tuple[str, bytes]:
    """Input `number` of a run: (name of what it was made from, bytes)."""
    rng = random.Random(f"{seed}/{number}")
    names = sorted(corpus)
    own = [n for n in names if n.startswith(("sequential", "functional")) or n.endswith(".json")]
    if rng.random() < 0.5:
        name = rng.choice(own)
        return name, structure_changed(rng, name, corpus[name])
    name = rng.choice(names)
    return name, bytes_changed(rng, corpus[name], corpus[rng.choice(names)])
