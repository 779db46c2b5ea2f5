"""Metrics: what is measured over all batches of an epoch."""

from __future__ import annotations

from striate.training.losses import BCE as BCE
from striate.training.losses import KLD as KLD
from striate.training.losses import MAE as MAE
from striate.training.losses import MAPE as MAPE
from striate.training.losses import MSE as MSE
from striate.training.losses import MSLE as MSLE
from striate.training.losses import bce as bce
from striate.training.losses import binary_crossentropy as binary_crossentropy
from striate.training.losses import binary_focal_crossentropy as binary_focal_crossentropy
from striate.training.losses import categorical_crossentropy as categorical_crossentropy
from striate.training.losses import categorical_focal_crossentropy as categorical_focal_crossentropy
from striate.training.losses import categorical_hinge as categorical_hinge
from striate.training.losses import hinge as hinge
from striate.training.losses import huber as huber
from striate.training.losses import kl_divergence as kl_divergence
from striate.training.losses import kld as kld
from striate.training.losses import log_cosh as log_cosh
from striate.training.losses import mae as mae
from striate.training.losses import mape as mape
from striate.training.losses import mean_absolute_error as mean_absolute_error
from striate.training.losses import mean_absolute_percentage_error as mean_absolute_percentage_error
from striate.training.losses import mean_squared_error as mean_squared_error
from striate.training.losses import mean_squared_logarithmic_error as mean_squared_logarithmic_error
from striate.training.losses import mse as mse
from striate.training.losses import msle as msle
from striate.training.losses import poisson as poisson
from striate.training.losses import (
    sparse_categorical_crossentropy as sparse_categorical_crossentropy,
)
from striate.training.losses import squared_hinge as squared_hinge
from striate.training.metrics.accuracies import Accuracy as Accuracy
from striate.training.metrics.accuracies import BinaryAccuracy as BinaryAccuracy
from striate.training.metrics.accuracies import CategoricalAccuracy as CategoricalAccuracy
from striate.training.metrics.accuracies import (
    SparseCategoricalAccuracy as SparseCategoricalAccuracy,
)
from striate.training.metrics.accuracies import (
    SparseTopKCategoricalAccuracy as SparseTopKCategoricalAccuracy,
)
from striate.training.metrics.accuracies import TopKCategoricalAccuracy as TopKCategoricalAccuracy
from striate.training.metrics.accuracies import accuracy as accuracy
from striate.training.metrics.accuracies import binary_accuracy as binary_accuracy
from striate.training.metrics.accuracies import categorical_accuracy as categorical_accuracy
from striate.training.metrics.accuracies import (
    sparse_categorical_accuracy as sparse_categorical_accuracy,
)
from striate.training.metrics.accuracies import (
    sparse_top_k_categorical_accuracy as sparse_top_k_categorical_accuracy,
)
from striate.training.metrics.accuracies import (
    top_k_categorical_accuracy as top_k_categorical_accuracy,
)
from striate.training.metrics.auc import AUC as AUC
from striate.training.metrics.by_shape import AccuracyByShape as AccuracyByShape
from striate.training.metrics.by_shape import CrossentropyByShape as CrossentropyByShape
from striate.training.metrics.confusion_counts import FalseNegatives as FalseNegatives
from striate.training.metrics.confusion_counts import FalsePositives as FalsePositives
from striate.training.metrics.confusion_counts import TrueNegatives as TrueNegatives
from striate.training.metrics.confusion_counts import TruePositives as TruePositives
from striate.training.metrics.confusion_matrix import ConfusionMatrix as ConfusionMatrix
from striate.training.metrics.f_score import F1Score as F1Score
from striate.training.metrics.f_score import FBetaScore as FBetaScore
from striate.training.metrics.hinges import CategoricalHinge as CategoricalHinge
from striate.training.metrics.hinges import Hinge as Hinge
from striate.training.metrics.hinges import SquaredHinge as SquaredHinge
from striate.training.metrics.iou import BinaryIoU as BinaryIoU
from striate.training.metrics.iou import IoU as IoU
from striate.training.metrics.iou import MeanIoU as MeanIoU
from striate.training.metrics.iou import OneHotIoU as OneHotIoU
from striate.training.metrics.iou import OneHotMeanIoU as OneHotMeanIoU
from striate.training.metrics.mean import Mean as Mean
from striate.training.metrics.mean import MeanMetricWrapper as MeanMetricWrapper
from striate.training.metrics.mean import Sum as Sum
from striate.training.metrics.metric import Metric as Metric
from striate.training.metrics.operating_point import PrecisionAtRecall as PrecisionAtRecall
from striate.training.metrics.operating_point import RecallAtPrecision as RecallAtPrecision
from striate.training.metrics.operating_point import (
    SensitivityAtSpecificity as SensitivityAtSpecificity,
)
from striate.training.metrics.operating_point import (
    SpecificityAtSensitivity as SpecificityAtSensitivity,
)
from striate.training.metrics.precision_recall import Precision as Precision
from striate.training.metrics.precision_recall import Recall as Recall
from striate.training.metrics.probabilistic import BinaryCrossentropy as BinaryCrossentropy
from striate.training.metrics.probabilistic import (
    CategoricalCrossentropy as CategoricalCrossentropy,
)
from striate.training.metrics.probabilistic import KLDivergence as KLDivergence
from striate.training.metrics.probabilistic import Poisson as Poisson
from striate.training.metrics.probabilistic import (
    SparseCategoricalCrossentropy as SparseCategoricalCrossentropy,
)
from striate.training.metrics.r2_score import R2Score as R2Score
from striate.training.metrics.registry import deserialize as deserialize
from striate.training.metrics.registry import get as get
from striate.training.metrics.registry import serialize as serialize
from striate.training.metrics.regression import CosineSimilarity as CosineSimilarity
from striate.training.metrics.regression import LogCoshError as LogCoshError
from striate.training.metrics.regression import MeanAbsoluteError as MeanAbsoluteError
from striate.training.metrics.regression import (
    MeanAbsolutePercentageError as MeanAbsolutePercentageError,
)
from striate.training.metrics.regression import MeanSquaredError as MeanSquaredError
from striate.training.metrics.regression import (
    MeanSquaredLogarithmicError as MeanSquaredLogarithmicError,
)
from striate.training.metrics.regression import RootMeanSquaredError as RootMeanSquaredError
from striate.training.metrics.regression import cosine_similarity as cosine_similarity
from striate.training.metrics.variable import MetricVariable as MetricVariable
