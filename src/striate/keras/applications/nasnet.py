"""keras.applications.nasnet."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

NASNetLarge = application("nasnet_large", "NASNetLarge")
NASNetMobile = application("nasnet_mobile", "NASNetMobile")
preprocess_input = zoo.preprocess_input("nasnet_mobile")

__all__ = ["NASNetLarge", "NASNetMobile", "decode_predictions", "preprocess_input"]
