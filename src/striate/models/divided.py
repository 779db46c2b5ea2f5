"""Divided: a model as backbone and head, which are frozen, exchanged and run apart."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from striate.layers import Layer
from striate.models import features, freezing
from striate.models.analysed import Analysed
from striate.models.division import KEPT_CUT, division, halves

if TYPE_CHECKING:
    from striate.models.model import Model

Array = np.ndarray[Any, np.dtype[Any]]


class Half:
    """`model.backbone` or `model.head`; a layer that a subclass keeps under this name goes first.

    Args:
        number: 0 is the backbone, 1 the head.
    """

    def __init__(self, number: int, text: str) -> None:
        self.number = number
        self.__doc__ = text

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, model: Divided | None, owner: type) -> Any:
        if model is None:
            return self
        own = model._modules.get(self.name)
        if own is not None and type(model).call is not Layer.call:
            return own
        return model._halves()[self.number]


class Divided(Analysed):
    """The part of a model that knows where its features end and its head begins."""

    _parts: tuple[str, Model, Model] | None = None
    _warned: tuple[str, ...] = ()

    backbone = Half(0, "From the inputs to the features at `cut_point`: a model of shared layers.")
    head = Half(1, "From the features at `cut_point` to the first output: a model likewise.")

    @property
    def cut_point(self) -> str:
        """The layer whose output the backbone ends with; settable, None returns to the rule.

        Networks of the zoo know theirs. Else it is the last map that all of the way to the output
        passes through, before global pooling or flattening, if layers with weights follow
        (dropout belongs to the head). It is saved with the model.

        Raises:
            UnknownNameError: set to a name that no layer has; the nearest are listed.
            GraphError: set where a shortcut leads around it; or there is nothing to divide.
        """
        return str(division(self).port)

    @cut_point.setter
    def cut_point(self, layer: str | None) -> None:
        before = self._metadata.pop(KEPT_CUT, None)
        self._parts = None
        if layer is None:
            return
        self._metadata[KEPT_CUT] = str(layer)
        try:
            self._halves()
        except ValueError:
            self._metadata.pop(KEPT_CUT)
            if before is not None:
                self._metadata[KEPT_CUT] = before
            raise

    def _halves(self) -> tuple[Model, Model]:
        key = self.cut_point
        if self._parts is None or self._parts[0] != key:
            self._parts = (key, *halves(self))
        return self._parts[1:]

    def freeze(self, until: str | None = None) -> None:
        """Keeps layers as they are in training: the backbone, or all up to a layer.

        Frozen are the layer and every one that it is computed from. It is `trainable = False` of
        each, with Keras's meaning: their weights stay, and batch normalisation stays in inference
        mode. Unlike in Keras no new `compile` is needed: the next `fit` does as `trainable` says
        then, and what an optimizer knows of weights that train again is kept.

        Args:
            until: the last layer to freeze, by name, in a nested model by path ("base/conv1");
                None: the layer at `cut_point`.

        Raises:
            UnknownNameError: no layer of that name.

        Example:
            >>> from striate import zoo
            >>> model = zoo.resnet20()
            >>> model.freeze()
            >>> sum(w.numel() for w in model.trainable_weights)
            650
        """
        freezing.freeze(self, until)

    def unfreeze(self, from_: str | None = None, *, batch_normalization: bool = True) -> None:
        """Lets layers train again: all, or those from a layer on.

        From a layer on means the layer and every one that it is not computed from: what
        `freeze(until=from_)` would leave, and the layer itself.

        Args:
            from_: the first layer to train, by name or path; None: all.
            batch_normalization: False leaves batch normalisations as they are: with few images,
                or small batches, statistics of pretraining are the better ones.

        Raises:
            UnknownNameError: no layer of that name.

        Example:
            >>> from striate import zoo
            >>> model = zoo.resnet20()
            >>> model.freeze()
            >>> model.unfreeze(from_="conv4_block3_1_conv")
            >>> sum(w.numel() for w in model.trainable_weights)
            74634
        """
        freezing.unfreeze(self, from_, batch_normalization)

    def extract_features(
        self,
        x: Any,
        batch_size: int = 32,
        *,
        pooling: str | None = None,
        file: str | os.PathLike[str] | None = None,
        device: str | torch.device = "auto",
        precision: str = "float32",
        verbose: str | int = "auto",
    ) -> Array:
        """What the backbone makes of data, in inference mode; see `models.features.extract`."""
        return features.extract(
            self.backbone,
            x,
            batch_size=batch_size,
            pooling=pooling,
            file=file,
            device=device,
            precision=precision,
            verbose=verbose,
        )

    def replace_head(
        self,
        classes: int | Sequence[str],
        *,
        pooling: str = "auto",
        dropout: float = 0.2,
        activation: Any = "softmax",
    ) -> None:
        """Puts a new head in place of the old one; see `models.heads.replace_head`."""
        from striate.models.heads import replace_head

        replace_head(self, classes, pooling=pooling, dropout=dropout, activation=activation)
