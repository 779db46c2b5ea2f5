"""The `.striate` model file: a graph, its weights, and how it was trained; read without torch."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from striate.errors import ArgumentError, FormatError, message
from striate.graph import Graph
from striate.storage.archive import Content, read_archive, write_archive
from striate.storage.tensors import decode_tensors, tensor_specs, tensor_writer

GRAPH, WEIGHTS = "graph.json", "weights.safetensors"
TRAINING, OPTIMIZER = "training.json", "optimizer.safetensors"
SUFFIX = ".striate"
IN_RUN_FOLDER = "model.striate"

if TYPE_CHECKING:
    import numpy as np

Arrays: TypeAlias = "dict[str, np.ndarray[Any, Any]]"


@dataclass(frozen=True)
class ModelFile:
    """What a model file holds.

    Args:
        graph: the architecture, with preprocessing and class names in its metadata.
        weights: arrays by `layer/weight`.
        training: how the model was compiled and the optimizer's counters, as JSON values; None if
            it was not compiled.
        optimizer: the optimizer's arrays by name.
    """

    graph: Graph
    weights: Arrays
    training: dict[str, Any] | None = None
    optimizer: Arrays = field(default_factory=dict)


def write_model(path: str | os.PathLike[str], file: ModelFile) -> None:
    """Writes a model file in one atomic step.

    Raises:
        StorageError: the disk is full or cannot be written; what stood there is untouched.
    """
    members: dict[str, Content] = {
        GRAPH: file.graph.to_json(indent=1).encode(),
        WEIGHTS: tensor_writer(file.weights),
    }
    if file.training is not None:
        # Sorted: a run that was resumed builds the same dicts in another order.
        members[TRAINING] = json.dumps(file.training, indent=1, sort_keys=True).encode()
    if file.optimizer:
        members[OPTIMIZER] = tensor_writer(file.optimizer)
    write_archive(path, members)


def model_path(path: str | os.PathLike[str]) -> Path:
    """The model file of a path that may be a run folder.

    Raises:
        FormatError: there is no such file, or the folder has none.
    """
    place = Path(path)
    if place.is_dir():
        place = place / IN_RUN_FOLDER
    if not place.exists():
        folder = place.name == IN_RUN_FOLDER and place.parent.exists()
        raise FormatError(
            message(
                str(path),
                f"the folder holds no {IN_RUN_FOLDER}" if folder else "there is no such file",
                expected="a .striate file or a run folder that holds one",
            )
        )
    return place


def read_graph(path: str | os.PathLike[str]) -> Graph:
    """The graph of a model file or run folder; weights are not read.

    Raises:
        FormatError: not a model file, truncated, or damaged.
    """
    place = model_path(path)
    with read_archive(place) as archive:
        _check_member(place, GRAPH, archive.names)
        return Graph.from_json(archive.read(GRAPH))


def read_model(path: str | os.PathLike[str]) -> ModelFile:
    """Everything in a model file or run folder; every checksum and every shape is verified.

    Raises:
        FormatError: not a model file, truncated, damaged, or weights that do not fit the graph.
    """
    place = model_path(path)
    with read_archive(place) as archive:
        names = archive.names
        for member in (GRAPH, WEIGHTS):
            _check_member(place, member, names)
        graph = Graph.from_json(archive.read(GRAPH))
        content = archive.read(WEIGHTS)
        shapes = {t.name: t.shape for t in tensor_specs(content)}
        check_weights(str(path), shapes, expected_shapes(graph))
        training = json.loads(archive.read(TRAINING)) if TRAINING in names else None
        optimizer = decode_tensors(archive.read(OPTIMIZER)) if OPTIMIZER in names else {}
    return ModelFile(graph, decode_tensors(content), training, optimizer)


def expected_shapes(graph: Graph) -> dict[str, tuple[int, ...]]:
    """The shape of every weight of a graph by `layer/weight`."""
    return {f"{n.layer}/{w.name}": w.shape for n in graph for w in n.weights}


def check_weights(
    where: str,
    found: Mapping[str, tuple[int, ...]],
    wanted: Mapping[str, tuple[int, ...]],
) -> None:
    """Raises FormatError unless the same weights of the same shapes are there."""
    missing, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    if missing or extra:
        raise FormatError(
            message(
                where,
                "its weights are not those of the model",
                got={"missing": tuple(missing[:5]), "unknown": tuple(extra[:5])},
                expected=f"{len(wanted)} weights as in the graph",
            )
        )
    for name, shape in wanted.items():
        if found[name] != shape:
            raise FormatError(
                message(
                    where,
                    f"weight `{name}` has another shape than in the model",
                    got={"shape": found[name]},
                    expected=str(shape),
                )
            )


def check_suffix(path: str | os.PathLike[str], allowed: tuple[str, ...], what: str) -> None:
    """Raises ArgumentError unless the file name ends as `allowed`."""
    if Path(path).suffix not in allowed:
        raise ArgumentError(
            message(
                what,
                "the file name does not say a format that can be written",
                got={"path": str(path)},
                expected="a name that ends in " + " or ".join(allowed),
                fix=f'Use "{Path(path).stem}{allowed[0]}"',
            )
        )


def _check_member(place: Path, member: str, names: Any) -> None:
    if member not in names:
        raise FormatError(
            message(
                str(place),
                f"the file has no {member}",
                got={"members": tuple(names)},
                expected="a model saved with model.save",
            )
        )
