"""The real Keras on its torch backend, the oracle of the parity tests.

    from tests.keras_oracle import keras

Only tests marked `keras` may import this file.
"""

from __future__ import annotations

import os

os.environ["KERAS_BACKEND"] = "torch"
os.environ.setdefault("KERAS_TORCH_DEVICE", "cpu")  # where our side of a comparison runs too

import keras as keras

assert keras.backend.backend() == "torch"
keras.config.set_floatx("float32")
keras.config.disable_traceback_filtering()  # a failing comparison shows all of its path
