"""Keras 1's and 2's names of layers and arguments, and what they are called today.

One table for model files and for scripts. Values stay plain (numbers, strings, dicts), so nothing
here needs a layer, or torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from striate import errors

Arguments = dict[str, Any]

# class name of an earlier Keras -> today's
CLASSES: dict[str, str] = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "Deconvolution2D": "Conv2DTranspose",
    "Deconvolution3D": "Conv3DTranspose",
    "Convolution2DTranspose": "Conv2DTranspose",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "AtrousConv1D": "Conv1D",
    "AtrousConv2D": "Conv2D",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "MaxPool3D": "MaxPooling3D",
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "AvgPool3D": "AveragePooling3D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalMaxPool3D": "GlobalMaxPooling3D",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalAvgPool3D": "GlobalAveragePooling3D",
    "TimeDistributedDense": "Dense",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "CuDNNLSTM": "LSTM",
    "CuDNNGRU": "GRU",
    "UnifiedLSTM": "LSTM",
    "UnifiedGRU": "GRU",
    "LSTMV1": "LSTM",
    "LSTMV2": "LSTM",
    "GRUV1": "GRU",
    "GRUV2": "GRU",
}

_MERGES = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "concat": "Concatenate",
    "dot": "Dot",
    "cos": "Dot",
}

# argument of any layer -> today's
_ANYWHERE: dict[str, str] = {
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "subsample": "strides",
    "subsample_length": "strides",
    "border_mode": "padding",
    "atrous_rate": "dilation_rate",
    "pool_length": "pool_size",
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "U_constraint": "recurrent_constraint",
    "b_constraint": "bias_constraint",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "bias": "use_bias",
    "gamma_init": "gamma_initializer",
    "beta_init": "beta_initializer",
    "gamma_initialize": "gamma_initializer",
    "beta_initialize": "beta_initializer",
    "input_dtype": "dtype",
}
_DROPOUTS = ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
_WITH_UNITS = ("Dense", "LSTM", "GRU", "SimpleRNN", "MaxoutDense", "Highway")
# argument of some layers -> today's
_OF_CLASS: dict[str, dict[str, str]] = {
    **{name: {"p": "rate"} for name in (*_DROPOUTS, "GaussianDropout")},
    **{name: {"output_dim": "units"} for name in _WITH_UNITS},
    "GaussianNoise": {"sigma": "stddev"},
    "UpSampling1D": {"length": "size"},
    "MaxPooling1D": {"stride": "strides"},
    "AveragePooling1D": {"stride": "strides"},
    "LeakyReLU": {"alpha": "negative_slope"},
    "PReLU": {"init": "alpha_initializer"},
    "Embedding": {
        "init": "embeddings_initializer",
        "W_regularizer": "embeddings_regularizer",
        "W_constraint": "embeddings_constraint",
    },
    "DepthwiseConv2D": {
        "init": "depthwise_initializer",
        "kernel_initializer": "depthwise_initializer",
        "kernel_regularizer": "depthwise_regularizer",
        "kernel_constraint": "depthwise_constraint",
    },
    "SeparableConv2D": {"init": "depthwise_initializer"},
}

_KERNEL_AXES = (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3"))

_INITIALIZERS = {
    "uniform": {"class_name": "RandomUniform", "config": {"minval": -0.05, "maxval": 0.05}},
    "normal": {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 0.05}},
    "zero": "zeros",
    "one": "ones",
}
_REGULARIZERS = ("WeightRegularizer", "L1L2Regularizer", "ActivityRegularizer")
_DATA_FORMATS = {"th": "channels_first", "tf": "channels_last", "default": None}

# order of the arguments of Keras 1's constructors that were passed by place
_ORDER_1: dict[str, tuple[str, ...]] = {
    "Convolution1D": ("nb_filter", "filter_length", "init", "activation"),
    "Convolution2D": ("nb_filter", "nb_row", "nb_col", "init", "activation"),
    "Convolution3D": ("nb_filter", "kernel_dim1", "kernel_dim2", "kernel_dim3", "init"),
    "AtrousConvolution1D": ("nb_filter", "filter_length", "init", "activation"),
    "AtrousConvolution2D": ("nb_filter", "nb_row", "nb_col", "init", "activation"),
    "SeparableConvolution2D": ("nb_filter", "nb_row", "nb_col", "init", "activation"),
    "Deconvolution2D": ("nb_filter", "nb_row", "nb_col", "output_shape", "init", "activation"),
    "LocallyConnected2D": ("nb_filter", "nb_row", "nb_col", "init", "activation"),
    "TimeDistributedDense": ("output_dim", "init", "activation"),
    "MaxPooling1D": ("pool_length", "stride", "border_mode"),
    "AveragePooling1D": ("pool_length", "stride", "border_mode"),
    "Merge": ("layers", "mode", "concat_axis", "dot_axes"),
}
# today's names of those that Keras 2 still took in Keras 1's order: Conv2D(32, 3, 3)
_AS_BEFORE = {
    "Conv1D": "Convolution1D",
    "Conv2D": "Convolution2D",
    "Conv3D": "Convolution3D",
    "Conv2DTranspose": "Convolution2D",
    "SeparableConv2D": "SeparableConvolution2D",
}


def by_name(class_name: str, values: Sequence[Any]) -> Arguments | None:
    """Arguments that a script passes by place, under the names of the age it is written for.

    None if today's order holds: `Conv2D(32, 3, 2)` has strides of 2 now, `Convolution2D(32, 3, 2)`
    and `Conv2D(32, 3, 3, "he_normal")` have kernels of (3, 2) and (3, 3).

    Args:
        class_name: as the script has it.
        values: what it passes by place.

    Example:
        >>> by_name("Convolution2D", (32, 5, 5))
        {'nb_filter': 32, 'nb_row': 5, 'nb_col': 5}
        >>> by_name("Conv2D", (32, (3, 3))) is None
        True
    """
    names = _ORDER_1.get(class_name)
    whole = all(isinstance(v, int) for v in values[: 2 if class_name == "Convolution1D" else 3])
    if names is not None and class_name.startswith("Convolution") and not whole:
        return None  # Convolution2D(32, (3, 3)): Keras 2's alias of Conv2D
    if names is None and class_name in _AS_BEFORE and len(values) > 3 and whole:
        earlier = _ORDER_1[_AS_BEFORE[class_name]]
        names = earlier if isinstance(values[3], (str, int)) else None
    if names is None or not values:
        return None
    return dict(zip(names, values, strict=False))


def modern(
    class_name: str,
    arguments: Mapping[str, Any],
    notes: list[str] | None = None,
    *,
    age: int | None = None,
) -> tuple[str, Arguments]:
    """Today's class name and arguments of a layer of an earlier Keras.

    What is up to date already stays as it is; unknown arguments stay for the layer to refuse.

    Args:
        class_name: such as "Convolution2D".
        arguments: its arguments by name, or its config in a file.
        notes: a list to which a line is added for each translation.
        age: 1 or 2 if the file or script is known to be of that Keras: functions that changed
            their meaning (`hard_sigmoid`) then keep the earlier one.

    Raises:
        ArgumentError: a setting that no layer of today has.

    Example:
        >>> modern("Convolution2D", {"nb_filter": 8, "nb_row": 3, "nb_col": 3, "subsample": (2, 2)})
        ('Conv2D', {'filters': 8, 'kernel_size': (3, 3), 'strides': (2, 2)})
    """
    said = notes if notes is not None else []
    given = dict(arguments)
    if class_name == "Merge":
        name = _merge(given)
    else:
        name = CLASSES.get(class_name, class_name)
    if name != class_name:
        said.append(f"{class_name} is {name} now")
    found = _renamed(name, given, said)
    for change in (
        _CHANGES.get(class_name, ()),
        _CHANGES.get(name, ()) if name != class_name else (),
    ):
        for step in change:
            step(found, name)
    for key, value in list(found.items()):
        found[key] = _value(key, value, age)
    return name, found


def _renamed(name: str, given: Arguments, said: list[str]) -> Arguments:
    """The arguments under today's names, in the same order."""
    names = {**_ANYWHERE, **_OF_CLASS.get(name, {})}
    found: Arguments = {}
    for key, value in given.items():
        axes = next((a for a in _KERNEL_AXES if key in a), None)
        if axes is not None and all(a in given for a in axes):
            if key == axes[0]:
                found["kernel_size"] = tuple(given[a] for a in axes)
                said.append(f"{', '.join(axes)} are kernel_size now")
        elif key == "dim_ordering":
            if (order := _data_format(name, value)) is not None:
                found["data_format"] = order
        elif key == "consume_less" or (key == "weights" and value is None):
            continue
        elif key in names:
            if names[key] not in given:
                found[names[key]] = value
            said.append(f"{key} is {names[key]} now")
        else:
            found[key] = value
    return found


def _data_format(name: str, value: Any) -> str | None:
    if value not in _DATA_FORMATS:
        raise errors.ArgumentError(
            errors.message(
                name,
                "`dim_ordering` is not valid",
                got={"dim_ordering": value},
                expected="'th' (channels first), 'tf' (channels last) or 'default'",
            )
        )
    return _DATA_FORMATS[value]


def _merge(given: Arguments) -> str:
    mode = given.pop("mode", "sum")
    if mode not in _MERGES:
        raise errors.ArgumentError(
            errors.message(
                "Merge",
                "`mode` is not one that can be read",
                got={"mode": mode if isinstance(mode, str) else type(mode).__name__},
                expected="one of " + ", ".join(repr(m) for m in _MERGES),
                fix="Write the merge as a layer and pass it in custom_objects under its name",
            )
        )
    axis, axes = given.pop("concat_axis", -1), given.pop("dot_axes", -1)
    for ours in ("mode_type", "output_shape", "output_shape_type", "output_mask", "arguments"):
        given.pop(ours, None)
    given.pop("output_mask_type", None)
    if mode == "concat":
        given["axis"] = axis
    elif mode in ("dot", "cos"):
        given["axes"] = tuple(axes) if isinstance(axes, list) else axes
        given["normalize"] = mode == "cos"
    return _MERGES[mode]


def _batch_statistics(found: Arguments, name: str) -> None:
    mode = found.pop("mode", 0)
    if mode != 0:
        raise errors.ArgumentError(
            errors.message(
                name,
                "`mode` is not one that can be read",
                got={"mode": mode},
                expected="0: statistics per channel; 1 (per sample) and 2 (of each batch, in"
                " inference too) went with Keras 1",
            )
        )
    if isinstance(found.get("axis"), (list, tuple)) and len(found["axis"]) == 1:
        found["axis"] = found["axis"][0]


def _synchronized(found: Arguments, name: str) -> None:
    found["synchronized"] = True


def _reset_after(found: Arguments, name: str) -> None:
    found["reset_after"] = True


def _cudnn(found: Arguments, name: str) -> None:
    found.setdefault("recurrent_activation", "sigmoid")


def _forget_bias(found: Arguments, name: str) -> None:
    start = found.pop("forget_bias_init", None)
    if start is not None:
        found["unit_forget_bias"] = _plain_name(start) in ("one", "ones", "Ones")


def _without_output_shape(found: Arguments, name: str) -> None:
    found.pop("output_shape", None)


def _one_factor(found: Arguments, name: str) -> None:
    """Keras 3 writes a factor a as the range (-a, a)."""
    for key in ("x_factor", "y_factor"):
        ends = found.get(key)
        if isinstance(ends, (list, tuple)) and len(ends) == 2 and ends[0] == -ends[1]:
            found[key] = ends[1]


_CHANGES: dict[str, tuple[Callable[[Arguments, str], None], ...]] = {
    "BatchNormalization": (_batch_statistics,),
    "SyncBatchNormalization": (_synchronized,),
    "CuDNNGRU": (_reset_after, _cudnn),
    "CuDNNLSTM": (_cudnn,),
    "LSTM": (_forget_bias,),
    "ConvLSTM2D": (_forget_bias,),
    "RandomShear": (_one_factor,),
    "Deconvolution2D": (_without_output_shape,),
    "Deconvolution3D": (_without_output_shape,),
}


def _value(key: str, value: Any, age: int | None) -> Any:
    if key.endswith("initializer"):
        return _initializer(value)
    if key.endswith("regularizer"):
        return _regularizer(value)
    if key.endswith("constraint"):
        return _constraint(value)
    if key.endswith("activation") and value == "hard_sigmoid" and age in (1, 2):
        return {"class_name": "hard_sigmoid", "config": {"slope": 0.2}}
    return value


def _plain_name(value: Any) -> Any:
    return value.get("class_name", value.get("name")) if isinstance(value, Mapping) else value


def _initializer(value: Any) -> Any:
    return _INITIALIZERS.get(value, value) if isinstance(value, str) else value


def _regularizer(value: Any) -> Any:
    if not isinstance(value, Mapping) or value.get("name") not in _REGULARIZERS:
        return value
    rates = {k: float(value.get(k) or 0.0) for k in ("l1", "l2")}
    return {"class_name": "L1L2", "config": rates}


def _constraint(value: Any) -> Any:
    if not isinstance(value, Mapping) or "name" not in value or "class_name" in value:
        return value
    config = {("max_value" if k == "m" else k): v for k, v in value.items() if k != "name"}
    return {"class_name": value["name"], "config": config}
