"""What cannot be written: the whole text of each error, and nothing left on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import striate as st
from striate import layers

pytestmark = pytest.mark.torch


def double(x: torch.Tensor) -> torch.Tensor:
    return x * 2


def text_of(model: st.Model, path: Path) -> str:
    with pytest.raises(st.errors.FormatError) as caught:
        model.save(path)
    assert not list(path.parent.iterdir())
    return str(caught.value)


END = (
    " Expected layers and arguments that Keras 3 has. Replace them by layers of Keras, or keep the"
    ' model as it is: model.save("model.striate").'
)


def model_with(*middle: layers.Layer) -> st.Model:
    return st.Sequential([layers.Input((8, 8, 4)), *middle], name="net")


def test_all_layers_that_keras_lacks_are_named_in_one_error(tmp_path: Path) -> None:
    model = model_with(
        layers.Maxout(2), layers.BlurPool2D(), layers.Conv2D(3, 2, padding="full", name="wide")
    )
    assert text_of(model, tmp_path / "a.keras") == (
        "net: 3 layers have no equivalent in Keras. Got layers=('maxout (Maxout)', 'blur_pool2d"
        " (BlurPool2D)', \"wide (Conv2D): padding='full'\")." + END
    )


def test_an_activation_with_arguments_is_named(tmp_path: Path) -> None:
    choice = {"class_name": "hard_sigmoid", "config": {"slope": 0.2}}
    model = model_with(layers.Conv2D(3, 2, activation=choice))
    assert text_of(model, tmp_path / "a.h5") == (
        "net: 1 layer has no equivalent in Keras."
        " Got layers=(\"conv2d (Conv2D): activation 'hard_sigmoid' with slope=0.2\",)." + END
    )


def test_a_lambda_without_a_name_is_refused_because_it_would_be_code(tmp_path: Path) -> None:
    model = model_with(layers.Lambda(lambda x: x * 2))
    assert text_of(model, tmp_path / "a.keras") == (
        "net: 1 layer has no equivalent in Keras. Got layers=('lambda (Lambda): a function without"
        " a name, and files hold no code',)." + END
    )


def test_weights_alone_of_such_a_model_are_refused_too(tmp_path: Path) -> None:
    with pytest.raises(st.errors.FormatError, match="1 layer has no equivalent in Keras"):
        model_with(layers.Maxout(2)).save_weights(tmp_path / "a.weights.h5")
    assert not list(tmp_path.iterdir())


def test_a_metric_that_keras_lacks(tmp_path: Path) -> None:
    model = model_with(layers.Flatten(), layers.Dense(2, activation="softmax"))
    model.compile("adam", "mse", metrics=[st.metrics.ConfusionMatrix(num_classes=2)])
    assert text_of(model, tmp_path / "a.keras") == (
        "net: Keras has no metric 'ConfusionMatrix', so it cannot go on training this model."
        " Expected optimizers, losses and metrics that Keras 3 has. To write the model alone:"
        " model.save(path, include_optimizer=False)."
    )
    model.save(tmp_path / "a.keras", include_optimizer=False)


def test_an_unknown_ending_lists_those_that_can_be_written(tmp_path: Path) -> None:
    model = model_with(layers.Flatten())
    path = tmp_path / "a.onnx"
    with pytest.raises(st.errors.ArgumentError) as caught:
        model.save(path)
    assert str(caught.value) == (
        "save: the file name does not say a format that can be written."
        f" Got path='{path}'. Expected a name that ends in .striate or .keras or .h5 or .hdf5."
        ' Use "a.striate".'
    )
    with pytest.raises(st.errors.ArgumentError) as caught:
        model.save_weights(path)
    assert str(caught.value) == (
        "save_weights: the file name does not say a format that can be written."
        f" Got path='{path}'. Expected a name that ends in .safetensors or .striate or .h5 or"
        ' .hdf5. Use "a.safetensors".'
    )


def test_a_whole_model_is_not_written_under_the_name_of_weights(tmp_path: Path) -> None:
    path = tmp_path / "a.weights.h5"
    with pytest.raises(st.errors.ArgumentError) as caught:
        model_with(layers.Flatten()).save(path)
    assert str(caught.value) == (
        "save: Keras takes a file of this name for weights alone."
        f" Got path='{path}'. Expected another name for a whole model."
        " model.save_weights(path), or drop `.weights` from the name."
    )


def test_a_file_that_is_there_stays_unless_it_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.keras"
    path.write_bytes(b"mine")
    with pytest.raises(st.errors.ArgumentError) as caught:
        model_with(layers.Flatten()).save(path, overwrite=False)
    assert str(caught.value) == (
        f"save: the file is there already. Got path='{path}'. overwrite=True."
    )
    assert path.read_bytes() == b"mine"
