"""Metrics by name, from configurations and from functions; nothing outside the table is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from striate.errors import ArgumentError, message, unknown_name
from striate.training import losses
from striate.training.losses.naming import snake_case, squashed
from striate.training.metrics import (
    accuracies,
    auc,
    by_shape,
    confusion_counts,
    confusion_matrix,
    f_score,
    hinges,
    iou,
    mean,
    operating_point,
    precision_recall,
    probabilistic,
    r2_score,
    regression,
)
from striate.training.metrics.function_metric import FunctionMetric
from striate.training.metrics.mean import MeanMetricWrapper
from striate.training.metrics.metric import Metric

CLASSES: tuple[type[Metric], ...] = (
    accuracies.Accuracy,
    accuracies.BinaryAccuracy,
    accuracies.CategoricalAccuracy,
    accuracies.SparseCategoricalAccuracy,
    accuracies.SparseTopKCategoricalAccuracy,
    accuracies.TopKCategoricalAccuracy,
    auc.AUC,
    by_shape.AccuracyByShape,
    by_shape.CrossentropyByShape,
    confusion_counts.FalseNegatives,
    confusion_counts.FalsePositives,
    confusion_counts.TrueNegatives,
    confusion_counts.TruePositives,
    confusion_matrix.ConfusionMatrix,
    f_score.F1Score,
    f_score.FBetaScore,
    hinges.CategoricalHinge,
    hinges.Hinge,
    hinges.SquaredHinge,
    iou.BinaryIoU,
    iou.IoU,
    iou.MeanIoU,
    iou.OneHotIoU,
    iou.OneHotMeanIoU,
    mean.Mean,
    mean.Sum,
    operating_point.PrecisionAtRecall,
    operating_point.RecallAtPrecision,
    operating_point.SensitivityAtSpecificity,
    operating_point.SpecificityAtSensitivity,
    precision_recall.Precision,
    precision_recall.Recall,
    probabilistic.BinaryCrossentropy,
    probabilistic.CategoricalCrossentropy,
    probabilistic.KLDivergence,
    probabilistic.Poisson,
    probabilistic.SparseCategoricalCrossentropy,
    r2_score.R2Score,
    regression.CosineSimilarity,
    regression.LogCoshError,
    regression.MeanAbsoluteError,
    regression.MeanAbsolutePercentageError,
    regression.MeanSquaredError,
    regression.MeanSquaredLogarithmicError,
    regression.RootMeanSquaredError,
)
ALIASES: dict[str, type[Metric]] = {
    "bce": probabilistic.BinaryCrossentropy,
    "cosine_proximity": regression.CosineSimilarity,
    "kld": probabilistic.KLDivergence,
    "kullback_leibler_divergence": probabilistic.KLDivergence,
    "log_cosh": regression.LogCoshError,
    "logcosh": regression.LogCoshError,
    "mae": regression.MeanAbsoluteError,
    "mape": regression.MeanAbsolutePercentageError,
    "mse": regression.MeanSquaredError,
    "msle": regression.MeanSquaredLogarithmicError,
    "rmse": regression.RootMeanSquaredError,
}
BY_SHAPE = {"acc": "accuracy", "accuracy": "accuracy", "ce": "crossentropy"}
BY_SHAPE["crossentropy"] = "crossentropy"

_BY_NAME = {squashed(name): cls for name, cls in ALIASES.items()}
_BY_NAME.update({squashed(cls.__name__): cls for cls in CLASSES})
_BY_FUNCTION: dict[Callable[..., Any], type[Metric]] = {
    **{cls.function: cls for cls in CLASSES if issubclass(cls, FunctionMetric)},
    accuracies.accuracy: accuracies.Accuracy,
    accuracies.binary_accuracy: accuracies.BinaryAccuracy,
    accuracies.categorical_accuracy: accuracies.CategoricalAccuracy,
    accuracies.sparse_categorical_accuracy: accuracies.SparseCategoricalAccuracy,
    accuracies.sparse_top_k_categorical_accuracy: accuracies.SparseTopKCategoricalAccuracy,
    accuracies.top_k_categorical_accuracy: accuracies.TopKCategoricalAccuracy,
}
_SPARSE = (losses.SparseCategoricalCrossentropy,)
_ROWS = (
    losses.CategoricalCrossentropy,
    losses.CategoricalFocalCrossentropy,
    losses.CategoricalHinge,
)
_CHOICES: dict[str, dict[str, type[Metric]]] = {
    "accuracy": {
        "binary": accuracies.BinaryAccuracy,
        "sparse": accuracies.SparseCategoricalAccuracy,
        "categorical": accuracies.CategoricalAccuracy,
        "": by_shape.AccuracyByShape,
    },
    "crossentropy": {
        "binary": probabilistic.BinaryCrossentropy,
        "sparse": probabilistic.SparseCategoricalCrossentropy,
        "categorical": probabilistic.CategoricalCrossentropy,
        "": by_shape.CrossentropyByShape,
    },
}

CustomObjects = Mapping[str, Any]
Shape = tuple[int | None, ...]


def get(identifier: object, output_shape: Shape | None = None, loss: object = None) -> Metric:
    """The metric that a name, a configuration, a function, a class or a metric stands for.

    "accuracy" and "acc" (and "crossentropy", "ce") mean the one that fits: binary for one unit;
    else sparse categorical for class numbers, categorical for one-hot rows. What the output and
    the loss leave open, the shapes of the first batch decide. As in Keras 3, several sigmoid units
    give the categorical accuracy; name "binary_accuracy" for the share of right labels.

    A metric named by a string has that string as its name, as in Keras.

    Args:
        identifier: "mse", "MeanSquaredError" or "mean_squared_error" in any case; a function
            `f(y_true, y_pred)`; `{"class_name", "config"}`; a `Metric` class; a `Metric`,
            returned as it is; a `Loss`.
        output_shape: of the output, batch first: (None, 10).
        loss: the `Loss` or its name.

    Raises:
        UnknownNameError: the name is not in the table.
        ArgumentError: the identifier is none of these, or the class needs arguments.

    Example:
        >>> get("accuracy", output_shape=(None, 1))
        BinaryAccuracy(name='accuracy', threshold=0.5)
    """
    if isinstance(identifier, Metric):
        return identifier
    if isinstance(identifier, str):
        kind = BY_SHAPE.get(identifier.lower())
        cls = _class_of(identifier, {}) if kind is None else _fitting(kind, output_shape, loss)
        return _made(cls, identifier)
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return _made(identifier, None)
    if callable(identifier):
        return _of_function(identifier)
    raise ArgumentError(
        message(
            "metrics.get",
            "this is not a metric",
            got={"identifier": identifier},
            expected="a name, a function f(y_true, y_pred), a Metric or its configuration",
        )
    )


def serialize(metric: Metric) -> dict[str, Any]:
    """The metric as `{"class_name", "config"}`, ready for JSON; a function goes by its name.

    Example:
        >>> serialize(accuracies.BinaryAccuracy(threshold=0.25))["config"]["threshold"]
        0.25
    """
    config = metric.get_config()
    if isinstance(metric, MeanMetricWrapper):
        config["fn"] = getattr(metric.fn, "__name__", type(metric.fn).__name__)
    return {"class_name": type(metric).__name__, "config": config}


def deserialize(config: Mapping[str, Any], custom_objects: CustomObjects | None = None) -> Metric:
    """The inverse of `serialize`; reads what Keras writes too. Imports and runs nothing by name.

    Args:
        config: `{"class_name", "config"}`; other keys, which Keras adds, are not read.
        custom_objects: the user's own metrics and functions, by the name in the configuration.

    Raises:
        UnknownNameError: the class or function is neither in the table nor in custom_objects.
        ArgumentError: there is no "class_name".

    Example:
        >>> deserialize({"class_name": "AUC", "config": {"curve": "PR"}}).curve
        'PR'
    """
    custom = custom_objects or {}
    name, arguments = config.get("class_name"), config.get("config", {})
    if not isinstance(name, str):
        raise ArgumentError(
            message(
                "metrics.deserialize",
                "a configuration without class_name",
                got={"keys": tuple(config)},
                expected='{"class_name": ..., "config": {...}}',
            )
        )
    if name == "function":  # how Keras writes a function: its name is the configuration
        return _of_function(_function_of(str(arguments), custom))
    arguments = dict(arguments)
    if isinstance(arguments.get("dtype"), Mapping):  # a dtype policy of Keras
        arguments["dtype"] = None
    for key, value in arguments.items():
        if isinstance(value, Mapping) and value.get("class_name") in ("__tensor__", "__numpy__"):
            arguments[key] = value["config"]["value"]
    if name == "MeanMetricWrapper" and name not in custom:
        return MeanMetricWrapper(_function_of(arguments.pop("fn"), custom), **arguments)
    metric: Metric = _class_of(name, custom).from_config(arguments)
    return metric


def _fitting(kind: str, output_shape: Shape | None, loss: object) -> type[Metric]:
    choices = _CHOICES[kind]
    if output_shape is not None and (len(output_shape) <= 1 or output_shape[-1] == 1):
        return choices["binary"]
    if isinstance(loss, str):
        loss = losses.get(loss)
    if isinstance(loss, _SPARSE):
        return choices["sparse"]
    return choices["categorical" if isinstance(loss, _ROWS) else ""]


def _made(cls: Any, name: str | None) -> Metric:
    try:
        metric: Metric = cls()
    except TypeError as error:
        raise ArgumentError(
            message(
                "metrics.get",
                "the metric needs arguments",
                got={"identifier": name or cls.__name__},
                fix=f"Pass an object: metrics.{cls.__name__}(...)",
            )
        ) from error
    metric.name = name or metric.name
    return metric


def _of_function(function: Any) -> Metric:
    known = None if isinstance(function, losses.Loss) else _BY_FUNCTION.get(function)
    if known is None:
        return MeanMetricWrapper(function)
    return _made(known, snake_case(function.__name__))


def _function_of(name: str, custom: CustomObjects) -> Any:
    table = {function.__name__: function for function in _BY_FUNCTION}
    found = custom.get(name) or table.get(snake_case(name)) or getattr(losses, name, None)
    if not callable(found):
        raise unknown_name("", "metric", name, [*table, *custom])
    return found


def _class_of(name: str, custom: CustomObjects) -> Any:
    found = custom.get(name) or _BY_NAME.get(squashed(name))
    if found is None:
        known = [snake_case(cls.__name__) for cls in CLASSES] + list(ALIASES) + list(custom)
        raise unknown_name("", "metric", name, known)
    return found
