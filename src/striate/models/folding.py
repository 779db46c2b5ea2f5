"""Batch normalisation folded into the layer before it: same answers, one layer less."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from striate import errors
from striate.graph import Node, Port, Symbol, kinds
from striate.layers import BatchNormalization, BuiltIn, Input, Layer
from striate.models.fully_convolutional import called, copied
from striate.models.model import Model
from striate.ops.folding import batch_norm_affine, scaled_kernel

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class FoldingCheck:
    """How well a folded model agrees with its original.

    Args:
        output_error: largest difference of outputs, relative to the largest output.
        inverse_error: largest difference of kernels after unfolding, relative to the largest.
        num_folded: how many normalisations were folded.
    """

    output_error: float
    inverse_error: float
    num_folded: int


def fold_batch_normalization(model: Model) -> Model:
    """A copy of a model for inference, with batch normalisations folded where they can be.

    y = gamma (x k + b - mean) / sqrt(variance + epsilon) + beta is again a convolution: with
    a = gamma / sqrt(variance + epsilon) its kernel is k a and its bias (b - mean) a + beta. That
    holds for a `BatchNormalization` over channels that alone reads a convolution or `Dense`
    without activation; others stay.

    Args:
        model: a built model; it is not changed.

    Raises:
        NotBuiltError: the input shape is not known yet.

    Example:
        >>> import striate as st
        >>> from striate import layers
        >>> model = st.Sequential(
        ...     [layers.Conv2D(4, 3, input_shape=(8, 8, 1)), layers.BatchNormalization()]
        ... )
        >>> [layer.name for layer in st.fold_batch_normalization(model).layers]
        ['input_layer', 'conv2d']

    References: Jacob et al. (2018), section 3.2, https://arxiv.org/abs/1712.05877
    """
    graph = model.graph
    folded = foldable(model)
    into = {bn: source for source, bn in folded.items()}
    values: dict[Port, Symbol] = {}
    made: dict[str, Layer] = {}
    for node in graph:
        if isinstance(node.kind, kinds.InputLayer):
            spec = node.output
            values[Port(node.name)] = Input(
                batch_shape=spec.shape, dtype=spec.dtype, name=node.name
            )
            continue
        if node.name in into:
            values[Port(node.name)] = values[node.inputs[0]]
            continue
        if node.layer not in made:
            made[node.layer] = _made(model, node, folded.get(node.name))
        outputs = called(node, made[node.layer], [values[p] for p in node.inputs])
        values.update({Port(node.name, i): s for i, s in enumerate(outputs)})
    outs = [values[p] for p in graph.outputs]
    keys = graph.output_keys
    packed: Any = dict(zip(keys, outs, strict=True)) if keys else outs
    result = Model([values[p] for p in graph.inputs], packed, name=graph.name)
    result.metadata.update(copy.deepcopy(model.metadata))
    return result


def foldable(model: Model) -> dict[str, str]:
    """Node before -> batch normalisation that can be folded into it."""
    graph = model.graph
    readers: dict[str, list[Node]] = {}
    for node in graph:
        for port in node.inputs:
            readers.setdefault(port.node, []).append(node)
    shared = {n.layer for n in graph if not n.first_call}
    outputs = {p.node for p in graph.outputs}
    found = {}
    for node in graph:
        follows = readers.get(node.name, [])
        if len(follows) != 1 or node.name in outputs or node.layer in shared:
            continue
        (bn,) = follows
        over_channels = isinstance(bn.kind, kinds.BatchNormalization) and bn.kind.axis in (
            -1,
            node.output.rank - 1,
        )
        if over_channels and bn.layer not in shared and _linear(node):
            found[node.name] = bn.name
    return found


def _linear(node: Node) -> bool:
    """A layer that ends in kernel and bias and nothing after them."""
    weights = {w.name for w in node.weights}
    plain = getattr(getattr(node.kind, "activation", None), "name", None) == "linear"
    penalised = node.kind.penalises
    return plain and not penalised and "kernel" in weights and weights <= {"kernel", "bias"}


def _made(model: Model, node: Node, bn: str | None) -> Layer:
    layer = model.get_layer(node.layer)
    if bn is None:
        return copied(layer, node.layer)
    norm = model.get_layer(model.graph[bn].layer)
    if not isinstance(layer, BuiltIn) or not isinstance(norm, BatchNormalization):
        raise errors.GraphError(errors.message(node.name, "not a layer that can be folded"))
    config = {**layer.get_config(), "use_bias": True}
    config.pop("batch_input_shape", None)
    fresh = type(layer).from_config(config)
    fresh.automatic_name, fresh.given_name = node.layer, None
    scale, shift = _affine(norm)
    kernel = layer.get_weights()[0]
    bias = layer.get_weights()[1] if layer.kind.use_bias else 0.0  # type: ignore[attr-defined]
    fresh.build(model.graph.spec(node.inputs[0]).shape)
    fresh.set_weights([kernel * _along(node, scale, kernel), bias * scale + shift])
    return fresh


def _affine(norm: BatchNormalization) -> tuple[Array, Array]:
    """Scale and shift of a normalisation in inference, in float64."""
    scale, shift = batch_norm_affine(
        norm.gamma if norm.scale else None,
        norm.beta if norm.center else None,
        norm.moving_mean,
        norm.moving_variance,
        norm.epsilon,
    )
    return scale.cpu().numpy(), shift.cpu().numpy()


def _along(node: Node, scale: Array, kernel: Array) -> Array:
    placed = scaled_kernel(node.kind_name, torch.from_numpy(scale), torch.from_numpy(kernel))
    array: Array = placed.numpy()
    return array


def check_folding(
    model: Model, folded: Model, *, num_samples: int = 4, seed: int = 0
) -> FoldingCheck:
    """Compares a folded model with its original: outputs, and kernels after unfolding them again.

    Args:
        model: the original.
        folded: what `fold_batch_normalization` made of it.
        num_samples: random inputs to compare on.
        seed: of these inputs.

    Example:
        >>> import striate as st
        >>> from striate import layers
        >>> model = st.Sequential(
        ...     [layers.Conv2D(4, 3, input_shape=(8, 8, 1)), layers.BatchNormalization()]
        ... )
        >>> check = st.check_folding(model, st.fold_batch_normalization(model))
        >>> check.num_folded, check.output_error < 1e-5, check.inverse_error < 1e-5
        (1, True, True)
    """
    rng = np.random.default_rng(seed)
    inputs = [
        rng.normal(size=(num_samples, *(16 if n is None else n for n in s.shape[1:])))
        for s in model.graph.input_specs
    ]
    given: Any = [x.astype("float32") for x in inputs]
    with torch.no_grad():
        a, b = (_flat(m(given if len(given) > 1 else given[0])) for m in (model, folded))
    pairs = foldable(model)
    inverse = 0.0
    for source, bn in pairs.items():
        node = model.graph[source]
        scale, _ = _affine(model.get_layer(model.graph[bn].layer))  # type: ignore[arg-type]
        kernel = model.get_layer(node.layer).get_weights()[0]
        along = _along(node, scale, kernel)
        safe = np.where(along == 0, 1.0, along)  # a gamma of 0 cannot be undone
        undone = np.where(along == 0, kernel, folded.get_layer(node.layer).get_weights()[0] / safe)
        inverse = max(inverse, _relative(undone, kernel))
    return FoldingCheck(_relative(b, a), inverse, len(pairs))


def _flat(value: Any) -> Array:
    many = value.values() if isinstance(value, dict) else value
    if isinstance(many, torch.Tensor):
        many = [many]
    return np.concatenate([v.detach().cpu().numpy().ravel() for v in many])


def _relative(a: Array, b: Array) -> float:
    return float(np.abs(a - b).max() / max(1e-30, np.abs(b).max()))
