"""memory: what a model needs in memory, for training and for inference, at any batch size."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from striate import errors
from striate.analysis.backward import FLOAT
from striate.analysis.execution import execution
from striate.analysis.lifetimes import (
    Forward,
    Ledger,
    Moment,
    backward,
    largest,
    value_bytes,
)
from striate.analysis.table import html_table, size_text, text_table
from striate.graph import Graph, Node
from striate.graph.kinds import InputLayer, Nested

# name -> numbers kept for each trained weight; numbers needed for each during the update, all at
# once; the same for one weight tensor at a time. Adafactor keeps a row and a column per matrix.
OPTIMIZERS: dict[str, tuple[float, float, float]] = {
    "sgd": (0, 0, 0),
    "rmsprop": (1, 1, 0),
    "adagrad": (1, 1, 0),
    "adadelta": (2, 1, 0),
    "adam": (2, 0, 1),
    "adamw": (2, 0, 1),
    "adamax": (2, 1, 0),
    "nadam": (2, 1, 0),
    "lion": (1, 1, 0),
    "lamb": (2, 2, 0),
    "ftrl": (2, 3, 0),
    "adafactor": (0, 2, 0),
    "muon": (1, 1, 10),
}


@dataclass(frozen=True)
class LayerMemory:
    """One layer's part.

    Args:
        name: the layer; those of nested models have the model's name in front.
        kind: its class.
        weights_bytes: its weights.
        output_bytes: its result, for the whole batch.
        kept_bytes: what it makes that some backward pass reads, for the whole batch.
        backward_reads: what its own backward pass reads: "input", "output", "places or copies".
    """

    name: str
    kind: str
    weights_bytes: int
    output_bytes: int
    kept_bytes: int
    backward_reads: str


@dataclass(frozen=True)
class Memory:
    """What `memory` returns: bytes, by what they are for, and when most of them are in use.

    Args:
        name: the model's name.
        batch_size: samples per step.
        precision: of products.
        optimizer: its name, or "" for none.
        training: whether `moments`, `peak_bytes` and `largest_batch` are of training.
        described: which execution it is: the plan's, or layer by layer.
        weights_bytes: all weights and statistics.
        gradients_bytes: of the weights that are trained.
        optimizer_bytes: what the optimizer keeps from step to step.
        activations_bytes: what the forward pass keeps for the backward pass.
        layers: layer by layer.
        training_moments: what is in use during each part of a training step.
        inference_moments: the same of inference.
    """

    name: str
    batch_size: int
    precision: str
    optimizer: str
    training: bool
    described: str
    weights_bytes: int
    gradients_bytes: int
    optimizer_bytes: int
    activations_bytes: int
    layers: tuple[LayerMemory, ...]
    training_moments: tuple[Moment, ...]
    inference_moments: tuple[Moment, ...]

    @property
    def moments(self) -> tuple[Moment, ...]:
        """What is in use during each part of a step, of training or of inference."""
        return self.training_moments if self.training else self.inference_moments

    @property
    def training_peak_bytes(self) -> int:
        """The most that is in use at one time in a training step."""
        return self._peak(self.training_moments).at(self.batch_size)

    @property
    def training_peak_at(self) -> str:
        """When that is."""
        return self._peak(self.training_moments).what

    @property
    def inference_peak_bytes(self) -> int:
        """The most that is in use at one time without a backward pass."""
        return self._peak(self.inference_moments).at(self.batch_size)

    @property
    def inference_peak_at(self) -> str:
        """When that is."""
        return self._peak(self.inference_moments).what

    def _peak(self, moments: tuple[Moment, ...]) -> Moment:
        return largest(moments, self.batch_size)

    @property
    def peak_bytes(self) -> int:
        """The most that is in use at one time, in training or in inference, as asked for."""
        return self.training_peak_bytes if self.training else self.inference_peak_bytes

    def peak_of(self, batch_size: int) -> int:
        """The peak at another batch size."""
        return largest(self.moments, batch_size).at(batch_size)

    def largest_batch(self, available_bytes: int) -> int:
        """The largest batch whose peak is within so many bytes; 0 if not even one sample fits."""
        sizes = []
        for moment in self.moments:
            room = available_bytes - moment.fixed_bytes
            if room < 0:
                return 0
            if moment.sample_bytes:
                sizes.append(math.floor(room / moment.sample_bytes))
        return min(sizes, default=0)

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        record = asdict(self)
        for mode in ("training", "inference"):
            for what in ("bytes", "at"):
                record[f"{mode}_peak_{what}"] = getattr(self, f"{mode}_peak_{what}")
        return record

    def to_json(self) -> str:
        """Everything as JSON text."""
        return json.dumps(self.to_dict())

    def records(self) -> list[dict[str, Any]]:
        """One dict per layer."""
        return [asdict(layer) for layer in self.layers]

    def parts(self) -> list[tuple[str, int, str]]:
        """What the memory is for, in bytes, with a remark."""
        kept = "kept for the backward pass"
        rows = [("weights", self.weights_bytes, "")]
        if self.training:
            rows += [
                ("gradients", self.gradients_bytes, ""),
                ("optimizer", self.optimizer_bytes, self.optimizer),
                ("activations", self.activations_bytes, kept),
            ]
        at = (self.training_peak_at, self.inference_peak_at)
        rows += [("peak, training", self.training_peak_bytes, f"during {at[0]}")] * self.training
        return [*rows, ("peak, inference", self.inference_peak_bytes, f"during {at[1]}")]

    def _title(self) -> str:
        batch = f"batch of {self.batch_size}"
        return f"{self.name}: memory, {batch}, {self.precision}, {self.described}"

    def _rows(self) -> list[list[str]]:
        return [
            [
                f"{row.name} ({row.kind})",
                size_text(row.weights_bytes),
                size_text(row.output_bytes),
                size_text(row.kept_bytes),
                row.backward_reads,
            ]
            for row in self.layers
        ]

    def totals_text(self) -> str:
        """What the memory is for, without the layers."""
        rows = [(what, size_text(n), remark) for what, n, remark in self.parts()]
        title = f"batch of {self.batch_size}"
        return text_table((title, "", ""), rows, right=(1,))

    def __str__(self) -> str:
        layers = text_table(_HEADER, self._rows(), right=(1, 2, 3))
        return "\n".join([self._title(), "", layers, "", self.totals_text()])

    def _repr_html_(self) -> str:
        rows = [(what, size_text(n), remark) for what, n, remark in self.parts()]
        totals = html_table(("in all", "", ""), rows, right=(1,))
        layers = html_table(_HEADER, self._rows(), right=(1, 2, 3))
        return f"<p>{html.escape(self._title())}</p>{layers}{totals}"


_HEADER = ("layer", "weights", "output", "kept", "its backward pass reads")


def memory(
    graph: Graph,
    batch_size: int = 32,
    precision: str | Collection[str] = "float32",
    optimizer: str = "adam",
    training: bool = True,
    *,
    plan: bool = True,
    optimizer_bytes: int | None = None,
) -> Memory:
    """What a model needs in memory: weights, gradients, optimizer, activations, and the peak.

    The steps of `Model.plan` are followed in order. A value is freed when its last reader has run,
    unless a backward pass reads it; gradients are made on the way back and freed as soon as they
    are used. Counted are tensors: what is in use, not what an allocator holds in reserve, nor the
    scratch memory inside a kernel, the program and its libraries. The steps are those of torch's
    kernels. Where striate's own run, training needs between a quarter less and 9 % more, and
    inference, which keeps a second form of the weights, up to four times theirs besides.

    Args:
        graph: what to describe.
        batch_size: samples per step.
        precision: "float32", "bfloat16" for products, or the names of the layers whose products
            are bfloat16.
        optimizer: its name, with its default settings.
        training: whether the peak asked for is that of training.
        plan: False for the layers one after the other, as `fit(plan=False)` runs them.
        optimizer_bytes: what the optimizer keeps, if that is known better than by its name.

    Raises:
        ArgumentError: a batch size below 1, another precision, or an open height or width.
        UnknownNameError: no such optimizer; the nearest are listed.

    Example:
        >>> import striate as st
        >>> conv = st.layers.Conv2D(8, 3, activation="relu", input_shape=(28, 28, 1))
        >>> found = memory(st.Sequential([conv, st.layers.MaxPooling2D()]).graph, batch_size=4)
        >>> found.weights_bytes, found.activations_bytes
        (320, 151424)
        >>> found.largest_batch(2**30) > 10_000
        True
    """
    _check(graph, batch_size, optimizer)
    weights, trained = layer_weights(graph)
    total, learned = sum(weights.values()), sum(trained.values())
    slots, *_ = OPTIMIZERS[optimizer.lower()]
    state = round(slots * learned) if optimizer_bytes is None else optimizer_bytes
    ahead = execution(graph, training=True, plan=plan, precision=precision)
    step = Forward(ahead, Ledger(float(total + state)), weights, trained, backward=True)
    step.run()
    layers = tuple(_layers(graph, batch_size, step))
    backward(step)
    step.ledger.note("the update of the weights", fixed=update_bytes(optimizer, trained))
    answers = execution(graph, training=False, plan=plan, precision=precision)
    folded = sum(FLOAT * each.node.num_parameters for each in answers.steps if each.folded)
    answer = Forward(answers, Ledger(float(total + folded)), weights, trained, backward=False)
    answer.run()
    return Memory(
        graph.name,
        batch_size,
        precision if isinstance(precision, str) else "bfloat16 products",
        optimizer.lower(),
        training,
        "as planned" if plan else "layer by layer",
        total,
        learned,
        state,
        sum(layer.kept_bytes for layer in layers),
        layers,
        tuple(step.ledger.moments),
        tuple(answer.ledger.moments),
    )


def update_bytes(optimizer: str, trained: Mapping[str, int]) -> float:
    """What an optimizer needs besides, while it updates the weights."""
    _, at_once, one_by_one = OPTIMIZERS[optimizer.lower()]
    return at_once * sum(trained.values()) + one_by_one * max(trained.values(), default=0)


def layer_weights(graph: Graph, prefix: str = "") -> tuple[dict[str, int], dict[str, int]]:
    """Bytes of each layer's weights, and of those that are trained; nested models apart."""
    weights: dict[str, int] = {}
    trained: dict[str, int] = {}
    for node in graph:
        name = prefix + node.layer
        if isinstance(node.kind, Nested):
            if node.first_call:
                more, learned = layer_weights(node.kind.inner, f"{name}/")
                weights |= more
                trained |= learned if node.trainable else dict.fromkeys(learned, 0)
        elif node.first_call:
            weights[name] = FLOAT * node.num_parameters
            trained[name] = FLOAT * node.num_trainable
    return weights, trained


def _layers(graph: Graph, batch_size: int, walk: Forward, prefix: str = "") -> list[LayerMemory]:
    kept_bytes = walk.kept_bytes()
    rows = []
    for node in graph:
        name = prefix + node.layer
        if not node.first_call or (isinstance(node.kind, InputLayer) and prefix):
            continue
        if isinstance(node.kind, Nested):
            rows += _layers(node.kind.inner, batch_size, walk, f"{name}/")
            continue
        rows.append(
            LayerMemory(
                name=name,
                kind=node.kind_name,
                weights_bytes=walk.weights.get(name, 0),
                output_bytes=round(batch_size * _output_bytes(node)),
                kept_bytes=round(batch_size * kept_bytes.get(name, 0.0)),
                backward_reads=_reads(walk.reads.get(name, [])),
            )
        )
    return rows


def _output_bytes(node: Node) -> float:
    return sum(value_bytes(spec) for spec in node.outputs)


def _reads(rules: list[Any]) -> str:
    """In words, what the backward pass of a layer reads."""
    found: list[str] = []
    if not rules:
        return ""
    if any(rule.inputs is None or len(rule.inputs) > 1 for rule in rules):
        found.append("inputs")
    elif rules[0].inputs:
        found.append("input")
    if any(rule.outputs for rule in rules):
        found.append("output")
    if any(rule.extra_bytes for rule in rules):
        found.append("places or copies")
    return ", ".join(found)


def _check(graph: Graph, batch_size: int, optimizer: str) -> None:
    if not isinstance(batch_size, int) or batch_size < 1:
        raise errors.ArgumentError(
            errors.message(
                "memory",
                "`batch_size` is not valid",
                got={"batch_size": batch_size},
                expected="a positive whole number",
            )
        )
    if optimizer.lower() not in OPTIMIZERS:
        raise errors.unknown_name("memory", "optimizer", optimizer, OPTIMIZERS)
    for node in graph:
        for spec in node.outputs:
            if None in spec.shape[1:]:
                raise errors.ArgumentError(
                    errors.message(
                        f"{node.name} ({node.kind_name})",
                        "memory depends on a size that is open",
                        got={"output shape": spec.shape},
                        expected="known sizes besides the batch",
                        fix="Give them: graph.respecify((Spec((None, 224, 224, 3)),))",
                    )
                )
