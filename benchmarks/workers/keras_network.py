"""A network described by JSON as a Keras model."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.workers.protocol import Node

# What a layer is told; the rest of a description is initialisers and the like.
_ARGUMENTS = {
    "Conv2D": ("filters", "kernel_size", "strides", "padding", "groups", "use_bias", "activation"),
    "DepthwiseConv2D": (
        "kernel_size",
        "strides",
        "padding",
        "depth_multiplier",
        "use_bias",
        "activation",
    ),
    "Dense": ("units", "use_bias", "activation"),
    "BatchNormalization": ("axis", "momentum", "epsilon", "center", "scale"),
    "MaxPooling2D": ("pool_size", "strides", "padding"),
    "AveragePooling2D": ("pool_size", "strides", "padding"),
    "ZeroPadding2D": ("padding",),
    "Rescaling": ("scale", "offset"),
    "Dropout": ("rate",),
    "Activation": ("activation",),
    "ReLU": ("max_value",),
    "GlobalAveragePooling2D": (),
    "Flatten": (),
    "Add": (),
    "Concatenate": (),
}


def build(graph: dict[str, Any], weights: dict[str, np.ndarray] | None = None) -> Any:
    """A functional model with these weights, whose probabilities are float32 in any policy.

    Without weights it begins with Keras's own.
    """
    import keras

    values: dict[str, Any] = {}
    last = graph["outputs"][0][0]
    for node in graph["nodes"]:
        if node["kind"] == "InputLayer":
            values[node["name"]] = keras.Input(tuple(node["outputs"][0]["shape"][1:]))
            continue
        options = {"dtype": "float32"} if node["name"] == last else {}
        layer = getattr(keras.layers, node["kind"])(**_config(node), **options)
        inputs = [values[name] for name, _ in node["inputs"]]
        values[node["name"]] = layer(inputs if len(inputs) > 1 else inputs[0])
        if weights is not None:
            names = [w["name"] for w in node.get("weights", ())]
            layer.set_weights([weights[f"{node['layer']}.{name}"] for name in names])
    return keras.Model(values[graph["inputs"][0][0]], values[last])


def _config(node: Node) -> dict[str, Any]:
    found = {name: node["config"][name] for name in _ARGUMENTS[node["kind"]]}
    if "activation" in found:
        found["activation"] = found["activation"]["$named"]
    return {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}
