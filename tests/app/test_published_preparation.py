"""`striate predict` reads images as published weights expect them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate import zoo
from striate.app.images import read_image
from striate.app.preprocessing import of_model
from striate.errors import FormatError
from striate.zoo.pretrained.preparing import mark

pytestmark = pytest.mark.torch


def smooth(height: int, width: int) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width] / 40
    waves = [np.sin(rows + i) * np.cos(columns * (i + 1)) for i in range(3)]
    return ((np.stack(waves, -1) + 1) * 127.5).astype("uint8")


@pytest.mark.parametrize("name", ["squeezenet1_1", "resnet50"])
def test_the_middle_is_cut_out_in_the_colours_of_the_weights(name: str, tmp_path: Path) -> None:
    network = zoo.architecture(name)
    model = network(input_shape=(64, 64, 3))
    mark(model, network.weights[0].preparation, inside=False)
    form, recorded = of_model(name, model.graph)
    assert recorded
    path = tmp_path / "a.png"
    image = Image.fromarray(smooth(200, 300))
    image.save(path)
    small = image.resize((round(300 * 73 / 200), 73), Image.Resampling.BILINEAR)
    left = round((small.width - 64) / 2)
    cut = np.asarray(small)[round(9 / 2) : round(9 / 2) + 64, left : left + 64]
    np.testing.assert_allclose(read_image(path, form), zoo.preprocess_input(name)(cut), atol=1e-3)


def test_a_record_that_makes_no_sense_is_refused() -> None:
    network = zoo.architecture("squeezenet1_1")
    model = network(input_shape=(64, 64, 3))
    mark(model, network.weights[0].preparation, inside=False)
    model.metadata["preprocessing"]["channels"] = "cmyk"
    with pytest.raises(FormatError, match="the preprocessing recorded in this model cannot be"):
        of_model("m", model.graph)
