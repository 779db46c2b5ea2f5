"""The page of every public name of Keras is what the installed Keras and striate say."""

from __future__ import annotations

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import re

import pytest

from tools import keras_names

pytestmark = [pytest.mark.torch, pytest.mark.keras]


def test_the_page_is_up_to_date_and_each_refusal_says_why() -> None:
    page = keras_names.page()
    assert not re.findall(r"^\| `\w+` \| refused \|\s*\|$", page, re.M)
    assert keras_names.PAGE.read_text(encoding="utf-8") == page, "run tools/keras_names.py"


def test_arguments_that_are_missing_are_told() -> None:
    assert keras_names.compared("keras.layers", "Conv2D") == ("same", "")
    assert keras_names.compared("keras.layers", "Dense") == (
        "differs",
        "without `lora_rank`, `lora_alpha`, `quantization_config`",
    )
    assert keras_names.compared("keras.layers", "TFSMLayer") == (
        "refused",
        "SavedModels hold TensorFlow code; use a .keras or .h5 file.",
    )
