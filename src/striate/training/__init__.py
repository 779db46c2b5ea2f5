"""Training of any `nn.Module`: losses, metrics, optimizers, callbacks and the loop."""

from __future__ import annotations

from striate.training import callbacks as callbacks
from striate.training import losses as losses
from striate.training import metrics as metrics
from striate.training import optimizers as optimizers
from striate.training.compiled import Compiled as Compiled
from striate.training.compiled import compile as compile
from striate.training.health import TrainingHealth as TrainingHealth
from striate.training.health_report import HealthFinding as HealthFinding
from striate.training.health_report import HealthReport as HealthReport
from striate.training.history import History as History
from striate.training.loop import evaluate as evaluate
from striate.training.loop import fit as fit
from striate.training.loop import predict as predict
from striate.training.lr_finder import LearningRateRange as LearningRateRange
from striate.training.lr_finder import find_learning_rate as find_learning_rate
from striate.training.on_batch import predict_on_batch as predict_on_batch
from striate.training.on_batch import test_on_batch as test_on_batch
from striate.training.on_batch import train_on_batch as train_on_batch
from striate.training.random_state import set_seed as set_seed
from striate.training.recipe import Recipe as Recipe
