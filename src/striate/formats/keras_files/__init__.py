"""Keras model files of every age: opened by their content, without running anything in them."""

from __future__ import annotations

from striate.formats.keras_files.loading import load_weights as load_weights
