"""`weights=`: a file of any of our formats, or of Keras's, fills a network as it is built."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import striate as st
from striate import zoo
from striate.errors import FormatError

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("ending", [".striate", ".safetensors"])
def test_a_file_of_ours_fills_a_network(tmp_path: Path, ending: str) -> None:
    st.set_seed(1)
    model = zoo.resnet20(input_shape=(16, 16, 3), classes=4)
    model.save_weights(tmp_path / f"w{ending}")
    st.set_seed(2)
    again = zoo.resnet20(tmp_path / f"w{ending}", input_shape=(16, 16, 3), classes=4)
    assert all(map(np.array_equal, again.get_weights(), model.get_weights()))
    body = model.get_layer("conv1_conv").kernel
    assert not np.array_equal(
        zoo.resnet20(input_shape=(16, 16, 3)).get_weights()[0], body.detach().numpy()
    )


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("ending", [".weights.h5", ".h5"])
def test_a_file_of_keras_fills_a_network(tmp_path: Path, ending: str) -> None:
    from tests.keras_oracle import keras

    theirs = keras.applications.MobileNet((32, 32, 3), weights=None, classes=4)
    path = tmp_path / f"w{ending}"
    theirs.save_weights(path) if "weights" in ending else theirs.save(path)
    model = zoo.mobilenet(str(path), input_shape=(32, 32, 3), classes=4)
    x = np.random.default_rng(0).random((2, 32, 32, 3)).astype("float32")
    np.testing.assert_allclose(
        model.predict(x, verbose=0), theirs.predict(x, verbose=0), rtol=1e-4, atol=1e-6
    )


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    zoo.lenet5_modern().save_weights(tmp_path / "w.safetensors")
    with pytest.raises(FormatError, match="its weights are not those of the model"):
        zoo.resnet20(tmp_path / "w.safetensors")
