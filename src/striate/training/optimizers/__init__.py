"""Optimizers with Keras's names, arguments and rules."""

from __future__ import annotations

from striate.training.optimizers import schedules as schedules
from striate.training.optimizers.adadelta import Adadelta as Adadelta
from striate.training.optimizers.adafactor import Adafactor as Adafactor
from striate.training.optimizers.adagrad import Adagrad as Adagrad
from striate.training.optimizers.adam import Adam as Adam
from striate.training.optimizers.adamax import Adamax as Adamax
from striate.training.optimizers.adamw import AdamW as AdamW
from striate.training.optimizers.ftrl import Ftrl as Ftrl
from striate.training.optimizers.lamb import Lamb as Lamb
from striate.training.optimizers.lion import Lion as Lion
from striate.training.optimizers.muon import Muon as Muon
from striate.training.optimizers.nadam import Nadam as Nadam
from striate.training.optimizers.optimizer import Optimizer as Optimizer
from striate.training.optimizers.registry import deserialize as deserialize
from striate.training.optimizers.registry import get as get
from striate.training.optimizers.registry import serialize as serialize
from striate.training.optimizers.rmsprop import RMSprop as RMSprop
from striate.training.optimizers.sgd import SGD as SGD
