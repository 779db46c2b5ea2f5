"""Losses: targets and predictions in, the number that training makes smaller out."""

from __future__ import annotations

from striate.training.losses.by_shape import Crossentropy as Crossentropy
from striate.training.losses.crossentropy import BinaryCrossentropy as BinaryCrossentropy
from striate.training.losses.crossentropy import CategoricalCrossentropy as CategoricalCrossentropy
from striate.training.losses.crossentropy import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from striate.training.losses.crossentropy import binary_crossentropy as binary_crossentropy
from striate.training.losses.crossentropy import (
    categorical_crossentropy as categorical_crossentropy,
)
from striate.training.losses.crossentropy import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from striate.training.losses.divergence import KLDivergence as KLDivergence
from striate.training.losses.divergence import Poisson as Poisson
from striate.training.losses.divergence import kl_divergence as kl_divergence
from striate.training.losses.divergence import poisson as poisson
from striate.training.losses.focal import BinaryFocalCrossentropy as BinaryFocalCrossentropy
from striate.training.losses.focal import (
    CategoricalFocalCrossentropy as CategoricalFocalCrossentropy,
)
from striate.training.losses.focal import binary_focal_crossentropy as binary_focal_crossentropy
from striate.training.losses.focal import (
    categorical_focal_crossentropy as categorical_focal_crossentropy,
)
from striate.training.losses.hinges import CategoricalHinge as CategoricalHinge
from striate.training.losses.hinges import Hinge as Hinge
from striate.training.losses.hinges import SquaredHinge as SquaredHinge
from striate.training.losses.hinges import categorical_hinge as categorical_hinge
from striate.training.losses.hinges import hinge as hinge
from striate.training.losses.hinges import squared_hinge as squared_hinge
from striate.training.losses.loss import Loss as Loss
from striate.training.losses.loss import LossFunctionWrapper as LossFunctionWrapper
from striate.training.losses.overlap import Dice as Dice
from striate.training.losses.overlap import Tversky as Tversky
from striate.training.losses.overlap import dice as dice
from striate.training.losses.overlap import tversky as tversky
from striate.training.losses.registry import deserialize as deserialize
from striate.training.losses.registry import get as get
from striate.training.losses.registry import serialize as serialize
from striate.training.losses.regression import Huber as Huber
from striate.training.losses.regression import LogCosh as LogCosh
from striate.training.losses.regression import MeanAbsoluteError as MeanAbsoluteError
from striate.training.losses.regression import (
    MeanAbsolutePercentageError as MeanAbsolutePercentageError,
)
from striate.training.losses.regression import MeanSquaredError as MeanSquaredError
from striate.training.losses.regression import (
    MeanSquaredLogarithmicError as MeanSquaredLogarithmicError,
)
from striate.training.losses.regression import huber as huber
from striate.training.losses.regression import log_cosh as log_cosh
from striate.training.losses.regression import mean_absolute_error as mean_absolute_error
from striate.training.losses.regression import (
    mean_absolute_percentage_error as mean_absolute_percentage_error,
)
from striate.training.losses.regression import mean_squared_error as mean_squared_error
from striate.training.losses.regression import (
    mean_squared_logarithmic_error as mean_squared_logarithmic_error,
)
from striate.training.losses.similarity import CosineSimilarity as CosineSimilarity
from striate.training.losses.similarity import cosine_similarity as cosine_similarity

# The short names of Keras.
bce = BCE = binary_crossentropy
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh = log_cosh
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
mse = MSE = mean_squared_error
msle = MSLE = mean_squared_logarithmic_error
