"""Models from Keras files, whatever they are called: by content, without running anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from striate.errors import ArgumentError, StriateError, message
from striate.formats.keras_files import legacy, refusals, text, v3
from striate.formats.keras_files.archive import CONFIG, METADATA, KerasZip
from striate.formats.keras_files.compiled import compile_like
from striate.formats.keras_files.configs import Scope
from striate.formats.keras_files.hdf5 import FREE_BYTES, LARGEST_RATIO, Group, Reader
from striate.formats.keras_files.loading import fill, open_weights, pairs_of
from striate.formats.keras_files.networks import DAMAGES, model_of
from striate.layers.waiting import allocate, at_most
from striate.models import Model
from striate.storage.contents import HDF5, JSON, KERAS, content_of

BYTES_PER_VALUE = 4
MOST_VALUES = 1 << 31  # of a model without weights beside it


@dataclass
class Opened:
    """What a file turned out to be.

    Args:
        model: striate's own.
        notes: what was translated, and what was left out.
        version: of the Keras that wrote it, as far as it says.
    """

    model: Model
    notes: list[str] = field(default_factory=list)
    version: str | None = None


def open_model(
    path: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    *,
    compile: bool = True,
    weights: str | os.PathLike[str] | None = None,
    values: bool = True,
) -> Opened:
    """The model of a Keras file, or of a JSON file and one with its weights.

    Args:
        path: `.h5` of Keras 1 to 3, `.keras`, or JSON.
        custom_objects: the user's own layers, classes and functions, by name. By the name of a
            layer: a ready layer, or a function of a tensor, that takes its place.
        compile: also restores optimizer, loss and metrics, so that training can go on.
        weights: the file with the weights of a JSON file.
        values: False leaves the weights of the file unread.

    Raises:
        FormatError: what the file is, or what it needs, and what to do.
        ArgumentError: `weights` with a file that has its own.
    """
    place, kind = Path(path), content_of(path)
    objects = custom_objects or {}
    if weights is not None and kind != JSON:
        raise ArgumentError(
            message(
                "load_model",
                "`weights` goes with a JSON file",
                got={"path": str(path), "weights": str(weights)},
                expected="a file that has the model without weights",
                fix="Leave it out, or model.load_weights(path) afterwards",
            )
        )
    if kind == HDF5:
        return _from_hdf5(place, objects, compile, values)
    if kind == KERAS:
        return _from_zip(place, objects, compile, values)
    if kind == JSON:
        return _from_json(place, objects, weights)
    raise refusals.cannot_open(place, kind)


def _from_hdf5(place: Path, objects: Mapping[str, Any], compile: bool, values: bool) -> Opened:
    where = str(place)
    with Reader(place, where) as root:
        config = root.text("model_config")
        if config is None:
            if legacy.weights_group(root) is not None or v3.is_v3(root):
                raise refusals.weights_alone(where)
            raise refusals.not_keras(root)
        version = root.text("keras_version")
        opened, scope = built(config, where, objects, version, place.stat().st_size)
        if values:
            group = root.group("model_weights")
            if group is None:
                raise refusals.no_weights(where)
            _put(opened.model, root, scope)
        trained = root.text("training_config") if compile else None
        if trained is not None and values:
            record = text.parsed(trained, where)
            compile_like(opened.model, record, root, objects, opened.notes)
    return opened


def _from_zip(place: Path, objects: Mapping[str, Any], compile: bool, values: bool) -> Opened:
    where = str(place)
    with KerasZip(place) as archive:
        config, metadata = archive.text(CONFIG), archive.text(METADATA)
        if config is None:
            raise refusals.weights_alone(where)
        content = archive.weights()
    if content is None:
        raise refusals.no_weights(where)
    about = text.parsed(metadata, where) if metadata is not None else {}
    version = str(about.get("keras_version", "")) if isinstance(about, Mapping) else ""
    opened, scope = built(config, where, objects, version or None, len(content))
    if values:
        with Reader(content, where) as root:
            _put(opened.model, root, scope)
            record = text.parsed(config, where)
            trained = record.get("compile_config") if compile else None
            if trained is not None:
                compile_like(opened.model, trained, root, objects, opened.notes)
    return opened


def _from_json(
    place: Path, objects: Mapping[str, Any], weights: str | os.PathLike[str] | None
) -> Opened:
    where = str(place)
    if place.stat().st_size > text.LARGEST_BYTES:
        raise refusals.too_large(place, text.LARGEST_BYTES)
    config = place.read_bytes().removeprefix(b"\xef\xbb\xbf")
    size = MOST_VALUES if weights is None else Path(weights).stat().st_size
    opened, scope = built(config, where, objects, None, size)
    if weights is not None:
        with open_weights(Path(weights)) as root:
            _put(opened.model, root, scope)
    return opened


def built(
    config: str | bytes,
    where: str,
    objects: Mapping[str, Any],
    version: str | None,
    stored: int,
) -> tuple[Opened, Scope]:
    """The model of a JSON text, its weights still waiting.

    Args:
        config: the text.
        where: the file, for messages.
        objects: the user's own.
        version: of the Keras that wrote it, if the file says it.
        stored: bytes of the weights beside it: no model may need far more.
    """
    record = text.architecture(text.parsed(config, where), where)
    stated = version or record.get("keras_version")
    scope = Scope(where, text.age_of(record, version), objects, model_of)
    words = config.decode("utf-8", "replace") if isinstance(config, bytes) else config
    scope.keeps_batch = '"stateful": true' in words
    scope.has_masks = '"mask_zero": true' in words or '"Masking"' in words
    most = min((FREE_BYTES + LARGEST_RATIO * stored) // BYTES_PER_VALUE, MOST_VALUES)
    try:
        with at_most(most):
            model = model_of(record, scope)
    except StriateError:
        raise
    except DAMAGES as error:
        raise refusals.damaged(where, error) from error
    needed = sum(node.num_parameters for node in model.graph)
    if needed > most:
        raise refusals.too_many(where, needed, most)
    return Opened(model, scope.notes, stated if isinstance(stated, str) else None), scope


def _put(model: Model, root: Group, scope: Scope) -> None:
    """Fills the weights of a new model."""
    owned = any(layer in scope.objects.values() for layer in scope.held)
    if not owned:
        allocate(model)
    fill(pairs_of(model, root, classes=scope.classes))


def model_from_json(config: str | bytes, custom_objects: Mapping[str, Any] | None = None) -> Model:
    """A model with new weights from Keras's `model.to_json()`, of any age.

    Raises:
        FormatError: not the JSON of a model, or it needs `custom_objects`.
    """
    opened, _ = built(config, "model_from_json", custom_objects or {}, None, MOST_VALUES)
    return opened.model


def graph_alone(path: str | os.PathLike[str]) -> Any:
    """The graph of a Keras file; its weights are not read."""
    return open_model(path, compile=False, values=False).model.graph
