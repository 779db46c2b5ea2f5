"""Stepper: a model one layer after the other, so that every value in it can be seen or changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor

from striate.graph import Graph, Node, Port
from striate.graph.inlining import inlined
from striate.graph.kinds import InputLayer
from striate.layers.calls import template_of
from striate.models.facts import layers_by_path
from striate.models.model import Model
from striate.ops.layout import to_external, to_internal

See = Callable[[Port, Tensor], Tensor]


class Stepper:
    """Runs a model layer by layer as its graph says: no plan, nothing joined, nothing overwritten.

    Nested models are taken apart; a layer in one is called by its path, `model/layer`. Values are
    channels last. The mode and the weights are the model's own.

    Args:
        model: a built model.

    Raises:
        NotBuiltError: the input shape is not known yet.

    Example:
        >>> import numpy as np
        >>> import striate as st
        >>> from striate.models.stepping import Stepper
        >>> model = st.Sequential([layers.Conv2D(4, 3, input_shape=(8, 8, 3)), layers.Flatten()])
        >>> def see(port, value):
        ...     print(port, tuple(value.shape))
        ...     return value
        >>> stepper = Stepper(model)
        >>> out = stepper.run(stepper.inputs(np.zeros((2, 8, 8, 3))), see)
        input_layer (2, 8, 8, 3)
        conv2d (2, 6, 6, 4)
        flatten (2, 144)
    """

    def __init__(self, model: Model) -> None:
        found = inlined(model.graph)
        self.model = model
        self.graph: Graph = found.graph
        self.ports: Mapping[Port, Port] = found.ports
        self.layers = layers_by_path(model)
        reads = [(p, i) for i, n in enumerate(self.graph) for p in n.inputs]
        self._last = dict(reads)

    def inputs(self, x: Any) -> list[Tensor]:
        """Arrays or tensors as the model's inputs, checked, in the graph's order.

        Raises:
            ShapeError: they have another shape than the model was built for.
            DataError: another number of inputs.
        """
        return [to_external(v) for v in self.model._arranged(self.model._listed(x))]

    def run(
        self, inputs: Sequence[Tensor], see: See | None = None, *, logits: bool = False
    ) -> list[Tensor]:
        """The outputs for these inputs.

        Args:
            inputs: as `inputs` returns them.
            see: is given every value as it comes to be, and returns what goes on in its place.
            logits: outputs before their final softmax or sigmoid.
        """
        split = self.model.logits_split() if logits else None
        without = {p for p, name in zip(self.graph.outputs, split or (), strict=False) if name}
        values = dict(zip(self.graph.inputs, map(to_internal, inputs), strict=True))
        for i, node in enumerate(self.graph):
            if isinstance(node.kind, InputLayer):
                made: Sequence[Tensor] = [values[Port(node.name)]]
            else:
                layer = self.layers[node.layer]
                before = Port(node.name) in without
                made = _called(layer, node, [values[p] for p in node.inputs], before)
            for index, value in enumerate(made):
                port = Port(node.name, index)
                values[port] = value if see is None else to_internal(see(port, to_external(value)))
            for port in node.inputs:
                if self._last[port] == i and port not in self.graph.outputs:
                    values.pop(port, None)
        return [to_external(values[p]) for p in self.graph.outputs]


def _called(layer: Any, node: Node, inputs: Sequence[Tensor], before: bool) -> Sequence[Tensor]:
    if before:
        return [layer.before_activation(*inputs)]
    if getattr(node.kind, "call", None):
        out = layer.compute(*inputs, template=template_of(node.kind, len(inputs)))
    else:
        out = layer.compute(*inputs)
    return list(out) if isinstance(out, (list, tuple)) else [out]
