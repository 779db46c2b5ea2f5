"""`zoo.preprocess_input`: the function of a network by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from striate.errors import ArgumentError, message
from striate.models import Model
from striate.zoo.architecture import Architecture
from striate.zoo.listing import architecture
from striate.zoo.pretrained.preparing import KEY, function_of, of_metadata


def preprocess_input(
    network: str | Architecture | Model, weights: str = "imagenet"
) -> Callable[[Any], Any]:
    """The function that brings RGB images, pixels from 0 to 255, into a network's colours.

    It does what `keras.applications.*.preprocess_input` does, for arrays and tensors
    (..., height, width, 3), and returns new ones; sizes stay as they are.

    Args:
        network: its name in the zoo, itself, or a model whose metadata say it.
        weights: for which of its published weights.

    Raises:
        ArgumentError: nothing is published for the network, or the model does not say it.
        UnknownNameError: no such network.

    Example:
        >>> import numpy as np
        >>> from striate import zoo
        >>> prepare = zoo.preprocess_input("xception")
        >>> [f"{x:.1f}" for x in prepare(np.array([[[0, 51, 255]]], "uint8")).ravel()]
        ['-1.0', '-0.6', '1.0']
    """
    if isinstance(network, Model):
        preparation = of_metadata(network.metadata.get(KEY) or {})
        name = f"the model {network.name}"
    else:
        found = architecture(network) if isinstance(network, str) else network
        preparation = next((r.preparation for r in found.weights if r.name == weights), None)
        name = found.where
    if preparation is None:
        raise ArgumentError(
            message(
                "preprocess_input",
                f"it is not known which colours {name} expects",
                got={"weights": weights},
                expected="a network with published weights of this name, or a model made of one "
                "without preprocessing=True",
            )
        )
    return function_of(preparation)
