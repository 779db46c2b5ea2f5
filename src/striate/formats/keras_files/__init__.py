"""Keras model files of every age: opened by their content, without running anything in them."""

from __future__ import annotations

from striate.formats.keras_files.loading import load_weights as load_weights
from striate.formats.keras_files.opening import Opened as Opened
from striate.formats.keras_files.opening import graph_alone as graph_alone
from striate.formats.keras_files.opening import model_from_json as model_from_json
from striate.formats.keras_files.opening import open_model as open_model
