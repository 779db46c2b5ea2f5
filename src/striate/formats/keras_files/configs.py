"""Layers from their configurations: by a fixed table, whatever age the words are of."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from striate.errors import ArgumentError, FormatError, StriateError, message
from striate.formats.keras_ages import modern
from striate.formats.keras_files.choices import choices
from striate.graph.kinds import KINDS
from striate.layers import LAYERS, BuiltIn, ChannelsFirst, Lambda, Layer
from striate.layers.construction import argument_names, tuples

Record = Mapping[str, Any]
MODELS = ("Sequential", "Model", "Functional")
HOLDERS = ("layer", "backward_layer", "forward_layer", "cell")  # keys that hold a layer
# keys without a meaning for what the model computes
IGNORED = frozenset(
    {
        "module",
        "registered_name",
        "build_config",
        "compile_config",
        "implementation",
        "consume_less",
        "query_shape",
        "key_shape",
        "value_shape",
        "flash_attention",
        "input_length",
        "input_dim",
        "input_shape",
        "batch_size",
        "batch_shape",
        "batch_input_shape",
        "build_input_shape",
        "dtype",
        "fused",
        "renorm_clipping",
        "renorm_momentum",
        "virtual_batch_size",
        "autocast",
        "lora_alpha",
        "auto_vectorize",
        "optional",
        "data_format",
        "use_cudnn",
        "layout_map",
        "quantization_mode",
        "supports_masking",
        "num_constants",
    }
)
LEAKED = ("kernel_initializer", "kernel_regularizer", "kernel_constraint")  # of SeparableConv
NEUTRAL: dict[str, tuple[Any, ...]] = {"groups": (1,), "synchronized": (True, False)}
FLOATS = ("float32", "float16", "bfloat16", "float64")


@dataclass
class Scope:
    """What the layers of one file have in common.

    Args:
        where: the file, for messages.
        age: the first number of the Keras that wrote it.
        objects: the user's own layers, classes and functions by name.
        notes: what was translated, for whoever wants to know.
        classes: Keras's class name of a layer that has another one here, by `id`.
        build_model: makes a nested model.
        depth: of nested models.
        keeps_batch: whether a batch size that the file fixes is kept, as kept states need it.
        has_masks: whether some layer makes masks, which the symbols then carry.
        held: what `classes` speaks of.
    """

    where: str
    age: int
    objects: Mapping[str, Any]
    build_model: Callable[[Record, Scope], Any]
    notes: list[str] = field(default_factory=list)
    classes: dict[int, str] = field(default_factory=dict)
    held: list[Any] = field(default_factory=list)
    depth: int = 0
    keeps_batch: bool = False
    has_masks: bool = False

    def refuse(self, name: str, kind: str, fault: str, **more: Any) -> FormatError:
        """The error of one layer."""
        return FormatError(message(f"{self.where}, {name} ({kind})", fault, **more))


def layer_of(record: Any, scope: Scope) -> Any:
    """The layer, or nested model, of one entry of a file.

    Raises:
        FormatError: code of the user's that is not in `custom_objects`, or a setting that no
            layer of striate has.
    """
    if not isinstance(record, Mapping) or not isinstance(record.get("class_name"), str):
        raise FormatError(
            message(scope.where, "a layer has no class name", expected='{"class_name": ...}')
        )
    kind = record["class_name"].rpartition(">")[2]
    config: Any = record.get("config")
    listed = isinstance(config, list) and kind == "Sequential"
    if not isinstance(config, Mapping) and not listed:
        raise FormatError(message(scope.where, f"a {kind} has no configuration"))
    name = str(record.get("name") or (config.get("name", kind) if not listed else kind))
    own = _own(name, kind, config, scope)
    if own is not None:
        return _named(own, name, kind, scope)
    if kind in MODELS:
        return _named(scope.build_model(record, scope), name, kind, scope)
    if kind == "Lambda":
        raise _lambda(name, scope)
    return _named(_built_in(name, kind, dict(config), scope), name, kind, scope)


def plain_name(name: str) -> str:
    """A layer's name without the characters that paths in files keep for themselves."""
    return "".join("_" if c in "/.:@\\" else c for c in name) or "layer"


def _named(layer: Any, name: str, kind: str, scope: Scope) -> Any:
    layer.given_name = None
    layer.automatic_name = plain_name(name)
    if type(layer).__name__ != kind:
        scope.classes[id(layer)] = kind
    scope.held.append(layer)
    return layer


def _own(name: str, kind: str, config: Any, scope: Scope) -> Any:
    """What the user gives for a layer, by its name or its class's; None if nothing."""
    objects = scope.objects
    key = next((k for k in (name, plain_name(name), kind) if k in objects), None)
    if key is None or (kind in LAYERS and key == kind and not inspect.isclass(objects[key])):
        return None
    found = objects[key]
    if isinstance(found, Layer):
        return found
    if inspect.isclass(found):
        return _of_class(found, name, config, scope)
    if callable(found):
        return Lambda(found)
    raise ArgumentError(
        message(
            f"{name} ({kind})",
            "`custom_objects` holds something that is neither a layer nor a function",
            got={key: found},
            expected="a layer, a class of layers, or a function of a tensor",
        )
    )


def _of_class(cls: Any, name: str, config: Any, scope: Scope) -> Any:
    fields = {k: v for k, v in dict(config).items() if not _empty(k, v)}
    fields.pop("name", None)
    try:
        return cls.from_config(fields)
    except (TypeError, StriateError) as error:
        raise scope.refuse(
            name,
            cls.__name__,
            f"it cannot be made from its configuration ({error})",
            got={"config": tuple(fields)},
            fix="Pass a ready layer under its name:"
            f' load_model(path, custom_objects={{"{name}": {cls.__name__}(...)}})',
        ) from None


def _empty(key: str, value: Any) -> bool:
    return key in IGNORED or (key == "trainable" and value is True)


def _lambda(name: str, scope: Scope) -> FormatError:
    return scope.refuse(
        name,
        "Lambda",
        "its function is Python code inside the file, which is never run",
        expected="the function, or a layer instead, by the name of the layer",
        fix=f'load_model(path, custom_objects={{"{name}": lambda x: ...}}), or a layer such as'
        " layers.Rescaling(1 / 127.5, offset=-1)",
    )


def _built_in(name: str, kind: str, config: dict[str, Any], scope: Scope) -> Layer:
    try:
        today, arguments = modern(kind, config, scope.notes, age=scope.age)
        cls = LAYERS.get(today)
        if cls is None or today == "InputLayer":
            raise _unknown(name, kind, scope)
        first = arguments.pop("data_format", None) == "channels_first"
        _check_policy(name, kind, arguments.get("dtype"), scope)
        layer: Layer = cls(**_fields(name, cls, arguments, scope))
        if first:
            layer = _channels_first(layer, name, kind, scope)
    except FormatError:
        raise
    except StriateError as error:
        raise scope.refuse(name, kind, f"it cannot be made ({error})") from None
    except (
        TypeError,
        ValueError,
        OverflowError,
        KeyError,
        AttributeError,
        RecursionError,
    ) as error:
        raise scope.refuse(name, kind, f"its configuration is damaged ({error})") from None
    if arguments.get("trainable") is False:
        layer.trainable = False
    return layer


def _channels_first(layer: Layer, name: str, kind: str, scope: Scope) -> Layer:
    if isinstance(layer, BuiltIn) and "activation" in layer._choices and not layer.of_each_value():
        raise scope.refuse(
            name,
            kind,
            "an activation along the last axis of channels-first images",
            got={"activation": getattr(layer._choices["activation"], "__name__", "")},
            fix="Pass a layer under its name in custom_objects",
        )
    return ChannelsFirst(layer)


def _fields(name: str, cls: Any, arguments: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """The arguments of a constructor from a configuration of any age."""
    known, own = set(argument_names(cls, Layer)), set(argument_names(cls, BuiltIn))
    if cls.__name__ in KINDS:  # some are taken as further arguments
        known |= {f.name for f in dataclasses.fields(KINDS[cls.__name__])}
    fields: dict[str, Any] = {}
    for key, value in arguments.items():
        if key in HOLDERS and isinstance(value, Mapping):
            if value.get("class_name"):
                fields[key] = layer_of(value, scope)
        elif key in ("cell", "cells") and isinstance(value, list):
            fields[key] = [layer_of(v, scope) for v in value]
        elif key in ("name", "trainable"):
            continue
        elif key in known and (key not in IGNORED or key in own):
            fields[key] = tuples(choices(key, value, name, scope))
        elif not _harmless(cls, key, value):
            raise scope.refuse(
                name,
                cls.__name__,
                f"its setting `{key}` is not one that striate knows",
                got={key: value},
                expected="a setting of today's layers, or None",
                fix="Pass a layer under its name:"
                f' load_model(path, custom_objects={{"{name}": ...}})',
            )
    fields.pop("forward_layer", None)
    return fields


def _harmless(cls: Any, key: str, value: Any) -> bool:
    if value is None or value is False or value in ([], {}, "", ()):
        return True
    if key in LEAKED and cls.__name__.startswith("SeparableConv"):
        return True
    return key in IGNORED or value in NEUTRAL.get(key, ())


def _check_policy(name: str, kind: str, dtype: Any, scope: Scope) -> None:
    """Notes numbers of another size than float32, and refuses weights that are packed."""
    policy = dtype.get("config", {}).get("name") if isinstance(dtype, Mapping) else dtype
    if policy is None or policy == "float32":
        return
    word = str(policy)
    if "_from_" in word:
        raise scope.refuse(
            name,
            kind,
            "its weights are quantized",
            got={"dtype": word},
            expected="weights in floating point",
            fix="Save the model before it is quantized",
        )
    if word in FLOATS or word.startswith("mixed_"):
        scope.notes.append(f"{name}: computed in {word} there, in float32 here")


def _unknown(name: str, kind: str, scope: Scope) -> FormatError:
    return scope.refuse(
        name,
        kind,
        "this is no layer of Keras's that striate has; if it is the author's own, files do not"
        " carry its code",
        expected="its class, or a layer instead, by name",
        fix=f'load_model(path, custom_objects={{"{kind}": {kind}}})',
    )
