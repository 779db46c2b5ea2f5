"""Features: what a frozen backbone makes of data, computed once per image and kept."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import torch

from striate import data, errors
from striate.data.nested import leaves
from striate.ops.device import device as choose_device
from striate.ops.modules import move
from striate.storage import write_atomic, write_bytes
from striate.training.ahead import send_to
from striate.training.passes import batches_of, evaluation_mode, no_data
from striate.training.progress import say

if TYPE_CHECKING:
    from striate.models.model import Model

Array = np.ndarray[Any, np.dtype[Any]]


def extract(
    backbone: Model,
    x: Any,
    *,
    batch_size: int = 32,
    pooling: str | None = None,
    file: str | os.PathLike[str] | None = None,
    device: str | torch.device = "auto",
    precision: str = "float32",
    verbose: str | int = "auto",
) -> Array:
    """The features of data, in their order, in inference mode.

    On disk they are one `.npy` file that is written whole or not at all, and a `.json` beside it
    that says from what: weights and layers of the backbone, the data, the sum of the file's
    bytes. If all of that is still so, the file is used again; else it is made anew.

    Shapes: what the backbone gives, (N, H, W, C) as a rule; (N, C) with `pooling`.

    Args:
        backbone: a model of one input and one output.
        x: arrays or batches, as `predict` takes them; labels are left aside.
        batch_size: samples at once, where the data are arrays.
        pooling: "avg" or "max" over places; None keeps the map.
        file: a name ending in `.npy`: features that memory has no room for; the array returned
            reads from there.
        device: as in `fit`.
        precision: as in `predict`.
        verbose: 0 silent; else it is said when a file is used again.

    Raises:
        ArgumentError: another `pooling`, or `file` has another ending.
        DataError: no data, or of a `file` data that cannot be gone over twice.
        StorageError: the file cannot be written; what stood there is untouched.

    Example:
        >>> import numpy as np
        >>> import striate as st
        >>> model = st.zoo.resnet20()
        >>> images = np.zeros((3, 32, 32, 3), np.uint8)
        >>> model.extract_features(images).shape
        (3, 8, 8, 64)
        >>> model.extract_features(images, pooling="avg").shape
        (3, 64)
    """
    _check(pooling, file)
    place = choose_device(device)
    source = data.source(x, batch_size=batch_size, shuffle=False)
    made = Pass(backbone, source, pooling, place, precision)
    if file is None:
        return made.gathered()
    return _on_disk(made, Path(file), bool(verbose))


def _check(pooling: str | None, file: str | os.PathLike[str] | None) -> None:
    if pooling not in (None, "avg", "max"):
        raise errors.ArgumentError(
            errors.message(
                "extract_features",
                "unknown pooling",
                got={"pooling": pooling},
                expected='"avg", "max" or None',
            )
        )
    if file is not None and Path(file).suffix != ".npy":
        raise errors.ArgumentError(
            errors.message(
                "extract_features",
                "features are kept in .npy files",
                got={"file": str(file)},
                expected="a name ending in .npy",
            )
        )


@dataclass(frozen=True)
class Pass:
    """Data on their way through a backbone.

    Args:
        backbone: the model.
        source: batches, in the order of the data.
        pooling: over places.
        device: where it runs.
        precision: of products.
    """

    backbone: Model
    source: Any
    pooling: str | None
    device: torch.device
    precision: str

    def batches(self) -> Iterator[Array]:
        """The features, batch by batch."""
        move(self.backbone, self.device)
        with (
            self.backbone.executing(True, self.precision, self.precision, "extract_features"),
            evaluation_mode(self.backbone),
            batches_of(self.source, 0, 0, None, self.device) as batches,
        ):
            for x, _, _ in batches:
                yield self._features(x)

    def _features(self, x: Any) -> Array:
        found = self.backbone(send_to(x, self.device)).detach()
        places = tuple(range(1, found.dim() - 1))
        if self.pooling == "avg" and places:
            found = found.mean(places)
        elif self.pooling == "max" and places:
            found = found.amax(places)
        array: Array = found.float().cpu().contiguous().numpy()
        return array

    def gathered(self) -> Array:
        """All of them in one array."""
        count = self.source.num_samples
        parts: list[Array] = []
        whole: Array | None = None
        filled = 0
        for part in self.batches():
            if whole is None and count is not None:
                whole = np.empty((count, *part.shape[1:]), part.dtype)
            if whole is None:
                parts.append(part)
            else:
                whole[filled : filled + len(part)] = part
            filled += len(part)
        if not filled:
            raise no_data("extract_features")
        return np.concatenate(parts) if whole is None else whole[:filled]

    def write(self, file: BinaryIO) -> None:
        """All of them as a .npy file; the number of samples is put in at the end."""
        start = file.tell()
        count, shape = 0, ()
        for part in self.batches():
            if not count:
                shape = part.shape[1:]
                _header(file, (2**40, *shape))
            file.write(part.tobytes())
            count += len(part)
        if not count:
            raise no_data("extract_features")
        end = file.tell()
        file.seek(start)
        _header(file, (count, *shape))
        file.seek(end)

    def origin(self) -> dict[str, Any]:
        """What the features come from, as sums of bytes; the data are gone over once."""
        found = hashlib.sha256()
        with batches_of(self.source, 0, 0, None, torch.device("cpu")) as batches:
            for x, _, _ in batches:
                for leaf in leaves(x):
                    found.update(str((leaf.dtype, tuple(leaf.shape[1:]))).encode())
                    found.update(leaf.cpu().contiguous().numpy().tobytes())
        return {
            "data": found.hexdigest(),
            "backbone": fingerprint(self.backbone),
            "pooling": self.pooling,
            "precision": self.precision,
        }


def _header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """The head of a .npy file; of one length for any number of samples, see `Pass.write`."""
    text = repr({"descr": "<f4", "fortran_order": False, "shape": shape})
    space = 128 - 10 - 1 - len(text)
    file.write(b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little"))
    file.write((text + " " * space + "\n").encode())


def fingerprint(model: Model) -> str:
    """A sum over layers and weights of a model; what trains in it does not count."""
    found = hashlib.sha256()
    for node in model.graph.to_dict()["nodes"]:
        kept = {k: v for k, v in node.items() if k != "trainable"}
        found.update(json.dumps(kept, sort_keys=True).encode())
    for name, weight in model.named_weights():
        found.update(name.encode())
        found.update(weight.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def _on_disk(made: Pass, file: Path, told: bool) -> Array:
    if not getattr(made.source, "rewindable", True):
        raise errors.DataError(
            errors.message(
                "extract_features",
                "a generator cannot be gone over twice, to see whether the file is of its data",
                got={"file": str(file)},
                expected="arrays, a Dataset, a DataLoader or a Sequence",
            )
        )
    origin = made.origin()
    record = file.with_suffix(".json")
    if _known(record, file) == origin:
        if told:
            say(f"The features in {file} are those of these data and this backbone.")
        return _opened(file)
    record.unlink(missing_ok=True)
    write_atomic(file, made.write)
    written = {**origin, "sha256": _sum(file)}
    write_bytes(record, (json.dumps(written, indent=1) + "\n").encode())
    return _opened(file)


def _known(record: Path, file: Path) -> Mapping[str, Any] | None:
    """What a file was made from, if it is as it was written."""
    try:
        found = json.loads(record.read_text(encoding="utf-8"))
        whole = found.pop("sha256") == _sum(file)
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return None
    return found if whole else None


def _sum(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def _opened(file: Path) -> Array:
    array: Array = np.load(file, mmap_mode="r")
    return array


def size_bytes(backbone: Model, count: int) -> int:
    """What the features of so many samples take."""
    shape: tuple[int | None, ...] = backbone.output_shape[1:]
    return 4 * count * math.prod(n or 1 for n in shape)
