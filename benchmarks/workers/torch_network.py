"""A network described by JSON as PyTorch modules, in PyTorch's own layout."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.workers.protocol import Node, same_padding

Weights = dict[str, np.ndarray]


class Scale(nn.Module):
    """x factor + offset."""

    def __init__(self, factor: float, offset: float) -> None:
        super().__init__()
        self.factor, self.offset = factor, offset

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x * self.factor
        return x + self.offset if self.offset else x


class Mean(nn.Module):
    """The mean of each map."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3))


class Sum(nn.Module):
    """The sum of its inputs."""

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x + y


class Joined(nn.Module):
    """Its inputs one after another along the channels."""

    def forward(self, *parts: torch.Tensor) -> torch.Tensor:
        return torch.cat(parts, 1)


class Network(nn.Module):
    """Runs modules in order, each value freed after its last use."""

    def __init__(self, steps: list[tuple[str, nn.Module, list[str]]], given: str) -> None:
        super().__init__()
        self.parts = nn.ModuleList(module for _, module, _ in steps)
        self.given = given
        last = {name: i for i, (_, _, inputs) in enumerate(steps) for name in inputs}
        self.wiring = [
            (name, inputs, [n for n in dict.fromkeys(inputs) if last[n] == i])
            for i, (name, _, inputs) in enumerate(steps)
        ]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values, out = {self.given: x}, x
        for part, (name, inputs, dead) in zip(self.parts, self.wiring, strict=True):
            out = part(*[values[n] for n in inputs])
            values[name] = out
            for n in dead:
                del values[n]
        return out


def build(graph: dict[str, Any], weights: Weights, tuned: bool = False) -> nn.Module:
    """The network up to its logits, as somebody would write it; with `tuned` by every trick.

    Zero padding before a convolution or a pooling becomes their `padding`. Tuned: max-pooling
    before relu, relu in place.
    """
    maker = _Maker(graph, weights, tuned)
    steps = maker.steps()
    chain = all(len(inputs) == 1 for _, _, inputs in steps) and all(
        inputs[0] == before
        for (_, _, inputs), before in zip(steps[1:], [n for n, _, _ in steps], strict=False)
    )
    if chain:
        return nn.Sequential(*[module for _, module, _ in steps])
    return Network(steps, graph["inputs"][0][0])


class _Maker:
    def __init__(self, graph: dict[str, Any], weights: Weights, tuned: bool) -> None:
        self.nodes: dict[str, Node] = {n["name"]: n for n in graph["nodes"]}
        self.weights, self.tuned = weights, tuned
        self.users: dict[str, list[str]] = {name: [] for name in self.nodes}
        for node in graph["nodes"]:
            for name, _ in node["inputs"]:
                self.users[name].append(node["name"])
        self.stands_for: dict[str, str] = {}  # what another step computes already
        self.order: dict[str, tuple[int, int, int]] = {}  # flattened maps: height, width, channels

    def steps(self) -> list[tuple[str, nn.Module, list[str]]]:
        found = []
        for name, node in self.nodes.items():
            inputs = [self._source(n) for n, _ in node["inputs"]]
            if node["kind"] == "InputLayer" or name in self.stands_for:
                continue
            if node["kind"] == "ZeroPadding2D" and self._absorbed(name):
                self.stands_for[name] = inputs[0]
                continue
            if node["kind"] in ("Dropout", "Activation", "ReLU") and inputs[0] in self.order:
                self.order[name] = self.order[inputs[0]]
            modules = self._modules(node)
            if modules:
                part = modules[0] if len(modules) == 1 else nn.Sequential(*modules)
                found.append((name, part, inputs))
            else:
                self.stands_for[name] = inputs[0]
        return found

    def _source(self, name: str) -> str:
        while name in self.stands_for:
            name = self.stands_for[name]
        return name

    def _only_user(self, name: str) -> Node | None:
        users = self.users[name]
        return self.nodes[users[0]] if len(users) == 1 else None

    def _absorbed(self, name: str) -> bool:
        """Whether what follows a zero padding has an argument for it."""
        (top, bottom), (left, right) = self.nodes[name]["config"]["padding"]
        user = self._only_user(name)
        suits = user is not None and user["kind"] in ("Conv2D", "MaxPooling2D")
        return suits and top == bottom == left == right

    def _border(self, node: Node) -> int:
        """Zeros of a `ZeroPadding2D` before it that it took over."""
        before = self.nodes[node["inputs"][0][0]]
        taken = before["kind"] == "ZeroPadding2D" and self._absorbed(before["name"])
        return int(before["config"]["padding"][0][0]) if taken else 0

    def _modules(self, node: Node) -> list[nn.Module]:
        made: list[nn.Module] = getattr(self, f"_{node['kind'].lower()}")(node, node["config"])
        return made

    def _get(self, node: Node, name: str) -> torch.Tensor:
        return torch.from_numpy(self.weights[f"{node['layer']}.{name}"].copy())

    def _act(self, named: dict[str, Any]) -> list[nn.Module]:
        kinds: dict[str, Any] = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh}
        name = named["$named"]
        if name in ("linear", "softmax"):  # the loss is taken from logits
            return []
        return [nn.ReLU(inplace=self.tuned) if name == "relu" else kinds[name]()]

    def _conv2d(self, node: Node, config: dict[str, Any]) -> list[nn.Module]:
        kernel = self._get(node, "kernel").permute(3, 2, 0, 1)
        return self._convolution(node, config, kernel, config["groups"])

    def _depthwiseconv2d(self, node: Node, config: dict[str, Any]) -> list[nn.Module]:
        kernel = self._get(node, "kernel")
        height, width, channels, _ = kernel.shape
        kernel = kernel.permute(2, 3, 0, 1).reshape(-1, 1, height, width)
        return self._convolution(node, config, kernel, channels)

    def _convolution(
        self, node: Node, config: dict[str, Any], kernel: torch.Tensor, groups: int
    ) -> list[nn.Module]:
        shape = self.nodes[node["inputs"][0][0]]["outputs"][0]["shape"]
        strides, size = config["strides"], config["kernel_size"]
        sides = [(self._border(node),) * 2] * 2
        if config["padding"] == "same":
            triples = zip(shape[1:3], size, strides, strict=True)
            sides = [same_padding(*triple) for triple in triples]
        even = all(low == high for low, high in sides)
        conv = nn.Conv2d(
            kernel.shape[1] * groups,
            kernel.shape[0],
            tuple(size),
            tuple(strides),
            tuple(low for low, _ in sides) if even else 0,
            dilation=tuple(config["dilation_rate"]),
            groups=groups,
            bias=config["use_bias"],
        )
        conv.weight.data.copy_(kernel)
        if conv.bias is not None:
            conv.bias.data.copy_(self._get(node, "bias"))
        (top, bottom), (left, right) = sides
        pad: list[nn.Module] = [] if even else [nn.ZeroPad2d((left, right, top, bottom))]
        return [*pad, conv, *self._first_pooled(node, self._act(config["activation"]))]

    def _first_pooled(self, node: Node, act: list[nn.Module]) -> list[nn.Module]:
        """Tuned: the pooling that follows comes before relu, which has less to do then."""
        user = self._only_user(node["name"])
        relu = bool(act) and isinstance(act[0], nn.ReLU)
        if not (self.tuned and relu and user is not None and user["kind"] == "MaxPooling2D"):
            return act
        self.stands_for[user["name"]] = node["name"]
        return [*self._pooling(user), *act]

    def _pooling(self, node: Node) -> list[nn.Module]:
        config = node["config"]
        if config["padding"] != "valid":
            raise ValueError(f"{node['name']}: padding {config['padding']!r} is not translated")
        window, strides = tuple(config["pool_size"]), tuple(config["strides"])
        if node["kind"] == "AveragePooling2D":
            return [nn.AvgPool2d(window, strides)]
        return [nn.MaxPool2d(window, strides, self._border(node))]

    def _maxpooling2d(self, node: Node, config: dict[str, Any]) -> list[nn.Module]:
        return self._pooling(node)

    def _averagepooling2d(self, node: Node, config: dict[str, Any]) -> list[nn.Module]:
        return self._pooling(node)

    def _zeropadding2d(self, node: Node, config: dict[str, Any]) -> list[nn.Module]:
        (top, bottom), (left, right) = config["padding"]
        return [nn.ZeroPad2d((left, right, top, bottom))]

    def _rescaling(self, node: Node, config: dict[str, Any]) -> list[nn.Module]:
        return [Scale(config["scale"], config["offset"])]

    def _dropout(self, node: Node, config: dict[str, Any]) -> list[nn.Module]:
        return [nn.Dropout(config["rate"])] if config["rate"] else []

    def _activation(self, node: Node, config: dict[str, Any]) -> list[nn.Module]:
        return self._act(config["activation"])

    def _relu(self, node: Node, config: dict[str, Any]) -> list[nn.Module]:
        if config["max_value"] is None:
            return [nn.ReLU(inplace=self.tuned)]
        return [nn.Hardtanh(0.0, float(config["max_value"]), inplace=self.tuned)]

    def _flatten(self, node: Node, config: dict[str, Any]) -> list[nn.Module]:
        shape = self.nodes[node["inputs"][0][0]]["outputs"][0]["shape"]
        if len(shape) == 4:
            self.order[node["name"]] = tuple(shape[1:])
        return [nn.Flatten()]

    def _dense(self, node: Node, config: dict[str, Any]) -> list[nn.Module]:
        kernel = self._get(node, "kernel")
        flat = self.order.get(self._source(node["inputs"][0][0]))
        if flat is not None:  # rows follow (H, W, C) in Keras, (C, H, W) here
            kernel = kernel.reshape(*flat, -1).permute(2, 0, 1, 3).reshape(kernel.shape)
        made = nn.Linear(*kernel.shape, bias=config["use_bias"])
        made.weight.data.copy_(kernel.t())
        if made.bias is not None:
            made.bias.data.copy_(self._get(node, "bias"))
        return [made, *self._act(config["activation"])]

    def _batchnormalization(self, node: Node, config: dict[str, Any]) -> list[nn.Module]:
        mean = self._get(node, "moving_mean")
        flat = len(node["outputs"][0]["shape"]) == 2
        kind = nn.BatchNorm1d if flat else nn.BatchNorm2d
        made = kind(len(mean), config["epsilon"], 1 - config["momentum"])
        made.running_mean.copy_(mean)  # type: ignore[union-attr]
        made.running_var.copy_(self._get(node, "moving_variance"))  # type: ignore[union-attr]
        if config["scale"]:
            made.weight.data.copy_(self._get(node, "gamma"))
        if config["center"]:
            made.bias.data.copy_(self._get(node, "beta"))
        made.weight.requires_grad_(config["scale"])
        return [made]

    def _globalaveragepooling2d(self, node: Node, config: dict[str, Any]) -> list[nn.Module]:
        return [Mean()]

    def _add(self, node: Node, config: dict[str, Any]) -> list[nn.Module]:
        return [Sum()]

    def _concatenate(self, node: Node, config: dict[str, Any]) -> list[nn.Module]:
        return [Joined()]
