"""Which published weights each network has."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from striate.zoo.pretrained.keras_table import ROWS, of_keras
from striate.zoo.pretrained.records import PretrainedWeights
from striate.zoo.pretrained.torch_table import of_torchvision

if TYPE_CHECKING:
    from striate.zoo.architecture import Architecture

_KERAS = {row.network: row for row in ROWS}


@functools.cache
def _torchvision() -> dict[str, list[PretrainedWeights]]:
    return of_torchvision(set(_KERAS))


def published(network: Architecture) -> tuple[PretrainedWeights, ...]:
    """Its weights, the one called "imagenet" first; Keras's where both publish some."""
    row = _KERAS.get(network.name)
    size = network.input_shape[0]
    keras = [of_keras(row, size, network.parameters, network.top1)] if row else []
    return (*keras, *_torchvision().get(network.name, []))
