"""Temperature scaling: a model whose confidences are true, and whose answers are the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from striate.diagnosis.calibration import Calibration, best_temperature, calibration, softmax
from striate.diagnosis.records import Record
from striate.errors import ArgumentError, message

if TYPE_CHECKING:
    from striate.layers import Layer
    from striate.models import Model

Array = np.ndarray[Any, Any]

_KERNELS = ("kernel", "pointwise_kernel")


@dataclass(frozen=True, eq=False)
class TemperatureScaling(Record):
    """The temperature, and the calibration before and after it, on the samples it is from.

    Args:
        temperature: what logits are divided by; above 1 the model was too sure of itself.
        before: the calibration of the model as it is.
        after: with the temperature.

    References:
        Guo et al. (2017), On calibration of modern neural networks, arXiv:1706.04599.
    """

    temperature: float
    before: Calibration
    after: Calibration

    @property
    def title(self) -> str:
        return f"temperature {self.temperature:.4f}"

    def header(self) -> list[str]:
        return ["", "before", "after"]

    def cells(self) -> list[list[str]]:
        names = {
            "log loss": "log_loss",
            "calibration error": "error",
            "largest error of a bin": "largest_error",
            "Brier score": "brier",
        }
        pairs = {
            text: [getattr(c, n) for c in (self.before, self.after)] for text, n in names.items()
        }
        return [[text, *(f"{value:.4f}" for value in values)] for text, values in pairs.items()]

    def to_dict(self) -> dict[str, Any]:
        both = {"before": self.before.to_dict(), "after": self.after.to_dict()}
        return {"temperature": self.temperature, **both}

    def apply(self, model: Model) -> Model:
        """A copy of the model with true confidences; see `scale_temperature`."""
        return scale_temperature(model, self.temperature)


def fit_temperature(labels: Array, logits: Array) -> TemperatureScaling:
    """The temperature with the lowest log loss on samples that the model has not learned from.

    Raises:
        DataError: no temperature is best, as where the model makes no mistake.
    """
    found = best_temperature(labels, logits)
    before, after = (calibration(labels, softmax(logits / t)) for t in (1.0, found))
    return TemperatureScaling(found, before, after)


def scale_temperature(model: Model, temperature: float) -> Model:
    """A copy of a model with its logits divided by a temperature; it is saved like any other.

    The predicted classes stay, the probabilities become softmax(logits / temperature). Where the
    last layer computes the logits (a Dense or a convolution), its weights are divided; else a
    `Rescaling` comes before the last activation. The copy keeps class names and preprocessing,
    has `metadata["temperature"]`, and is to be compiled anew. A model without a softmax or sigmoid
    at its end is taken to give logits.

    Args:
        model: a classifier with one output.
        temperature: above 0.

    Raises:
        ArgumentError: a temperature of 0 or less, or a model whose logits cannot be reached, such
            as a subclass with a `call` of its own.

    Example:
        >>> import striate as st
        >>> model = st.Sequential([layers.Dense(2, activation="softmax", input_shape=(3,))])
        >>> hot = st.scale_temperature(model, 2.0)
        >>> bool(torch.allclose(hot.layers[0].kernel * 2, model.layers[0].kernel))
        True
    """
    if not temperature > 0 or not np.isfinite(temperature):
        raise ArgumentError(
            message(
                "scale_temperature",
                "this is not a temperature",
                got={"temperature": temperature},
                expected="a finite number above 0",
            )
        )
    copy = _copied(model)
    metadata = {**copy.metadata, "temperature": float(temperature)}
    last = _last_layer(copy)
    if hasattr(last, "before_activation") and _kernel(last) is not None:
        with torch.no_grad():
            for weight in (_kernel(last), getattr(last, "bias", None)):
                if isinstance(weight, torch.Tensor):
                    weight /= temperature
    else:
        copy = _with_rescaling(copy, last, temperature)
    copy.metadata.update(metadata)
    return copy


def _copied(model: Model) -> Model:
    from striate.models import Model, Sequential, clone_model
    from striate.models.saving import put_weights, weight_arrays

    graph = model.graph if isinstance(model, Model) else None
    if graph is None or type(model) not in (Model, Sequential) or len(graph.outputs) != 1:
        raise _unreachable(model)
    copy = clone_model(model)
    put_weights(copy, weight_arrays(model), "scale_temperature")
    return copy


def _last_layer(model: Model) -> Layer:
    """The layer that gives the output; of a model as the last layer, that model's."""
    from striate.models import Model

    graph = model.graph
    (port,) = graph.outputs
    layer = model.get_layer(graph[port.node].layer)
    return _last_layer(layer) if isinstance(layer, Model) else layer


def _kernel(layer: Layer) -> torch.Tensor | None:
    """The weights whose product is the logits."""
    return next((getattr(layer, n) for n in reversed(_KERNELS) if hasattr(layer, n)), None)


def _with_rescaling(model: Model, last: Layer, temperature: float) -> Model:
    """Puts a Rescaling before the last activation, which must be a layer of its own."""
    from striate import layers
    from striate.models import Model

    if last not in model.layers:  # it stands inside a nested model
        raise _unreachable(model)
    node = model.graph[model.graph.outputs[0].node]
    named = (port for port in node.inputs)
    before = model.symbols()[(source := next(named)).node][source.index]
    activation = getattr(last, "final_activation", lambda: None)()
    scale = layers.Rescaling(1.0 / temperature, name="temperature")
    if activation is None:
        return Model(model.inputs, scale(model.outputs[0]), name=model.name)
    return Model(model.inputs, last(scale(before)), name=model.name)


def _unreachable(model: Any) -> ArgumentError:
    return ArgumentError(
        message(
            "scale_temperature",
            "the logits of this model cannot be divided",
            got={"model": type(model).__name__},
            expected="a Sequential or functional model with one output",
            fix="Divide them in its own code, or use evaluation.with_temperature(...)",
        )
    )
