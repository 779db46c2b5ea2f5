"""How good a classifier is and where it fails: records and figures from one pass over data."""

from __future__ import annotations

from striate.diagnosis.calibration import Calibration as Calibration
from striate.diagnosis.classification import ClassificationReport as ClassificationReport
from striate.diagnosis.classification import ClassScores as ClassScores
from striate.diagnosis.comparison import Comparison as Comparison
from striate.diagnosis.comparison import mcnemar as mcnemar
from striate.diagnosis.confusion import ConfusionMatrix as ConfusionMatrix
from striate.diagnosis.curves import Curve as Curve
from striate.diagnosis.evaluation import ClassifierEvaluation as ClassifierEvaluation
from striate.diagnosis.evaluation import evaluate_classifier as evaluate_classifier
from striate.diagnosis.evaluation import worst_mistakes as worst_mistakes
from striate.diagnosis.mistakes import Mistake as Mistake
from striate.diagnosis.mistakes import Mistakes as Mistakes
from striate.diagnosis.proportion import Proportion as Proportion
from striate.diagnosis.slices import Slices as Slices
from striate.diagnosis.temperature import TemperatureScaling as TemperatureScaling
from striate.diagnosis.temperature import scale_temperature as scale_temperature
