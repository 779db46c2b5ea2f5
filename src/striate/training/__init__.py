"""Training: optimizers, and the search for a learning rate."""

from __future__ import annotations

from striate.training import optimizers as optimizers
from striate.training.lr_finder import LearningRateRange as LearningRateRange
from striate.training.lr_finder import find_learning_rate as find_learning_rate
