"""Files with one thing wrong, for the tests of what is said about them."""

from __future__ import annotations

import copy
import io
import zipfile
from collections.abc import Callable
from typing import Any

import h5py

from tests.fuzz.seeds import branches, legacy_file, sequential


def hdf5(fill: Callable[[h5py.File], None], data: bytes | None = None) -> bytes:
    memory = io.BytesIO(data or b"")
    with h5py.File(memory, "r+" if data else "w") as file:
        fill(file)
    return memory.getvalue()


def changed(*path: Any, to: Any, config: Any = None) -> bytes:
    """A file whose description differs in one value from a sound one."""
    config = copy.deepcopy(config or sequential())
    value: Any = config
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = to
    return legacy_file(config)


def layer(number: int, **settings: Any) -> bytes:
    config = sequential()
    config["config"]["layers"][number]["config"].update(settings)
    return legacy_file(config)


def kind(number: int, class_name: str) -> bytes:
    return changed("config", "layers", number, "class_name", to=class_name)


def replaced(put: Callable[[h5py.File, str], None]) -> bytes:
    name = "model_weights/conv/conv/kernel:0"

    def fill(file: h5py.File) -> None:
        del file[name]
        put(file, name)

    return hdf5(fill, legacy_file(sequential()))


def external(file: h5py.File, name: str) -> None:
    file.create_dataset(name, (3, 3, 3, 4), "f4", external=[("other.bin", 0, 4 * 108)])


def virtual(file: h5py.File, name: str) -> None:
    layout = h5py.VirtualLayout(shape=(3, 3, 3, 4), dtype="f4")
    file.create_virtual_dataset(name, layout)


def put(value: Any) -> Callable[[h5py.File, str], None]:
    return lambda file, name: file.__setitem__(name, value)


def packed(members: dict[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return memory.getvalue()


def functional(number: int, key: str, to: Any) -> bytes:
    return changed("config", "layers", number, key, to=to, config=branches())


def operation() -> bytes:
    config = branches()
    config["config"]["layers"][3].update(
        class_name="TFOpLambda", config={"name": "sum", "function": "signal.fft"}
    )
    return legacy_file(config)
