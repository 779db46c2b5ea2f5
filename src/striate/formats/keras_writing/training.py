"""How a model was compiled and its optimizer's numbers, as Keras 3 has them in its files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from striate.errors import FormatError, message
from striate.formats.keras_files.order import Place
from striate.formats.keras_slots import SLOTS, raised, slot_order
from striate.formats.keras_writing import table
from striate.formats.keras_writing.values import FLOAT32, Unwritable, function, record
from striate.models import Model
from striate.models.compiled_config import compiled_config
from striate.training import losses, metrics, optimizers

BY_SHAPE = ("accuracy", "acc", "crossentropy", "ce")  # Keras, too, finds out which one
FUNCTION_WRAPPERS = ("LossFunctionWrapper", "MeanMetricWrapper")

Numbered = tuple[str, Any]  # name of a variable, array


def compile_config(model: Model) -> dict[str, Any] | None:
    """Optimizer, losses and metrics as Keras's records; None if there is nothing to write.

    Raises:
        FormatError: Keras has no such optimizer, loss or metric.
    """
    how = compiled_config(model)
    if how is None or how["optimizer"] is None:
        return None
    try:
        return {
            "optimizer": _optimizer(how["optimizer"]),
            "loss": _each(how["loss"], "keras.losses", table.LOSSES, losses.get),
            "loss_weights": how["loss_weights"],
            "metrics": _each(how["metrics"], "keras.metrics", table.METRICS, metrics.get),
            "weighted_metrics": _each(
                how["weighted_metrics"], "keras.metrics", table.METRICS, metrics.get
            ),
            "run_eagerly": False,
            "steps_per_execution": 1,
            "jit_compile": False,
        }
    except Unwritable as problem:
        raise FormatError(
            message(
                model.name,
                f"Keras has no {problem}, so it cannot go on training this model",
                expected="optimizers, losses and metrics that Keras 3 has",
                fix="To write the model alone: model.save(path, include_optimizer=False)",
            )
        ) from None


def _optimizer(made: Mapping[str, Any]) -> Any:
    name, fields = made["class_name"], dict(made["config"])
    if name not in SLOTS:
        raise Unwritable(f"optimizer {name!r}")
    if fields.pop("flatten_kernels", False):
        raise Unwritable("Muon with flatten_kernels=True")
    rate = fields["learning_rate"]
    if isinstance(rate, Mapping):
        if rate["class_name"] == "OneCycle":
            raise Unwritable("schedule 'OneCycle'")
        schedule = record("keras.optimizers.schedules", rate["class_name"], rate["config"])
        fields["learning_rate"] = schedule
    return record("keras.optimizers", name, fields)


def _each(value: Any, module: str, known: frozenset[str], get: Any) -> Any:
    """Losses or metrics by name, as records, or in lists and dicts of them."""
    if isinstance(value, Mapping) and "class_name" in value:
        return _object(value, module, known)
    if isinstance(value, Mapping) and "custom" in value:
        return _own(value["custom"])
    if isinstance(value, Mapping):
        return {k: _each(v, module, known, get) for k, v in value.items()}
    if isinstance(value, list):
        return [_each(v, module, known, get) for v in value]
    if isinstance(value, str) and value not in BY_SHAPE:
        name = type(get(value)).__name__
        if name not in (*known, *FUNCTION_WRAPPERS):
            raise Unwritable(f"{module.removeprefix('keras.').rstrip('es')} {value!r}")
    return value


def _object(made: Mapping[str, Any], module: str, known: frozenset[str]) -> Any:
    name, fields = made["class_name"], dict(made["config"])
    if name in FUNCTION_WRAPPERS:
        return _own(fields["fn"])
    if name not in known:
        what = "loss" if module == "keras.losses" else "metric"
        raise Unwritable(f"{what} {name!r}")
    if "dtype" in fields:
        fields["dtype"] = FLOAT32
    return record(module, name, fields)


def _own(name: str) -> Any:
    return record(None, name, {}, name) if name[:1].isupper() else function(name)


def variables(model: Model, order: Sequence[Place]) -> list[Numbered]:
    """The optimizer's variables as Keras numbers them.

    Args:
        model: compiled with an optimizer that has a name in Keras.
        order: the weights that are trained, in Keras's order.
    """
    optimizer = model.optimizer
    state = _state(model, order)
    found: list[Numbered] = [("iteration", np.array(optimizer._iterations, "int32"))]
    if optimizer.schedule is None:
        rate = np.array(optimizer._rate.number, "float32")
        found.append(("learning_rate", rate))
    name = type(optimizer).__name__
    for i, slot in slot_order(name, state):
        label = order[i].path.replace("/", "_")
        found.append((f"{label}_{slot}", state[i].get(slot, _unused(order[i], slot))))
    if name == "Nadam":
        product = optimizer.scalars.get("momentum_product", 1.0)
        found.append(("variable", np.array(product, "float32")))
    return found


def _state(model: Model, order: Sequence[Place]) -> list[dict[str, Any]]:
    """What the optimizer keeps for each weight; before the first step what it would begin with."""
    optimizer = model.optimizer
    tensors = [place.tensor for place in order]
    if not all(t in optimizer.state for t in tensors):
        optimizer = optimizers.deserialize(optimizers.serialize(optimizer))
        optimizer.build([(place.path, place.tensor) for place in order])
    known = model.optimizer.state
    return [
        {
            slot: _array(value, raised(optimizer, slot))
            for slot, value in {**optimizer.state.get(t, {}), **known.get(t, {})}.items()
        }
        for t in tensors
    ]


def _unused(place: Place, slot: str) -> Any:
    """What Keras's Adafactor keeps of a weight without using it."""
    return np.zeros(place.shape if slot == "velocity" else (), "float32")


def _array(value: Tensor, raised_by: float) -> Any:
    found = value.detach().cpu().float()
    if raised_by:
        found = (found.double() - raised_by).clamp(min=0.0).float()
    return found.contiguous().numpy()


def trained(places: Iterator[Place]) -> list[Place]:
    """Those weights that training changes."""
    return [place for place in places if place.tensor.requires_grad]
