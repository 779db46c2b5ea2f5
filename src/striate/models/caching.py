"""Caching: a frozen backbone runs once per image, where that changes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from striate import errors
from striate.analysis.table import size_text
from striate.data.leaves import is_array_like
from striate.graph import kinds
from striate.graph.inlining import inlined
from striate.layers import Layer
from striate.models.features import extract, size_bytes
from striate.models.freezing import moving
from striate.ops.memory import available_bytes
from striate.training.progress import say

if TYPE_CHECKING:
    from striate.models.model import Model

SHARE = 0.5  # of free memory, that features may take without being asked for


@dataclass(frozen=True)
class Request:
    """What of `fit` decides whether features are kept.

    Args:
        choice: `cache_features` of `fit`.
        epochs: passes over the data.
        moved: whether a recipe changes images from epoch to epoch.
        watched: whether the layers of the backbone are to be measured.
        batch_size: samples at once.
        device: where the backbone runs.
        verbose: whether it is said.
    """

    choice: bool | str | os.PathLike[str]
    epochs: int
    moved: bool
    watched: bool
    batch_size: int | None
    device: str | torch.device
    verbose: str | int


def with_features(
    model: Any, x: Any, validation: Any, request: Request
) -> tuple[Any, Any, Model | None]:
    """The data, as features where these are kept, and the head that runs on them then.

    Args:
        model: the model.
        x: of `fit`.
        validation: `validation_data` of `fit`.
        request: what else decides.

    Raises:
        ArgumentError: features are asked for and would be wrong.
    """
    choice = request.choice
    if choice is False or (choice == "auto" and not _frozen(model)):
        return x, validation, None
    reason = obstacle(model, x, validation, request)
    if reason:
        if choice != "auto":
            raise errors.ArgumentError(
                errors.message(
                    "fit",
                    f"the features of the backbone cannot be kept: {reason}",
                    got={"cache_features": choice},
                    expected="a frozen backbone that does the same in every epoch",
                    fix='cache_features="auto" keeps them only where it can',
                )
            )
        if request.verbose and request.epochs > 1:
            say(f"The frozen backbone runs in every epoch: {reason}.")
        return x, validation, None
    return (*_extracted(model, x, validation, request), model.head)


def obstacle(model: Model, x: Any, validation: Any, request: Request) -> str:
    """Why the frozen backbone has to run in each epoch; empty if it has not."""
    asked = request.choice != "auto"
    if not _frozen(model):
        return "it is not frozen"
    if len(model.graph.outputs) != 1 or len(model.backbone.graph.inputs) != 1:
        return "the model has several inputs or outputs"
    if len(model.graph.inputs) != 1:
        return "the head reads an input of its own"
    if request.moved:
        return "images are moved or mirrored anew in each epoch"
    for data in (x, *(validation[:1] if isinstance(validation, tuple) else [validation])):
        if data is not None and not is_array_like(data):
            return "the data are no array, so they may change from epoch to epoch"
    changing = next(_changing(model), "")
    if changing:
        return f"{changing} acts in training, in another way each time"
    still = next(moving(model), "")
    if still:
        return f"the statistics of {still} move"
    if not asked and request.epochs < 2:
        return "there is but one epoch"
    if not asked and request.watched:
        return "its layers are watched"
    need, room = _need(model, x, validation), SHARE * available_bytes("cpu")
    if request.choice in ("auto", True) and need > room:
        return f"its features take {size_text(need)}; cache_features=FOLDER keeps them on disk"
    return ""


def _frozen(model: Model) -> bool:
    """Whether the backbone has weights and none of them trains."""
    if type(model).call is not Layer.call or all(p.requires_grad for p in model.parameters()):
        return False
    try:
        held = list(model.backbone.parameters())
    except errors.GraphError:
        return False
    return bool(held) and not any(p.requires_grad for p in held)


def _changing(model: Model) -> Iterator[str]:
    """The layers of the backbone that do something else in training, or may do so."""
    return (node.name for node in inlined(model.backbone.graph).graph if _acts(node.kind))


def _acts(kind: Any) -> bool:
    if isinstance(kind, (kinds.Wrapping, kinds.Nested)):
        own = isinstance(kind, kinds.SpectralNormalization)
        return own or any(_acts(node.kind) for node in kind.inner)
    drops = getattr(kind, "dropout", 0) or getattr(kind, "recurrent_dropout", 0)
    acts = isinstance(kind, (kinds.Custom, kinds.StochasticPooling)) or kind.penalises
    return acts or bool(drops or (kind.idle(training=False) and not kind.idle(training=True)))


def _need(model: Model, x: Any, validation: Any) -> int:
    count = len(x) + (len(validation[0]) if isinstance(validation, tuple) else 0)
    return size_bytes(model.backbone, count)


def _extracted(model: Model, x: Any, validation: Any, request: Request) -> tuple[Any, Any]:
    folder = None if request.choice in ("auto", True) else Path(str(request.choice))
    how: dict[str, Any] = {
        "batch_size": request.batch_size or 32,
        "device": request.device,
        "verbose": request.verbose,
    }

    def made(array: Any, name: str) -> Any:
        file = None if folder is None else folder / f"{name}.npy"
        return extract(model.backbone, array, file=file, **how)

    found = made(x, "train")
    if validation is not None:
        rest = validation[1:] if isinstance(validation, tuple) else ()
        first = validation[0] if isinstance(validation, tuple) else validation
        validation = (made(first, "validation"), *rest)
    if request.verbose:
        shape = " x ".join(str(n) for n in found.shape[1:])
        place = "in memory" if folder is None else f"in {folder}"
        say(
            f"The backbone is frozen: it runs once per image, and its features ({shape}, {place}) "
            "serve all epochs."
        )
    return found, validation
