"""Learning rates that depend on the step."""

from __future__ import annotations

from striate.training.optimizers.schedules.cosine_decay import CosineDecay as CosineDecay
from striate.training.optimizers.schedules.cosine_decay_restarts import (
    CosineDecayRestarts as CosineDecayRestarts,
)
from striate.training.optimizers.schedules.exponential_decay import (
    ExponentialDecay as ExponentialDecay,
)
from striate.training.optimizers.schedules.inverse_time_decay import (
    InverseTimeDecay as InverseTimeDecay,
)
from striate.training.optimizers.schedules.one_cycle import OneCycle as OneCycle
from striate.training.optimizers.schedules.piecewise_constant_decay import (
    PiecewiseConstantDecay as PiecewiseConstantDecay,
)
from striate.training.optimizers.schedules.polynomial_decay import (
    PolynomialDecay as PolynomialDecay,
)
from striate.training.optimizers.schedules.registry import deserialize as deserialize
from striate.training.optimizers.schedules.registry import serialize as serialize
from striate.training.optimizers.schedules.schedule import (
    LearningRateSchedule as LearningRateSchedule,
)
