"""How a Keras model was compiled, and how far its optimizer had come."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from striate.errors import StriateError
from striate.formats.keras_files.hdf5 import Group
from striate.formats.keras_files.order import Place, layers_of, places
from striate.formats.keras_slots import OWN_STATE, SLOTS, raised, slot_order
from striate.models import Model
from striate.training import losses, metrics, optimizers

# arguments of earlier optimizers -> today's
_RENAMED = {"lr": "learning_rate", "beta1": "beta_1", "beta2": "beta_2"}
_NOT_SAID = ("name", "is_legacy_optimizer", "jit_compile", "module", "registered_name")


def compile_like(
    model: Model, record: Any, root: Group, objects: Mapping[str, Any], notes: list[str]
) -> None:
    """Compiles a model as it was, and gives its optimizer the state it had.

    A loss of the author's own leaves the model as it is, ready to predict; a metric of the
    author's own is left out. Both are noted.

    Args:
        model: with its weights.
        record: `training_config` of an `.h5`, `compile_config` of a `.keras` file.
        root: the open file.
        objects: the user's own losses, metrics and optimizers, by name.
        notes: gets a line for what is left out.
    """
    if not isinstance(record, Mapping):
        return
    try:
        found = _arguments(record, objects, notes)
    except (StriateError, TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        notes.append(f"not compiled: {error}")
        return
    if found is None:
        return
    try:
        model.compile(**found)
    except (StriateError, TypeError, ValueError) as error:
        notes.append(f"not compiled: {error}")
        return
    _restore(model, root, notes)


def _arguments(
    record: Mapping[str, Any], objects: Mapping[str, Any], notes: list[str]
) -> dict[str, Any] | None:
    described = record.get("optimizer_config", record.get("optimizer"))
    if described is None or record.get("loss") is None:
        return None
    loss = _each(record["loss"], losses.get, objects, notes, "loss", required=True)
    found = {"optimizer": _optimizer(described, objects, notes), "loss": loss}
    for key in ("metrics", "weighted_metrics"):
        chosen = _each(record.get(key), metrics.get, objects, notes, "metric")
        if chosen not in (None, [], {}):
            found[key] = chosen
    weights = record.get("loss_weights")
    return {**found, "loss_weights": weights} if weights is not None else found


def _optimizer(described: Any, objects: Mapping[str, Any], notes: list[str]) -> Any:
    """The optimizer, with the arguments that today's has."""
    if isinstance(described, str):
        return optimizers.get(described)
    config = dict(described.get("config", {}))
    if described.get("class_name") == "LossScaleOptimizer":
        inner = config.get("inner_optimizer", config.get("optimizer"))
        return _optimizer(inner, objects, notes)
    name = str(described.get("class_name")).rpartition(">")[2]
    if name in objects:
        return objects[name].from_config(config)
    name = {"Custom>Adam": "Adam"}.get(name, name)
    arguments = {_RENAMED.get(k, k): v for k, v in config.items() if k not in _NOT_SAID}
    decay = arguments.pop("decay", None)
    if decay and isinstance(arguments.get("learning_rate"), float):
        rate = {"initial_learning_rate": arguments["learning_rate"], "decay_steps": 1}
        arguments["learning_rate"] = {
            "class_name": "InverseTimeDecay",
            "config": {**rate, "decay_rate": decay},
        }
    known = _known(optimizers.get({"class_name": name, "config": {}}))
    kept = {k: v for k, v in arguments.items() if k in known and v is not None}
    left = [k for k, v in arguments.items() if k not in known and v not in (None, False)]
    if left:
        notes.append(f"{name}: left out {', '.join(map(str, left))}")
    return optimizers.get({"class_name": name, "config": kept})


def _known(optimizer: Any) -> set[str]:
    own = optimizer.get_config() if hasattr(optimizer, "get_config") else {}
    return {*own, *inspect.signature(type(optimizer)).parameters}


def _each(
    value: Any,
    get: Callable[[Any], Any],
    objects: Mapping[str, Any],
    notes: list[str],
    what: str,
    required: bool = False,
) -> Any:
    """Losses or metrics by name, in the lists and dicts in which they stand."""
    if value is None:
        return None
    if isinstance(value, Mapping) and "class_name" not in value:
        found = {k: _each(v, get, objects, notes, what, required) for k, v in value.items()}
        return {k: v for k, v in found.items() if v is not None}
    if isinstance(value, list):
        each = [_each(v, get, objects, notes, what, required) for v in value]
        each = each[0] if len(each) == 1 and isinstance(each[0], list) else each
        return [v for v in each if v is not None]
    name = _name(value)
    if isinstance(name, str) and name in objects:
        return objects[name]
    try:
        return get(name) if what == "loss" else _metric(name, get)
    except (StriateError, TypeError):
        if required:
            raise
        notes.append(f"{what} left out: {name if isinstance(name, str) else name['class_name']}")
        return None


def _name(value: Any) -> Any:
    """A loss or metric as today's tables know it."""
    if not isinstance(value, Mapping):
        return str(value)
    config = value.get("config")
    if value.get("class_name") == "function" and isinstance(config, str):
        return config
    if value.get("class_name") in ("MeanMetricWrapper", "LossFunctionWrapper", "SumOverBatchSize"):
        inner = dict(config or {})
        function = inner.get("fn")
        name = _name(function) if function is not None else inner.get("name")
        return "accuracy" if inner.get("name") in ("accuracy", "acc") else name
    plain = {k: v for k, v in dict(config or {}).items() if k not in ("dtype", "fn")}
    if isinstance(plain.get("reduction"), str) and plain["reduction"] in ("auto", "none"):
        plain["reduction"] = "sum_over_batch_size" if plain["reduction"] == "auto" else None
    return {"class_name": str(value.get("class_name")).rpartition(">")[2], "config": plain}


def _metric(name: Any, get: Callable[[Any], Any]) -> Any:
    if name in ("accuracy", "acc"):
        return name  # which one it is depends on the loss
    get(name)
    return name if isinstance(name, str) else get(name)


# state -----------------------------------------------------------------------------------------


def _restore(model: Model, root: Group, notes: list[str]) -> None:
    arrays = _stored(root)
    if not arrays or model.optimizer is None:
        return
    trained = [p for layer in layers_of(model) for p in places(layer) if p.tensor.requires_grad]
    optimizer = model.optimizer
    optimizer.build(model.named_parameters())
    if _restored_in_order(optimizer, arrays, trained):
        return
    states = [optimizer.state.get(p.tensor) for p in trained]
    if not states or any(state is None for state in states):
        notes.append("the optimizer starts afresh: it keeps nothing for some weights")
        return
    matched = _matched(arrays, [list(s) for s in states if s is not None], trained)
    if matched is None:
        notes.append("the optimizer starts afresh: its state in the file is of another form")
        return
    with torch.no_grad():
        for state, values in zip(states, matched, strict=True):
            for slot, value in zip(state or {}, values, strict=True):
                found = torch.from_numpy(np.ascontiguousarray(value))
                (state or {})[slot].copy_(found + raised(optimizer, slot))
    _count(optimizer, [a for a in arrays if a.shape == ()])


def _restored_in_order(optimizer: Any, arrays: Sequence[Any], trained: Sequence[Place]) -> bool:
    """Gives an optimizer its state if the file has all of it as Keras 3 has; False if not."""
    name = type(optimizer).__name__
    if name not in SLOTS:
        return False
    order = slot_order(name, [optimizer.state.get(p.tensor, {}) for p in trained])
    counters = 1 if optimizer.schedule is not None else 2
    last = int(name == "Nadam")
    if len(arrays) != counters + len(order) + last:
        return False
    pairs = [
        (optimizer.state[trained[i].tensor][slot], value + raised(optimizer, slot))
        for (i, slot), value in zip(order, arrays[counters:], strict=False)
        if slot in optimizer.state.get(trained[i].tensor, {})
    ]
    scalars = [*arrays[:counters], *arrays[len(arrays) - last :]]
    if any(tuple(kept.shape) != value.shape for kept, value in pairs):
        return False
    if any(value.shape != () for value in scalars):
        return False
    with torch.no_grad():
        for kept, value in pairs:
            kept.copy_(torch.from_numpy(np.array(value)))
    _count(optimizer, arrays[:counters])
    if last:
        optimizer.scalars["momentum_product"] = float(arrays[-1])
    return True


def _count(optimizer: Any, scalars: Sequence[Any]) -> None:
    """The number of steps, then the learning rate if the file has it (since Keras 2.11)."""
    if scalars:
        optimizer._iterations = int(scalars[0])
    if len(scalars) > 1 and optimizer.schedule is None and float(scalars[1]) > 0:
        optimizer.learning_rate = float(scalars[1])


def _stored(root: Group) -> list[Any]:
    """The arrays of the optimizer, in order: scalars first, then what it keeps of each weight."""
    group = root.group("optimizer_weights") or root.group(OWN_STATE)
    if group is not None:
        found = [group.array(name) for name in group.texts("weight_names") or []]
        return [array.numbers() for array in found if array is not None]
    folder = root.group("optimizer/vars") or root.group("_optimizer/vars")
    if folder is None:
        return []
    numbered = sorted(int(n) for n in folder.names() if n.isdigit())
    arrays = [folder.array(str(n)) for n in numbered]
    return [array.numbers() for array in arrays if array is not None]


def _matched(
    arrays: Sequence[Any], slots: Sequence[Sequence[str]], trained: Sequence[Any]
) -> list[list[Any]] | None:
    """The arrays of each weight, whether the file has them weight by weight or slot by slot."""
    values = [a for a in arrays if a.shape != () or any(p.shape == () for p in trained)]
    count, each = len(trained), len(slots[0])
    if len(values) == count * (each + 1):  # Keras 2.1 and 2.2: maxima that amsgrad=False left out
        values = values[: count * each]
    if len(values) != count * each or any(len(s) != each for s in slots):
        return None
    by_weight = [list(values[i * each : (i + 1) * each]) for i in range(count)]
    by_slot = [[values[s * count + i] for s in range(each)] for i in range(count)]
    for found in (by_weight, by_slot):
        if all(v.shape == p.shape for p, own in zip(trained, found, strict=True) for v in own):
            return found
    return None
