"""Published weights of the zoo's networks: where they are, how they are named, what they expect."""

from __future__ import annotations

from striate.zoo.pretrained.records import Preparation as Preparation
from striate.zoo.pretrained.records import PretrainedWeights as PretrainedWeights
