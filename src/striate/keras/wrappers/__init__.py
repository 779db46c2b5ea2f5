"""keras.wrappers: models as estimators of scikit-learn, as Keras 3 has them."""

from __future__ import annotations

from striate.keras.wrappers import scikit_learn as scikit_learn
from striate.keras.wrappers.sklearn_models import SKLearnClassifier as SKLearnClassifier
from striate.keras.wrappers.sklearn_models import SKLearnRegressor as SKLearnRegressor
from striate.keras.wrappers.sklearn_models import SKLearnTransformer as SKLearnTransformer

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer", "scikit_learn"]
