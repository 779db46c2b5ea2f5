"""Models from their configurations: Sequential and Functional, of every age, nested too."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from striate.errors import FormatError, GraphError, StriateError, message
from striate.formats.keras_files import operations, refusals
from striate.formats.keras_files.calls import Called, Ref, calls_of, ends_of
from striate.formats.keras_files.configs import MODELS, Record, Scope, layer_of, plain_name
from striate.graph import Symbol
from striate.layers import InputLayer, Layer
from striate.models import Model, Sequential

MOST_LAYERS = 20_000
DEEPEST = 20
LARGEST_SIZE = 2**31
WHOLE = ("int32", "int64", "uint8", "int8", "int16", "bool")
# what Python raises where a description is not of the form that it should have
DAMAGES = (
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,  # of torch; too deep for Python
    MemoryError,
)
_DROPPED = ("training", "mask", "name", "_name")  # arguments of calls that change no numbers here


def model_of(record: Record, scope: Scope) -> Model:
    """The model of a {class_name, config}.

    Raises:
        FormatError: what cannot be built, with the name of the layer and the reason.
    """
    kind = str(record["class_name"]).rpartition(">")[2]
    config = record["config"]
    if scope.depth > DEEPEST:
        raise _fault(scope, f"models are nested more than {DEEPEST} times")
    scope.depth += 1
    try:
        if kind == "Sequential":
            return _sequential(config, scope)
        if kind in MODELS and isinstance(config, Mapping) and "layers" in config:
            return _functional(config, scope)
    finally:
        scope.depth -= 1
    raise _fault(
        scope,
        f"the model is of a class of its author's own, `{kind}`, and files do not carry its code",
        expected="a Sequential or functional model",
        fix="Write the class in code, build it, then model.load_weights(path)",
    )


def _fault(scope: Scope, fault: str, **more: Any) -> FormatError:
    return FormatError(message(scope.where, fault, **more))


def _entries(config: Any, scope: Scope) -> list[Record]:
    entries = config if isinstance(config, list) else config.get("layers")
    if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
        raise _fault(scope, "the list of layers is damaged")
    if len(entries) > MOST_LAYERS:
        raise _fault(scope, f"more than {MOST_LAYERS} layers", got={"layers": len(entries)})
    return entries


def _config(entry: Record) -> Mapping[str, Any]:
    config = entry.get("config")
    return config if isinstance(config, Mapping) else {}


# Sequential ----------------------------------------------------------------------------------


def _sequential(config: Any, scope: Scope) -> Model:
    entries = _entries(config, scope)
    first = next((e for e in entries if e.get("class_name") != "InputLayer"), None)
    if first is None:
        raise _fault(scope, "the model has no layers")
    entry = next((e for e in entries if e.get("class_name") == "InputLayer"), None)
    stack: list[Layer] = []
    shape = None if entry is None else _batch_shape(_config(entry))
    if shape is None:
        shape = _first_shape(config, first)
    if shape is not None:
        own = None if entry is None else _config(entry).get("name")
        name = str(own or f"{_config(first).get('name', 'layer')}_input")
        dtype = _config(entry if entry is not None else first).get("dtype")
        stack.append(_input(name, shape, dtype, scope))
    for item in entries:
        if item.get("class_name") == "Merge":
            raise _fault(
                scope,
                "a Sequential that begins with a Merge of several branches, which went with"
                " Keras 1",
                fix="Write the model in code with Model(inputs, outputs), then"
                " model.load_weights(path)",
            )
        if item.get("class_name") != "InputLayer":
            stack.append(layer_of(item, scope))
    given = config.get("name") if isinstance(config, Mapping) else None
    name = plain_name(str(given or "sequential"))
    model: Sequential = _guarded(lambda: Sequential(stack, name=name), scope)
    if model._graph is None and not isinstance(stack[0], Model):
        raise _fault(
            scope,
            "the Sequential does not say the shape of its input",
            fix="Write the model in code with layers.Input(shape) first, then"
            " model.load_weights(path)",
        )
    return model


def _first_shape(config: Any, first: Record) -> Any:
    """The input shape of a Sequential without an InputLayer."""
    inner = _config(first)
    for key in ("batch_input_shape", "batch_shape"):
        if inner.get(key) is not None:
            return inner[key]
    if first.get("class_name") in MODELS:
        return None  # its own input says it
    wrapped = inner.get("layer")
    if isinstance(wrapped, Mapping) and _config(wrapped).get("batch_input_shape") is not None:
        return _config(wrapped)["batch_input_shape"]
    if isinstance(config, Mapping) and config.get("build_input_shape") is not None:
        return config["build_input_shape"]
    if first.get("class_name") != "Embedding" and isinstance(inner.get("input_dim"), int):
        return [None, inner["input_dim"]]
    return None


def _batch_shape(config: Mapping[str, Any]) -> Any:
    for key in ("batch_shape", "batch_input_shape"):
        if config.get(key) is not None:
            return config[key]
    return None


def _input(name: str, shape: Any, dtype: Any, scope: Scope) -> InputLayer:
    """The entry of a model; a batch size that the file fixes is left open."""
    sizes = shape
    if isinstance(sizes, Mapping):  # a shape that Keras 2.13 wrote as an object
        sizes = sizes.get("items", sizes.get("value"))
    if isinstance(sizes, list) and len(sizes) == 1 and isinstance(sizes[0], list):
        sizes = sizes[0]
    good = isinstance(sizes, list) and all(
        s is None or (type(s) is int and 0 < s < LARGEST_SIZE) for s in sizes
    )
    if not good or not sizes:
        raise _fault(
            scope,
            f"the shape of input `{name}` cannot be read",
            got={"shape": sizes},
            expected="a list of sizes, the batch first",
        )
    if dtype == "string":
        raise _fault(scope, f"input `{name}` takes text", expected="numbers")
    whole = dtype if dtype in WHOLE else "float32"
    batch = sizes[0] if scope.keeps_batch else None
    layer = InputLayer(batch_shape=(batch, *sizes[1:]), dtype=whole)
    layer.automatic_name = plain_name(name)
    return layer


def _guarded(make: Any, scope: Scope) -> Any:
    """What `make` returns; its errors name the file."""
    try:
        return make()
    except FormatError:
        raise
    except StriateError as error:
        raise _fault(scope, f"its layers do not go together ({error})") from None
    except DAMAGES as error:
        raise refusals.damaged(scope.where, error) from error


# Functional ----------------------------------------------------------------------------------


def _functional(config: Mapping[str, Any], scope: Scope) -> Model:
    entries = _entries(config, scope)
    names = {_name(e) for e in entries}
    made: dict[Ref, Symbol] = {}
    layers: dict[str, Any] = {}
    waiting: dict[tuple[str, int], Called] = {}
    for entry in entries:
        name = _name(entry)
        if name in layers:
            raise _fault(scope, f"two layers are called `{name}`")
        calls = _guarded(lambda e=entry: calls_of(e, names, scope.where), scope)
        if entry.get("class_name") == "InputLayer":
            shape = _batch_shape(_config(entry))
            layer: Any = _input(name, shape, _config(entry).get("dtype"), scope)
            made[Ref(name, 0, 0)] = layer.output
        else:
            layer = operations.of(entry, scope) or layer_of(entry, scope)
        layers[name] = layer
        for i, call in enumerate(calls):
            waiting[name, i] = call
    inside, ends = _first_nodes(entries, waiting, config, scope)
    _run(layers, waiting, made, inside, scope)
    return _assembled(config, made, ends, scope)


def _name(entry: Record) -> str:
    return str(entry.get("name") or _config(entry).get("name") or entry.get("class_name"))


def _first_nodes(
    entries: list[Record],
    waiting: Mapping[tuple[str, int], Called],
    config: Mapping[str, Any],
    scope: Scope,
) -> tuple[dict[str, int], dict[str, int]]:
    """What to subtract from the numbers of a nested model's calls: inside, and at the model's ends.

    A functional model's own making was its call 0 before Keras 3, so that it is first used as
    number 1. Keras 3 counts its uses from 0, but only between layers: what the model returns is
    still counted from 1.
    """
    nested = {_name(e): e for e in entries if str(e.get("class_name")) in MODELS}
    inside: dict[str, int] = {}
    for call in waiting.values():
        for ref in call.refs():
            if ref.layer in nested:
                inside[ref.layer] = min(ref.node, inside.get(ref.layer, ref.node))
    ends: dict[str, int] = {}
    for ref in ends_of(config.get("output_layers"), scope.where)[1]:
        if ref.layer in nested:
            ends[ref.layer] = min(ref.node, ends.get(ref.layer, ref.node))
    for name, entry in nested.items():
        nodes = entry.get("inbound_nodes") or [None]
        if isinstance(nodes[0], Mapping):
            own = str(entry.get("class_name")) != "Sequential"
            ends[name], inside[name] = min(1 if own else 0, ends.get(name, 0)), 0
        else:
            found = [n for n in (inside.get(name), ends.get(name)) if n is not None]
            inside[name] = ends[name] = min(found, default=0)
    return inside, ends


def _run(
    layers: Mapping[str, Any],
    waiting: Mapping[tuple[str, int], Called],
    made: dict[Ref, Symbol],
    first: Mapping[str, int],
    scope: Scope,
) -> None:
    """Makes every call whose inputs are there, until none is left."""
    needs = {
        key: {(r.layer, r.node - first.get(r.layer, 0)) for r in call.refs()}
        for key, call in waiting.items()
    }
    users: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
    done = {(ref.layer, ref.node) for ref in made}
    for key, wanted in needs.items():
        wanted -= done
        for source in wanted:
            users[source].append(key)
    order = {key: i for i, key in enumerate(waiting)}
    ready = sorted((order[key], key) for key in waiting if not needs[key])
    while ready:
        key = heapq.heappop(ready)[1]  # in the order of the file wherever that can be
        name, node = key
        outputs = _call(layers[name], waiting[key], made, first, name, scope)
        for i, symbol in enumerate(outputs):
            made[Ref(name, node, i)] = symbol
        for user in users.pop(key, ()):
            needs[user].discard(key)
            if not needs[user]:
                heapq.heappush(ready, (order[user], user))


def _call(
    layer: Any,
    call: Called,
    made: Mapping[Ref, Symbol],
    first: Mapping[str, int],
    name: str,
    scope: Scope,
) -> list[Symbol]:
    def get(ref: Ref) -> Symbol:
        found = made.get(Ref(ref.layer, ref.node - first.get(ref.layer, 0), ref.index))
        if found is None:
            raise GraphError(f"`{name}` reads output {ref.index} of `{ref.layer}`, which has none")
        return found

    def make() -> Any:
        args, kwargs = call.filled(get)
        if isinstance(layer, operations.Recorded):
            return layer.record(args, kwargs)
        kwargs = {k: v for k, v in kwargs.items() if _means_something(k, v)}
        if len(args) == 1 and isinstance(args[0], list) and len(args[0]) == 1:
            args = [args[0][0]]
        return layer(*args, **kwargs)

    out = _guarded(make, scope)
    return _listed(out)


def _means_something(name: str, value: Any) -> bool:
    """Whether an argument of a call is to be passed on."""
    if isinstance(value, (Symbol, operations.Following)):
        return isinstance(value, Symbol)
    return name not in _DROPPED and value is not None and value is not False


def _listed(out: Any) -> list[Symbol]:
    if isinstance(out, Mapping):
        return [s for v in out.values() for s in _listed(v)]
    if isinstance(out, (list, tuple)):
        return [s for v in out for s in _listed(v)]
    return [out]


def _assembled(
    config: Mapping[str, Any], made: Mapping[Ref, Symbol], first: Mapping[str, int], scope: Scope
) -> Model:
    ends = []
    for what in ("input_layers", "output_layers"):
        keys, refs = _guarded(lambda w=what: ends_of(config.get(w), scope.where), scope)
        found = [made.get(Ref(r.layer, r.node - first.get(r.layer, 0), r.index)) for r in refs]
        if None in found:
            missing = next(r for r, s in zip(refs, found, strict=True) if s is None)
            raise _fault(
                scope,
                f"its {what.replace('_', ' ')} name `{missing.layer}`, which is not connected",
            )
        ends.append(dict(zip(keys, found, strict=True)) if keys else found)
    name = plain_name(str(config.get("name") or "model"))
    model: Model = _guarded(lambda: Model(ends[0], ends[1], name=name), scope)
    return model
