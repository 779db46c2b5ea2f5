"""What a model says about data, in one pass: logits, the true classes, and images to look at."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from striate import data
from striate.diagnosis.calibration import softmax
from striate.errors import DataError, message
from striate.graph.named import Named
from striate.models import Model, Sequential
from striate.ops.device import device as choose_device
from striate.training.ahead import send_to
from striate.training.passes import batches_of, evaluation_mode, no_data

Array = np.ndarray[Any, Any]

_BATCH = 256
_KEPT = 100
_WHERE = "evaluate_classifier"
_SMALLEST = np.finfo(np.float32).tiny


class Kept:
    """Images of the surest mistakes of data that come in batches and are not all kept.

    Args:
        most: how many.
    """

    def __init__(self, most: int = _KEPT) -> None:
        self.most = most
        self._images: dict[int, tuple[float, Array]] = {}

    def add(self, start: int, x: torch.Tensor, logits: Array, labels: Array) -> None:
        """Looks at a batch whose first sample has the number `start`."""
        sure = softmax(logits).max(axis=1)
        wrong = np.flatnonzero(logits.argmax(axis=1) != labels)
        for i in wrong[np.argsort(-sure[wrong], kind="stable")][: self.most]:
            self._images[start + int(i)] = (float(sure[i]), x[int(i)].cpu().numpy())
        kept = sorted(self._images.items(), key=lambda item: -item[1][0])[: self.most]
        self._images = dict(kept)

    def __getitem__(self, index: int) -> Array:
        return self._images[index][1]

    def __contains__(self, index: object) -> bool:
        return index in self._images


def collect(
    model: torch.nn.Module,
    x: Any,
    y: Any,
    batch_size: int | None,
    steps: int | None,
    device: str | torch.device,
) -> tuple[Array, Array, Any]:
    """(logits, labels, images) of a model on data.

    Raises:
        DataError: no data, no labels, or the model does not give one score per class.
    """
    source = data.source(x, y, batch_size=batch_size or _BATCH, shuffle=False, steps=steps)
    place = choose_device(device)
    model.to(place)
    run, activation = scorer(model)
    images = _images(x)
    kept = Kept() if images is None else None
    logits, labels, count = [], [], 0
    refresh = getattr(model, "executing", None)
    chosen = refresh(True, "float32", "float32", _WHERE) if refresh else contextlib.nullcontext()
    with chosen, evaluation_mode(model), batches_of(source, 0, 0, steps, place) as batches:
        for inputs, targets, _ in batches:
            outputs = _as_matrix(run(send_to(inputs, place)))
            truth = _as_labels(targets, len(outputs))
            logits.append(outputs)
            labels.append(truth)
            if kept is not None and isinstance(inputs, torch.Tensor):
                kept.add(count, inputs, as_logits(outputs, activation), truth)
            count += len(outputs)
    if not count:
        raise no_data(_WHERE)
    found = as_logits(np.concatenate(logits), activation)
    return found, np.concatenate(labels), images if kept is None else kept


def scorer(model: torch.nn.Module) -> tuple[Callable[[Any], Any], str | None]:
    """What gives a model's outputs before its last softmax or sigmoid, and which of them that is.

    The second is None where a model does not say what its outputs are, "linear" where its last
    layer is a product without an activation.
    """
    if not isinstance(model, Model):
        return model, None
    split = model.logits_split()
    if split is None or len(split) != 1:
        return model, "linear" if _ends_linear(model) else None
    return model.forward_logits, split[0]


def _ends_linear(model: Model) -> bool:
    if type(model) not in (Model, Sequential) or not model.built:
        return False
    kind = model.graph[model.graph.outputs[0].node].kind
    return getattr(kind, "activation", None) == Named("linear")


def as_logits(outputs: Array, activation: str | None) -> Array:
    """Logits (samples, classes) of what `scorer` gives; two columns for a single output.

    Where a model does not say what its outputs are (None), rows of numbers from 0 to 1 that add
    up to 1 are probabilities, and a single number from 0 to 1 is that of class 1.

    Raises:
        DataError: a number is not finite, or there are several outputs with a sigmoid each.

    Example:
        >>> as_logits(np.array([[1.5]]), "sigmoid").tolist()
        [[0.0, 1.5]]
    """
    if not np.isfinite(outputs).all():
        bad = int((~np.isfinite(outputs)).any(axis=1).sum())
        raise _fault("the model's outputs are not finite", {"samples": bad}, "finite numbers")
    single = outputs.shape[1] == 1
    if activation == "sigmoid" and not single:
        raise _fault(
            "this model gives each class a probability of its own (sigmoid)",
            {"outputs": outputs.shape[1]},
            "one class per image: a softmax, or a single sigmoid for two classes",
        )
    shares = bool(((outputs >= 0) & (outputs <= 1)).all())
    if activation is None and shares and single:
        sure = outputs.astype(np.float64).clip(_SMALLEST, 1 - 1e-16)
        outputs = np.log(sure) - np.log1p(-sure)
    elif activation is None and shares and np.allclose(outputs.sum(axis=1), 1, atol=1e-3):
        outputs = np.log(np.maximum(outputs, _SMALLEST))
    return np.concatenate([np.zeros_like(outputs), outputs], axis=1) if single else outputs


def _as_matrix(outputs: Any) -> Array:
    if not isinstance(outputs, torch.Tensor) or outputs.dim() != 2:
        shape = (
            tuple(outputs.shape) if isinstance(outputs, torch.Tensor) else type(outputs).__name__
        )
        raise _fault("this model does not give classes", {"output": shape}, "(samples, classes)")
    found: Array = outputs.detach().float().cpu().numpy()
    return found


def _as_labels(targets: Any, count: int) -> Array:
    """Whole numbers from whole numbers (N,) or (N, 1), or from rows with a single 1."""
    if not isinstance(targets, torch.Tensor):
        raise _fault("there are no labels", {"y": targets}, "a class number for every image")
    given: Array = targets.cpu().numpy()
    flat = given[:, 0] if given.ndim == 2 and given.shape[1] == 1 else given
    if flat.ndim == 2 and np.isin(flat, (0, 1)).all() and (flat.sum(axis=1) == 1).all():
        flat = flat.argmax(axis=1)
    if flat.ndim != 1 or (flat.dtype.kind == "f" and (flat % 1 != 0).any()):
        raise _fault(
            "these are not class numbers",
            {"y": (given.shape, str(given.dtype))},
            "whole numbers from 0, one per image, or rows with a single 1",
        )
    return flat.astype(np.int64)


def _images(x: Any) -> Array | None:
    """The images, where all are at hand: an array of rank 3 or 4."""
    if isinstance(x, torch.Tensor):
        x = x.detach().cpu().numpy()
    return x if isinstance(x, np.ndarray) and x.ndim in (3, 4) else None


def _fault(fault: str, got: dict[str, object], expected: str) -> DataError:
    return DataError(message(_WHERE, fault, got=got, expected=expected))
