"""A network described by JSON as an ONNX model, in ONNX's layout (NCHW)."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from benchmarks.workers.protocol import Node, same_padding

OPSET = 17


def build(graph: dict[str, Any], weights: dict[str, np.ndarray]) -> Any:
    """The model, checked; its input is "x", its output the class probabilities."""
    return _Writer(graph, weights).model()


class _Writer:
    def __init__(self, graph: dict[str, Any], weights: dict[str, np.ndarray]) -> None:
        self.graph, self.weights = graph, weights
        self.shapes = {n["name"]: n["outputs"][0]["shape"] for n in graph["nodes"]}
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.flat: dict[str, list[int]] = {}

    def model(self) -> Any:
        for node in self.graph["nodes"]:
            inputs = [name for name, _ in node["inputs"]]
            if inputs and inputs[0] in self.flat and node["kind"] in ("Dropout", "Activation"):
                self.flat[node["name"]] = self.flat[inputs[0]]
            getattr(self, f"_{node['kind'].lower()}")(node, inputs, node["config"])
        given, last = self.graph["inputs"][0][0], self.graph["outputs"][0][0]
        height, width, channels = self.shapes[given][1:]
        value = helper.make_tensor_value_info
        made = helper.make_graph(
            self.nodes,
            "network",
            [value(given, TensorProto.FLOAT, ["batch", channels, height, width])],
            [value(last, TensorProto.FLOAT, ["batch", self.shapes[last][-1]])],
            self.constants,
        )
        model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = 9
        onnx.checker.check_model(model)
        return model

    def _emit(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    def _constant(self, name: str, value: np.ndarray) -> str:
        array = np.ascontiguousarray(value)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def _get(self, node: Node, name: str) -> np.ndarray:
        return self.weights[f"{node['layer']}.{name}"]

    def _activated(self, node: Node, kind: str, inputs: list[str], **attributes: Any) -> None:
        """One operation and the activation of its layer."""
        name = node["name"]
        act = node["config"]["activation"]["$named"]
        if act == "linear":
            self._emit(kind, inputs, name, **attributes)
            return
        self._emit(kind, inputs, f"{name}/before", **attributes)
        self._act(act, f"{name}/before", name)

    def _act(self, act: str, given: str, name: str) -> None:
        if act == "gelu":  # x/2 (1 + erf(x / sqrt 2)), as exporters write it
            root = self._constant(f"{name}/square_root", np.float32(np.sqrt(2.0)))
            one = self._constant(f"{name}/one", np.float32(1.0))
            half = self._constant(f"{name}/half", np.float32(0.5))
            self._emit("Div", [given, root], f"{name}/divided")
            self._emit("Erf", [f"{name}/divided"], f"{name}/erf")
            self._emit("Add", [f"{name}/erf", one], f"{name}/sum")
            self._emit("Mul", [given, f"{name}/sum"], f"{name}/product")
            self._emit("Mul", [f"{name}/product", half], name)
            return
        kinds = {"relu": "Relu", "softmax": "Softmax", "tanh": "Tanh"}
        self._emit(kinds[act], [given], name, **({"axis": -1} if act == "softmax" else {}))

    def _inputlayer(self, node: Node, inputs: list[str], config: dict[str, Any]) -> None:
        pass

    def _conv2d(self, node: Node, inputs: list[str], config: dict[str, Any]) -> None:
        self._convolution(
            node, inputs, self._get(node, "kernel").transpose(3, 2, 0, 1), config["groups"]
        )

    def _depthwiseconv2d(self, node: Node, inputs: list[str], config: dict[str, Any]) -> None:
        kernel = self._get(node, "kernel")
        height, width, channels, _ = kernel.shape
        turned = kernel.transpose(2, 3, 0, 1).reshape(-1, 1, height, width)
        self._convolution(node, inputs, turned, channels)

    def _convolution(self, node: Node, inputs: list[str], kernel: np.ndarray, groups: int) -> None:
        config, name = node["config"], node["name"]
        values = [inputs[0], self._constant(f"{name}/kernel", kernel)]
        if config["use_bias"]:
            values.append(self._constant(f"{name}/bias", self._get(node, "bias")))
        self._activated(
            node,
            "Conv",
            values,
            kernel_shape=config["kernel_size"],
            strides=config["strides"],
            dilations=config["dilation_rate"],
            pads=self._pads(node, config["kernel_size"]),
            group=groups,
        )

    def _pads(self, node: Node, window: list[int]) -> list[int]:
        if node["config"]["padding"] != "same":
            return [0, 0, 0, 0]
        sizes = self.shapes[node["inputs"][0][0]][1:3]
        triples = zip(sizes, window, node["config"]["strides"], strict=True)
        sides = [same_padding(*triple) for triple in triples]
        return [low for low, _ in sides] + [high for _, high in sides]

    def _maxpooling2d(self, node: Node, inputs: list[str], config: dict[str, Any]) -> None:
        window = config["pool_size"]
        pads = self._pads(node, window)
        shape = {"kernel_shape": window, "strides": config["strides"], "pads": pads}
        self._emit("MaxPool", inputs, node["name"], **shape)

    def _zeropadding2d(self, node: Node, inputs: list[str], config: dict[str, Any]) -> None:
        (top, bottom), (left, right) = config["padding"]
        sides = np.array([0, 0, top, left, 0, 0, bottom, right])
        self._emit("Pad", [*inputs, self._constant(f"{node['name']}/sides", sides)], node["name"])

    def _rescaling(self, node: Node, inputs: list[str], config: dict[str, Any]) -> None:
        name = node["name"]
        scale = self._constant(f"{name}/scale", np.float32(config["scale"]))
        offset = self._constant(f"{name}/offset", np.float32(config["offset"]))
        self._emit("Mul", [*inputs, scale], f"{name}/scaled")
        self._emit("Add", [f"{name}/scaled", offset], name)

    def _dropout(self, node: Node, inputs: list[str], config: dict[str, Any]) -> None:
        self._emit("Identity", inputs, node["name"])

    def _activation(self, node: Node, inputs: list[str], config: dict[str, Any]) -> None:
        self._act(config["activation"]["$named"], inputs[0], node["name"])

    def _relu(self, node: Node, inputs: list[str], config: dict[str, Any]) -> None:
        if config["max_value"] is None:
            self._emit("Relu", inputs, node["name"])
            return
        low = self._constant(f"{node['name']}/low", np.float32(0.0))
        high = self._constant(f"{node['name']}/high", np.float32(config["max_value"]))
        self._emit("Clip", [*inputs, low, high], node["name"])

    def _flatten(self, node: Node, inputs: list[str], config: dict[str, Any]) -> None:
        if len(self.shapes[inputs[0]]) == 4:
            self.flat[node["name"]] = self.shapes[inputs[0]][1:]
        self._emit("Flatten", inputs, node["name"])

    def _dense(self, node: Node, inputs: list[str], config: dict[str, Any]) -> None:
        kernel = self._get(node, "kernel")
        if inputs[0] in self.flat:  # rows follow (H, W, C) in Keras, (C, H, W) here
            cube = kernel.reshape(*self.flat[inputs[0]], -1)
            kernel = cube.transpose(2, 0, 1, 3).reshape(kernel.shape)
        values = [inputs[0], self._constant(f"{node['name']}/kernel", kernel)]
        if config["use_bias"]:
            values.append(self._constant(f"{node['name']}/bias", self._get(node, "bias")))
        self._activated(node, "Gemm", values)

    def _batchnormalization(self, node: Node, inputs: list[str], config: dict[str, Any]) -> None:
        mean = self._get(node, "moving_mean")
        gamma = self._get(node, "gamma") if config["scale"] else np.ones_like(mean)
        beta = self._get(node, "beta") if config["center"] else np.zeros_like(mean)
        parts = {"gamma": gamma, "beta": beta, "mean": mean}
        parts["variance"] = self._get(node, "moving_variance")
        names = [self._constant(f"{node['name']}/{k}", v) for k, v in parts.items()]
        kind = "BatchNormalization"
        self._emit(kind, [*inputs, *names], node["name"], epsilon=config["epsilon"])

    def _globalaveragepooling2d(
        self, node: Node, inputs: list[str], config: dict[str, Any]
    ) -> None:
        self._emit("GlobalAveragePool", inputs, f"{node['name']}/maps")
        self._emit("Flatten", [f"{node['name']}/maps"], node["name"])

    def _add(self, node: Node, inputs: list[str], config: dict[str, Any]) -> None:
        self._emit("Add", inputs, node["name"])

    def _concatenate(self, node: Node, inputs: list[str], config: dict[str, Any]) -> None:
        self._emit("Concat", inputs, node["name"], axis=1)
