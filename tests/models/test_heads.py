"""New heads: what they are made of, what stays, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import striate as st
from striate import layers, zoo
from striate.errors import ArgumentError

pytestmark = pytest.mark.torch

X = np.random.default_rng(0).random((2, 16, 16, 3), dtype="float32")


def functional() -> st.Model:
    x = st.Input((16, 16, 3), name="image")
    y = layers.Conv2D(4, 3, activation="relu", name="conv")(x)
    y = layers.Flatten(name="flat")(layers.MaxPooling2D(2, name="pool")(y))
    return st.Model(x, layers.Dense(10, activation="softmax", name="scores")(y))


def sequential() -> st.Sequential:
    return st.Sequential(
        [
            layers.Rescaling(1.0, input_shape=(16, 16, 3)),
            layers.Conv2D(4, 3, name="conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(8),
            layers.Dense(10, activation="softmax"),
        ]
    )


def nested() -> st.Sequential:
    return st.Sequential([layers.Rescaling(1.0, input_shape=(16, 16, 3)), functional()])


def nested_functional() -> st.Model:
    x = st.Input((16, 16, 3), name="entry")
    return st.Model({"entry": x}, functional()(layers.Rescaling(1.0)(x)))


@pytest.mark.parametrize("make", [functional, sequential, nested, nested_functional])
@pytest.mark.parametrize("classes", [3, ["a", "b", "c"]])
def test_the_backbone_stays_and_the_head_is_new(
    make: object, classes: object, tmp_path: Path
) -> None:
    model = make()
    given = {"entry": X} if model.input_names == ["entry"] else X
    model.compile("adam", "sparse_categorical_crossentropy")
    features = model.extract_features(given)
    kind = type(model)
    model.replace_head(classes)
    assert type(model) is kind
    assert model.output_shape == (None, 3)
    assert model.class_names == (None if classes == 3 else ["a", "b", "c"])
    assert not model.compiled
    np.testing.assert_allclose(model.extract_features(given), features, rtol=1e-6)
    np.testing.assert_allclose(model(given).detach().sum(1), 1, rtol=1e-5)
    model.save(tmp_path / "model.striate")
    again = st.load_model(tmp_path / "model.striate")
    torch.testing.assert_close(again(given), model(given))
    assert again.cut_point == model.cut_point
    again.replace_head(2)
    assert again.output_shape == (None, 2)


@pytest.mark.parametrize(
    ("make", "pooling", "kinds"),
    [
        (functional, "auto", ["Flatten", "Dropout", "Dense"]),
        (functional, "avg", ["GlobalAveragePooling2D", "Dropout", "Dense"]),
        (sequential, "auto", ["GlobalAveragePooling2D", "Dropout", "Dense"]),
        (sequential, "max", ["GlobalMaxPooling2D", "Dropout", "Dense"]),
        (sequential, "flatten", ["Flatten", "Dropout", "Dense"]),
        (zoo.vgg11, "auto", ["GlobalAveragePooling2D", "Dropout", "Dense"]),
    ],
)
def test_how_maps_become_vectors(make: object, pooling: str, kinds: list[str]) -> None:
    model = make()
    model.replace_head(3, pooling=pooling)
    assert [type(layer).__name__ for layer in model.layers[-3:]] == kinds


def test_options_of_a_head() -> None:
    model = sequential()
    model.replace_head(1, dropout=0, activation="sigmoid")
    last = model.layers[-1]
    assert (last.name, last.units, type(model.layers[-2]).__name__) == (
        "predictions",
        1,
        "GlobalAveragePooling2D",
    )
    assert model.logits_split() == ("sigmoid",)


def test_a_network_without_top_gets_one() -> None:
    for pooling in (None, "avg"):
        model = zoo.resnet20(include_top=False, pooling=pooling, input_shape=(16, 16, 3))
        model.replace_head(3)
        assert (model.output_shape, model.cut_point) == ((None, 3), "conv4_block3_out")


def test_of_several_outputs_one_remains() -> None:
    x = st.Input((8, 8, 3))
    y = layers.Conv2D(4, 3)(x)
    z = layers.Conv2D(4, 3)(y)
    ends = [layers.Dense(3)(layers.GlobalMaxPooling2D()(v)) for v in (z, y)]
    model = st.Model(x, ends)
    model.replace_head(2)
    assert model.output_shape == (None, 2)


def test_what_has_no_head_to_replace_is_refused() -> None:
    class Own(st.Model):
        def __init__(self) -> None:
            super().__init__(name="own")
            self.body, self.top = layers.Conv2D(4, 3), layers.Dense(2)

        def call(self, x: torch.Tensor) -> torch.Tensor:
            return self.top(self.body(x).mean((1, 2)))

    model = Own()
    model(X)
    with pytest.raises(ArgumentError) as error:
        model.replace_head(3)
    assert str(error.value) == (
        "own (Own): the head is part of its own code. Got call='Own.call'. "
        "Expected a Model of inputs and outputs, or a Sequential. "
        "st.Model(model.backbone.inputs, ...), or write the new head into the class."
    )
    with pytest.raises(ArgumentError) as error:
        sequential().replace_head([])
    assert str(error.value) == (
        "sequential (Sequential): a head needs classes. Got classes=0. "
        "Expected a number of 1 or more, or names."
    )
    with pytest.raises(ArgumentError) as error:
        sequential().replace_head(3, pooling="mean")
    assert str(error.value) == (
        "sequential (Sequential): unknown pooling. Got pooling='mean'. "
        'Expected "auto", "avg", "max" or "flatten".'
    )
