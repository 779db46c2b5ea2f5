"""Losses: targets and predictions in, the number that training makes smaller out."""

from __future__ import annotations

from .by_shape import Crossentropy as Crossentropy
from .crossentropy import BinaryCrossentropy as BinaryCrossentropy
from .crossentropy import CategoricalCrossentropy as CategoricalCrossentropy
from .crossentropy import SparseCategoricalCrossentropy as SparseCategoricalCrossentropy
from .crossentropy import binary_crossentropy as binary_crossentropy
from .crossentropy import categorical_crossentropy as categorical_crossentropy
from .crossentropy import sparse_categorical_crossentropy as sparse_categorical_crossentropy
from .divergence import KLDivergence as KLDivergence
from .divergence import Poisson as Poisson
from .divergence import kl_divergence as kl_divergence
from .divergence import poisson as poisson
from .focal import BinaryFocalCrossentropy as BinaryFocalCrossentropy
from .focal import CategoricalFocalCrossentropy as CategoricalFocalCrossentropy
from .focal import binary_focal_crossentropy as binary_focal_crossentropy
from .focal import categorical_focal_crossentropy as categorical_focal_crossentropy
from .hinge import CategoricalHinge as CategoricalHinge
from .hinge import Hinge as Hinge
from .hinge import SquaredHinge as SquaredHinge
from .hinge import categorical_hinge as categorical_hinge
from .hinge import hinge as hinge
from .hinge import squared_hinge as squared_hinge
from .loss import Loss as Loss
from .loss import LossFunctionWrapper as LossFunctionWrapper
from .overlap import Dice as Dice
from .overlap import Tversky as Tversky
from .overlap import dice as dice
from .overlap import tversky as tversky
from .registry import deserialize as deserialize
from .registry import get as get
from .registry import serialize as serialize
from .regression import Huber as Huber
from .regression import LogCosh as LogCosh
from .regression import MeanAbsoluteError as MeanAbsoluteError
from .regression import MeanAbsolutePercentageError as MeanAbsolutePercentageError
from .regression import MeanSquaredError as MeanSquaredError
from .regression import MeanSquaredLogarithmicError as MeanSquaredLogarithmicError
from .regression import huber as huber
from .regression import log_cosh as log_cosh
from .regression import mean_absolute_error as mean_absolute_error
from .regression import mean_absolute_percentage_error as mean_absolute_percentage_error
from .regression import mean_squared_error as mean_squared_error
from .regression import mean_squared_logarithmic_error as mean_squared_logarithmic_error
from .similarity import CosineSimilarity as CosineSimilarity
from .similarity import cosine_similarity as cosine_similarity

# The short names of Keras.
bce = BCE = binary_crossentropy
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh = log_cosh
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
mse = MSE = mean_squared_error
msle = MSLE = mean_squared_logarithmic_error
