"""keras.layers: the layers of every Keras age, made with the arguments of their age."""

from __future__ import annotations

import inspect
from typing import Any

from striate import layers as _layers
from striate.errors import ArgumentError, message
from striate.formats import keras_ages
from striate.keras import config, notes, saving, surface
from striate.keras.spelling import by_names, stand_in
from striate.layers.augmentation.base import OnImages

# Names of Keras 1 and 2 that Keras 3 no longer has, and so are noted as old.
_GONE = {
    *("AtrousConv1D", "AtrousConv2D", "AtrousConvolution1D", "AtrousConvolution2D"),
    *("BatchNormalizationV1", "BatchNormalizationV2", "CuDNNGRU", "CuDNNLSTM"),
    *("Deconvolution2D", "Deconvolution3D", "SyncBatchNormalization", "TimeDistributedDense"),
}
# What Keras's Layer takes and no layer here needs: numbers are float32, code is never traced.
_IDLE = ("activity_regularizer", "autocast", "dynamic", "implementation", "ragged", "sparse")


def _take(name: str, original: Any) -> Any:
    """The stand-in of a layer under one of its names."""
    parameters = inspect.signature(original.__init__).parameters

    def translate(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        return _today(name, original, args, kwargs)[0]

    def make(*args: Any, **kwargs: Any) -> Any:
        given, data_format = _today(name, original, args, kwargs)
        if data_format is None and "data_format" in parameters:
            data_format = config.image_data_format()
        if data_format == "channels_first":
            return _channels_first(original, given)
        return _augments(original(**given))

    return stand_in(original, translate, name, make)


def _today(
    name: str, original: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[dict[str, Any], str | None]:
    """Today's arguments, and the order of axes that was asked for."""
    known = inspect.signature(original.__init__).parameters
    earlier = keras_ages.by_name(name, args)
    given = {**earlier, **kwargs} if earlier else by_names(original.__init__, args, kwargs)
    said: list[str] = []
    age = 1 if earlier else 2 if notes.said() else None
    found = keras_ages.modern(name, given, said, age=age)[1]
    for line in said:
        if name in _GONE or not line.startswith(f"{name} "):
            notes.say(line)
    for key in _IDLE:
        if key in found and key not in known and not found[key]:
            del found[key]
    if found.get("dtype") not in (None, "float32") and "dtype" not in known:
        found.pop("dtype")  # a policy: chosen for the whole model, see keras.mixed_precision
    for key, value in found.items():
        found[key] = _choice(key, value)
    return found, found.pop("data_format", None)


def _choice(key: str, value: Any) -> Any:
    """A choice as striate names it: in lower case, yours by name, Keras's functions by theirs."""
    if isinstance(value, str):
        own = saving.get_custom_objects().get(value)
        if own is not None:
            return own
        return value.lower() if key in ("padding", "data_format", "interpolation") else value
    if key.endswith("activation") and getattr(value, "__module__", "").startswith("striate.keras"):
        return getattr(value, "__name__", value)
    return value


def _channels_first(original: Any, given: dict[str, Any]) -> Any:
    """The layer around which axes are moved; what concerns its place in a model is outside."""
    outside = ("input_shape", "batch_input_shape", "batch_size", "name", "input_dim")
    around = {key: given.pop(key) for key in outside if key in given}
    return _layers.ChannelsFirst(original(**given), **around)


def _augments(layer: Any) -> Any:
    """As in Keras, a random layer that is called by itself augments."""
    if isinstance(layer, OnImages):
        layer.bare_call_trains = True
    return layer


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
    ragged: bool | None = None,
    batch_input_shape: Any = None,
    input_shape: Any = None,
) -> Any:
    """A symbol for data to come, with the arguments of every Keras age.

    Raises:
        ArgumentError: a sparse, ragged or given tensor, which models here cannot take.
    """
    for what, value in (("sparse", sparse), ("ragged", ragged), ("optional", optional)):
        if value:
            raise ArgumentError(
                message("Input", f"`{what}` inputs are not here", fix="Use a dense array")
            )
    if tensor is not None and hasattr(tensor, "call"):
        return tensor
    if isinstance(batch_size, (tuple, list)):  # Keras 1 and 2: batch_shape came second
        batch_size, batch_shape = None, batch_size
    return _layers.Input(
        input_shape if shape is None else shape,
        batch_size,
        getattr(dtype, "name", dtype),
        name,
        batch_shape if batch_input_shape is None else batch_input_shape,
    )


def merge(
    inputs: Any,
    mode: Any = "sum",
    concat_axis: int = -1,
    dot_axes: Any = -1,
    name: str | None = None,
    **_: Any,
) -> Any:
    """Keras 1's `merge` of symbols."""
    notes.say('merge(..., mode="...") is add, concatenate, ... now')
    given = {"mode": mode, "concat_axis": concat_axis, "dot_axes": dot_axes}
    kind, found = keras_ages.modern("Merge", given)
    return getattr(_layers, kind)(**found, name=name)(inputs)


class InputSpec:
    """What a layer of the user's says of its input; shapes are checked by the layers themselves.

    Args:
        dtype: number type.
        shape: the whole shape, batch first.
        ndim: number of axes.
        max_ndim: at most so many axes.
        min_ndim: at least so many axes.
        axes: size by axis.
        allow_last_axis_squeeze: whether a last axis of 1 may be missing.
        name: the input's name.
        optional: whether it may be None.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype, self.name, self.optional = dtype, name, optional
        self.shape = None if shape is None else tuple(shape)
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim, self.min_ndim, self.axes = max_ndim, min_ndim, dict(axes or {})
        self.allow_last_axis_squeeze = allow_last_axis_squeeze


def serialize(layer: Any) -> dict[str, Any]:
    """A layer without its weights as Keras's configuration of it."""
    return {"class_name": type(layer).__name__, "config": layer.get_config()}


def deserialize(config: dict[str, Any], custom_objects: Any = None) -> Any:
    """The layer of `serialize`'s result; classes of yours in `custom_objects` come first."""
    own = {**saving.get_custom_objects(), **(custom_objects or {})}
    name = config["class_name"]
    if name in own:
        return own[name].from_config(config["config"])
    return getattr(_layers, name).from_config(config["config"])


_INSIDE = ("BuiltIn", "LAYERS", "Input", "Operation", "register")
_FUNCTIONS = {
    name: value
    for name, value in surface.take(_layers, _INSIDE).items()
    if not isinstance(value, type)
}
_CLASSES = {
    **{n: v for n, v in surface.take(_layers, _INSIDE).items() if isinstance(v, type)},
    **{old: getattr(_layers, new) for old, new in keras_ages.CLASSES.items()},
}
_STAND_INS = {name: _take(name, original) for name, original in sorted(_CLASSES.items())}
globals().update(_FUNCTIONS)
globals().update(_STAND_INS)
_GlobalPooling1D = _layers.GlobalAveragePooling1D
_Pooling2D = _layers.MaxPooling2D

__all__ = [
    *_STAND_INS,
    *_FUNCTIONS,
    "Input",
    "InputSpec",
    "deserialize",
    "merge",
    "serialize",
]
