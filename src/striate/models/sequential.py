"""Sequential: layers one after another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from striate import errors
from striate.graph import Symbol, freeze
from striate.graph.spec import Spec
from striate.layers import InputLayer, Layer
from striate.layers.calls import Template
from striate.models.model import Model


class Sequential(Model):
    """A model whose layers follow one another, each fed by the one before.

    The input shape comes from an `Input`, from `input_shape=` of the first layer, from `build`,
    or from the first data.

    Args:
        layers: the layers, first to last.
        name: the model's name.
        trainable: False keeps all weights as they are in training.

    Raises:
        ShapeError: a layer does not fit what the one before gives; the message shows the chain.
        GraphError: something that is not a layer, or a second input.

    Example:
        >>> import striate as st
        >>> from striate import layers
        >>> model = st.Sequential([layers.Input((28, 28, 1)), layers.Flatten(), layers.Dense(10)])
        >>> model.count_params()
        7850
    """

    def __init__(
        self,
        layers: Iterable[Any] | None = None,
        name: str | None = None,
        trainable: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, trainable=trainable, **kwargs)
        self._stack: list[Layer] = []
        self._head: tuple[Layer, ...] = ()  # the entry; in a tuple, so it is no submodule
        self._tails: list[Symbol] = []  # the symbol after the entry and after each layer
        for layer in layers or ():
            self._push(layer)
        self._refreeze()

    def add(self, layer: Any) -> None:
        """Appends a layer."""
        self._push(layer)
        self._refreeze()

    def pop(self, rebuild: bool = True) -> Layer:
        """Removes the last layer and returns it.

        Raises:
            GraphError: there is no layer.
        """
        if not self._stack:
            raise errors.GraphError(
                errors.message(self.where, "there is no layer to remove", expected="a layer")
            )
        layer = self._stack.pop()
        if self._tails:
            self._tails.pop()
        self._refreeze()
        return layer

    def _push(self, layer: Any) -> None:
        if isinstance(layer, Symbol) and isinstance(layer.call.owner, InputLayer):
            layer = layer.call.owner
        if not isinstance(layer, Layer):
            raise errors.GraphError(
                errors.message(
                    self.where,
                    "only layers can be added",
                    got={"layer": layer if not isinstance(layer, type) else layer.__name__},
                    expected="a layer such as layers.Dense(10)",
                    fix=f"{layer.__name__}(...)" if isinstance(layer, type) else "",
                )
            )
        if isinstance(layer, InputLayer):
            self._enter(layer)
            return
        if not self._head and not self._stack and layer.batch_input_shape is not None:
            self._enter(InputLayer(batch_shape=layer.batch_input_shape))
        elif not self._head and not self._stack and isinstance(layer, Model) and layer.built:
            self._enter(InputLayer(batch_shape=layer.graph.input_specs[0].shape))
        if self._tails:
            self._tails.append(self._follow(layer))
        self._stack.append(layer)

    def _follow(self, layer: Layer) -> Symbol:
        out = layer(self._tails[-1])
        if not isinstance(out, Symbol):
            raise errors.GraphError(
                errors.message(
                    layer.where,
                    "a layer of a Sequential has one output",
                    got={"outputs": len(out)},
                    expected="1",
                    fix="Use Model(inputs, outputs)",
                )
            )
        return out

    def _enter(self, layer: Layer) -> None:
        if self._head or self._stack:
            raise errors.GraphError(
                errors.message(
                    self.where,
                    "an input can only come first",
                    got={"position": len(self._stack)},
                    expected="one Input before all layers",
                )
            )
        self._head = (layer,)
        self._tails = [layer.output]

    def _refreeze(self) -> None:
        """Brings graph, names and modules up to date with the stack."""
        if not self._head or not self._stack:
            self._graph = None
            self._modules.clear()
            for i, layer in enumerate(self._stack):
                self._modules[f"{i}_{layer.name}"] = layer
            return
        entry = self._head[0].output
        self._adopt(freeze([entry], [self._tails[-1]], name=self.name, form="Sequential"))

    def _build_once(self, specs: tuple[Spec, ...], template: Template) -> None:
        if self._graph is not None:
            return
        if not self._stack:
            raise errors.NotBuiltError(
                errors.message(
                    self.where, "the model has no layers", fix="model.add(layers.Dense(10))"
                )
            )
        spec = specs[0]
        stack, self._stack, self._tails = self._stack, [], []
        self._head = ()
        self._enter(InputLayer(batch_shape=spec.shape, dtype=spec.dtype))
        try:
            for layer in stack:
                self._push(layer)
        except BaseException:
            self._head, self._stack, self._tails = (), stack, []
            raise
        self._refreeze()

    @property
    def layers(self) -> list[Layer]:
        """The layers, first to last, without the input."""
        return list(self._stack)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_tails": []}

    def symbols(self) -> Any:
        made = super().symbols()
        if not self._tails and self._graph is not None:
            self._tails = [made[n.name][0] for n in self._graph]
        return made
