"""Backbone and head: models of shared layers, at a point that is found, set and saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import striate as st
from striate import layers, zoo
from striate.errors import GraphError, UnknownNameError
from striate.models.division import division

pytestmark = pytest.mark.torch

X = np.random.default_rng(0).normal(size=(3, 16, 16, 3)).astype("float32")


def small() -> st.Model:
    x = st.Input((16, 16, 3), name="image")
    y = layers.Conv2D(4, 3, activation="relu", name="conv")(x)
    y = layers.MaxPooling2D(2, name="pool")(y)
    y = layers.Dropout(0.5, name="drop")(layers.Flatten(name="flat")(y))
    return st.Model(x, layers.Dense(3, activation="softmax", name="scores")(y), name="small")


def assert_halves_are_whole(model: st.Model, x: np.ndarray) -> None:
    with torch.no_grad():
        features = model.backbone(x)
        np.testing.assert_allclose(model.head(features), model(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "name", ["resnet20", "mobilenet_v3_small", "squeezenet1_1", "lenet5", "googlenet", "tiny_vgg"]
)
def test_the_head_of_the_backbones_features_is_the_model(name: str) -> None:
    architecture = zoo.architecture(name)
    model = architecture(classes=10)
    x = np.random.default_rng(0).random((1, *architecture.input_shape), dtype="float32")
    assert_halves_are_whole(model, x)


@pytest.mark.parametrize("name", ["resnet20", "squeezenet1_1", "lenet5", "densenet121"])
def test_the_backbone_of_the_zoo_is_the_network_without_its_top(name: str) -> None:
    shape = zoo.architecture(name).input_shape
    whole = zoo.architecture(name)()
    bare = zoo.architecture(name)(include_top=False, input_shape=shape)
    assert whole.cut_point == bare.cut_point
    assert whole.backbone.output_shape == bare.backbone.output_shape == bare.output_shape
    assert whole.backbone.count_params() == bare.count_params()


def test_parts_share_layers_and_carry_what_belongs_to_them() -> None:
    model = small()
    model.class_names = ["a", "b", "c"]
    model.metadata["preprocessing"] = {"size": [16, 16]}
    assert model.cut_point == "pool"
    assert model.backbone is model.backbone
    assert model.backbone.get_layer("conv") is model.get_layer("conv")
    assert model.head.get_layer("scores") is model.get_layer("scores")
    assert [layer.name for layer in model.head.layers] == ["pool", "flat", "drop", "scores"]
    assert model.backbone.metadata == {"preprocessing": {"size": [16, 16]}}
    assert (model.backbone.class_names, model.head.class_names) == (None, ["a", "b", "c"])
    assert_halves_are_whole(model, X)


def test_a_cut_point_is_set_saved_and_given_back_to_the_rule(tmp_path: Path) -> None:
    model = small()
    model.cut_point = "conv"
    assert model.backbone.output_shape == (None, 14, 14, 4)
    model.save(tmp_path / "model.striate")
    again = st.load_model(tmp_path / "model.striate")
    assert again.cut_point == "conv"
    assert_halves_are_whole(again, X)
    again.cut_point = None
    assert again.cut_point == "pool"


def test_a_cut_inside_a_nested_model() -> None:
    model = st.Sequential([layers.Rescaling(2.0, input_shape=(16, 16, 3)), small()])
    assert model.cut_point == "small/pool"
    assert division(model).nested
    assert_halves_are_whole(model, X)


def test_a_nested_backbone_is_not_taken_apart() -> None:
    base = zoo.resnet20(include_top=False, input_shape=(16, 16, 3))
    model = st.Sequential([base, layers.GlobalAveragePooling2D(), layers.Dense(2)])
    assert model.cut_point == "resnet20"
    assert not division(model).nested
    assert_halves_are_whole(model, X)


def test_an_unknown_cut_point_is_refused_and_the_old_one_stays() -> None:
    model = small()
    model.cut_point = "conv"
    with pytest.raises(UnknownNameError) as error:
        model.cut_point = "pol"
    assert str(error.value) == "cut_point: unknown layer. Got 'pol'. Did you mean 'pool'?"
    assert model.cut_point == "conv"


def test_a_cut_point_with_a_way_around_it_is_refused() -> None:
    model = zoo.resnet20()
    with pytest.raises(GraphError, match="a way to the output leads around `conv4_block3_1_conv`"):
        model.cut_point = "conv4_block3_1_conv"


def test_a_subclass_keeps_its_own_backbone_and_head() -> None:
    class Own(st.Model):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = layers.Conv2D(4, 3)
            self.head = layers.Dense(2)
            self.freeze_rate = 3

        def call(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(self.backbone(x).mean((1, 2)))

    model = Own()
    assert model(X).shape == (3, 2)
    assert isinstance(model.backbone, layers.Conv2D)
    assert isinstance(model.head, layers.Dense)


def test_a_model_that_is_copied_divides_again() -> None:
    import copy

    model = small()
    assert model.backbone.count_params() == 112
    again = copy.deepcopy(model)
    assert again.backbone.get_layer("conv") is again.get_layer("conv")
    assert again.backbone.get_layer("conv") is not model.get_layer("conv")
