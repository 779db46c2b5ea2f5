"""What the user wrote, by the names under which a file mentions it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from striate import errors
from striate.graph import Node
from striate.graph.kinds import Custom
from striate.graph.named import Named, to_json
from striate.layers import LAYERS, BuiltIn, Lambda, Layer
from striate.layers.construction import with_objects
from striate.layers.function import ANONYMOUS
from striate.layers.subclassing import written_here
from striate.models.model import Model


def inside(name: str, objects: Mapping[str, Any]) -> dict[str, Any]:
    """The objects for the layers inside the layer `name`: those with its path lose it."""
    path = f"{name}/"
    own = {k.removeprefix(path): v for k, v in objects.items() if k.startswith(path)}
    return {**objects, **own}


def custom_layer(node: Node, kind: Custom, objects: Mapping[str, Any]) -> Layer:
    """The layer of a node of the user's code.

    Raises:
        FormatError: it is not among `objects`.
        ArgumentError: what is there is no layer, or cannot be made from its configuration.
    """
    function = dict(kind.config).get("function") if kind.class_name == "Lambda" else None
    names = [node.layer, kind.class_name]
    if isinstance(function, Named):
        names = [node.layer, function.name]
    where = f"{node.name} ({kind.class_name})"
    name = next((n for n in names if n in objects), None)
    found = LAYERS.get(kind.class_name) if name is None else objects[name]
    if found is None:
        raise _missing(node, kind, names[1])
    if isinstance(found, Layer):
        return found
    if inspect.isclass(found) and issubclass(found, Layer):
        fields = with_objects(dict(kind.config), where, node.layer, objects)
        return _from_config(found, {k: to_json(v) for k, v in fields.items()}, where)
    if not callable(found):
        raise errors.ArgumentError(
            errors.message(
                where,
                "`custom_objects` holds something that is neither a layer nor a function",
                got={str(name): found},
                expected="a subclass of striate.layers.Layer, a layer, or a function of a tensor",
            )
        )
    config = to_json(kind.config)
    return Lambda(found, arguments=config.get("arguments"), trainable=config["trainable"])


def _from_config(cls: Any, config: dict[str, Any], where: str) -> Layer:
    try:
        layer: Layer = cls.from_config(config)
    except TypeError as error:
        raise errors.ArgumentError(
            errors.message(
                where,
                f"it cannot be made from its configuration ({error})",
                got={"config": config},
                expected=f"`get_config` to return what {cls.__name__}(...) takes",
                fix="Write get_config(self) and from_config(cls, config), or pass a ready layer",
            )
        ) from error
    return layer


def _missing(node: Node, kind: Custom, name: str) -> errors.FormatError:
    where = f"{node.name} ({kind.class_name})"
    if kind.class_name == "Lambda":
        own = name != ANONYMOUS
        key, shown = (name, name) if own else (node.layer, "lambda x: ...")
        return errors.FormatError(
            errors.message(
                where,
                "its function is the user's own code, and files do not carry code",
                expected="the function, or a layer instead, by name",
                fix=f'load_model(path, custom_objects={{"{key}": {shown}}})',
            )
        )
    return errors.FormatError(
        errors.message(
            where,
            "this layer is the user's own code, and files do not carry code",
            expected="its class by name, or a layer instead",
            fix=f'load_model(path, custom_objects={{"{name}": {name}}})',
        )
    )


def own_objects(model: Model) -> dict[str, Any]:
    """What the user wrote of a model: classes by name, functions by their paths."""
    classes = {type(m).__name__: type(m) for m in model.modules() if _is_users(m)}
    return {**classes, **dict(_of_layers(model, ""))}


def _is_users(module: Any) -> bool:
    if isinstance(module, BuiltIn):
        return module.own_code
    return isinstance(module, Layer) and not written_here(type(module))


def _of_layers(model: Model, path: str) -> Iterator[tuple[str, Any]]:
    for name, layer in model._owners.items():
        yield from _of_layer(f"{path}{name}", layer)


def _of_layer(path: str, layer: Layer) -> Iterator[tuple[str, Any]]:
    if isinstance(layer, Lambda):
        yield path, layer.function
    elif isinstance(layer, BuiltIn):
        for field, choice in layer._choices.items():
            if callable(choice):
                yield f"{path}/{field}", choice
        for inner in layer.children():
            if isinstance(inner, Layer):
                yield from _of_layer(f"{path}/{inner.name}", inner)
    elif isinstance(layer, Model):
        yield from _of_layers(layer, f"{path}/")
    else:
        for argument, value in layer._constructed_with.items():
            if callable(value) and not isinstance(value, Layer):
                yield f"{path}/{argument}", value
