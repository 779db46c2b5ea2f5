"""What the fuzzer starts from: small real files of every layout, and files made here."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np

# published files that are small enough to change often
PUBLISHED = (
    "Bulgazof__Hambone-Augmented-Music__cnn_model.keras",
    "vlawhern__arl-eegmodels__EEGNet-8-2-weights.h5",
    "titu1994__Image-Super-Resolution__SR Weights 2X.h5",
    "DariusAf__MesoNet__MesoInception_DF.h5",
    "fastmachinelearning__example-models__qkeras-v3_3layer.keras",
    "Rochester-NRT__RocAlphaGo__minimodel_value.json",
    "ncondo__CarND-Behavioral-Cloning__model.json",
    "shamangary__SSR-Net__densenet_reg_13_64.json",
    "soul00777__lenet_keras_py3__model.json",
)

Layers = list[dict[str, Any]]


def _layer(kind: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": kind.lower(), **config}}


def _plain() -> Layers:
    first = _layer(
        "Conv2D", filters=4, kernel_size=[3, 3], activation="relu", name="conv", padding="same"
    )
    first["config"]["batch_input_shape"] = [None, 8, 8, 3]
    return [
        first,
        _layer("BatchNormalization", axis=[3], epsilon=0.001),
        _layer("MaxPooling2D", pool_size=[2, 2]),
        _layer("Flatten"),
        _layer("Dense", units=5, activation="softmax"),
    ]


WEIGHTS = {
    "conv": {"kernel": (3, 3, 3, 4), "bias": (4,)},
    "batchnormalization": {
        "gamma": (4,),
        "beta": (4,),
        "moving_mean": (4,),
        "moving_variance": (4,),
    },
    "dense": {"kernel": (64, 5), "bias": (5,)},
}


def branches() -> dict[str, Any]:
    """A functional model with a nested one, in the words of Keras 2.4."""

    def node(*names: str) -> list[Any]:
        return [[[name, 0, 0, {}] for name in names]]

    inner = {"class_name": "Sequential", "config": {"name": "inner", "layers": _plain()}}
    layers = [
        {**_layer("InputLayer", batch_input_shape=[None, 8, 8, 3], name="x"), "inbound_nodes": []},
        {**inner, "name": "inner", "inbound_nodes": node("x")},
        {**_layer("Dense", units=5, name="d"), "inbound_nodes": [[["inner", 1, 0, {}]]]},
        {**_layer("Add", name="sum"), "inbound_nodes": [[["inner", 1, 0, {}], ["d", 0, 0, {}]]]},
    ]
    for entry in layers:
        entry["name"] = entry["config"]["name"]
    config = {
        "name": "net",
        "layers": layers,
        "input_layers": [["x", 0, 0]],
        "output_layers": [["sum", 0, 0]],
    }
    return {"class_name": "Functional", "config": config}


def sequential() -> dict[str, Any]:
    """A chain of layers, in the words of Keras 2.2.4."""
    return {"class_name": "Sequential", "config": {"name": "chain", "layers": _plain()}}


def legacy_file(config: Any, weights: Any = None) -> bytes:
    """An `.h5` file of Keras 2 with this model."""
    rng = np.random.default_rng(0)
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        file.attrs["model_config"] = json.dumps(config).encode()
        file.attrs["keras_version"] = b"2.4.0"
        file.attrs["backend"] = b"tensorflow"
        group = file.create_group("model_weights")
        group.attrs["keras_version"] = b"2.4.0"
        found = weights or WEIGHTS
        group.attrs["layer_names"] = [name.encode() for name in found]
        for layer, arrays in found.items():
            own = group.create_group(layer)
            own.attrs["weight_names"] = [f"{layer}/{name}:0".encode() for name in arrays]
            for name, shape in arrays.items():
                own[f"{layer}/{name}:0"] = rng.random(shape).astype("float32")
    return memory.getvalue()


def zip_file(config: Any) -> bytes:
    """A `.keras` file of Keras 3 with this model."""
    rng = np.random.default_rng(0)
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        for layer, arrays in zip(
            ("conv2d", "batch_normalization", "dense"), WEIGHTS.values(), strict=True
        ):
            for i, shape in enumerate(arrays.values()):
                file[f"layers/{layer}/vars/{i}"] = rng.random(shape).astype("float32")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.5.0"}))
        archive.writestr("model.weights.h5", memory.getvalue())
    return packed.getvalue()


def nested_weights() -> dict[str, Any]:
    """The weights of `branches`: those of the nested model in one group."""
    inner = {f"{layer}_{n}": shape for layer, own in WEIGHTS.items() for n, shape in own.items()}
    return {"inner": inner, "d": {"kernel": (5, 5), "bias": (5,)}}


def corpus(shared: Path | None) -> dict[str, bytes]:
    """Every seed by name."""
    found = {
        "sequential.h5": legacy_file(sequential()),
        "functional.h5": legacy_file(branches(), nested_weights()),
        "sequential.keras": zip_file(sequential()),
        "sequential.json": json.dumps(sequential()).encode(),
        "functional.json": json.dumps(branches()).encode(),
    }
    for name in PUBLISHED if shared is not None else ():
        found[name] = (Path(str(shared)) / name).read_bytes()
    return found
