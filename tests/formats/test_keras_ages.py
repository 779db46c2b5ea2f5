"""Keras 1's and 2's names become today's; today's stay."""

from __future__ import annotations

from typing import Any

import pytest

from striate import errors
from striate.formats.keras_ages import by_name, modern

UNIFORM = {"class_name": "RandomUniform", "config": {"minval": -0.05, "maxval": 0.05}}
L2 = {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.001}

TRANSLATIONS: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "Convolution2D",
        {
            "nb_filter": 8,
            "nb_row": 3,
            "nb_col": 5,
            "border_mode": "same",
            "subsample": [2, 2],
            "dim_ordering": "th",
            "init": "glorot_uniform",
            "W_regularizer": L2,
            "b_constraint": {"name": "MaxNorm", "m": 2, "axis": 0},
            "bias": True,
            "input_dtype": "float32",
        },
        "Conv2D",
        {
            "filters": 8,
            "kernel_size": (3, 5),
            "padding": "same",
            "strides": [2, 2],
            "data_format": "channels_first",
            "kernel_initializer": "glorot_uniform",
            "kernel_regularizer": {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.001}},
            "bias_constraint": {"class_name": "MaxNorm", "config": {"max_value": 2, "axis": 0}},
            "use_bias": True,
            "dtype": "float32",
        },
    ),
    (
        "Convolution1D",
        {"nb_filter": 4, "filter_length": 3, "subsample_length": 2},
        "Conv1D",
        {"filters": 4, "kernel_size": 3, "strides": 2},
    ),
    (
        "Convolution3D",
        {"nb_filter": 4, "kernel_dim1": 1, "kernel_dim2": 2, "kernel_dim3": 3},
        "Conv3D",
        {"filters": 4, "kernel_size": (1, 2, 3)},
    ),
    (
        "Deconvolution2D",
        {"nb_filter": 4, "nb_row": 3, "nb_col": 3, "output_shape": [None, 8, 8, 4]},
        "Conv2DTranspose",
        {"filters": 4, "kernel_size": (3, 3)},
    ),
    ("AtrousConvolution2D", {"atrous_rate": (2, 2)}, "Conv2D", {"dilation_rate": (2, 2)}),
    (
        "Dense",
        {"output_dim": 10, "init": "uniform"},
        "Dense",
        {"units": 10, "kernel_initializer": UNIFORM},
    ),
    ("Dropout", {"p": 0.5}, "Dropout", {"rate": 0.5}),
    ("GaussianNoise", {"sigma": 0.1}, "GaussianNoise", {"stddev": 0.1}),
    (
        "MaxPooling1D",
        {"pool_length": 2, "stride": 1},
        "MaxPooling1D",
        {"pool_size": 2, "strides": 1},
    ),
    ("UpSampling1D", {"length": 3}, "UpSampling1D", {"size": 3}),
    (
        "Embedding",
        {"output_dim": 8, "init": "one"},
        "Embedding",
        {"output_dim": 8, "embeddings_initializer": "ones"},
    ),
    ("LeakyReLU", {"alpha": 0.3}, "LeakyReLU", {"negative_slope": 0.3}),
    ("ELU", {"alpha": 0.3}, "ELU", {"alpha": 0.3}),
    ("PReLU", {"init": "zero"}, "PReLU", {"alpha_initializer": "zeros"}),
    (
        "BatchNormalization",
        {"mode": 0, "axis": [3], "gamma_init": "one"},
        "BatchNormalization",
        {"axis": 3, "gamma_initializer": "ones"},
    ),
    (
        "LSTM",
        {
            "output_dim": 4,
            "inner_init": "orthogonal",
            "inner_activation": "tanh",
            "forget_bias_init": "one",
            "dropout_U": 0.1,
            "consume_less": "cpu",
        },
        "LSTM",
        {
            "units": 4,
            "recurrent_initializer": "orthogonal",
            "recurrent_activation": "tanh",
            "recurrent_dropout": 0.1,
            "unit_forget_bias": True,
        },
    ),
    ("Merge", {"mode": "sum"}, "Add", {}),
    ("Merge", {"mode": "concat", "concat_axis": 1}, "Concatenate", {"axis": 1}),
    ("Merge", {"mode": "cos", "dot_axes": [1, 1]}, "Dot", {"axes": (1, 1), "normalize": True}),
    (
        "CuDNNGRU",
        {"units": 4},
        "GRU",
        {"units": 4, "reset_after": True, "recurrent_activation": "sigmoid"},
    ),
    (
        "SyncBatchNormalization",
        {"axis": 3},
        "BatchNormalization",
        {"axis": 3, "synchronized": True},
    ),
    (
        "DepthwiseConv2D",
        {"kernel_size": 3, "kernel_initializer": "normal"},
        "DepthwiseConv2D",
        {
            "kernel_size": 3,
            "depthwise_initializer": {
                "class_name": "RandomNormal",
                "config": {"mean": 0.0, "stddev": 0.05},
            },
        },
    ),
    ("MaxPool2D", {"dim_ordering": "default"}, "MaxPooling2D", {}),
    ("Conv2D", {"filters": 8, "kernel_size": 3}, "Conv2D", {"filters": 8, "kernel_size": 3}),
]


@pytest.mark.parametrize(("old", "given", "new", "expected"), TRANSLATIONS)
def test_a_translation(old: str, given: dict, new: str, expected: dict) -> None:
    before = dict(given)
    assert modern(old, given) == (new, expected)
    assert given == before
    assert modern(new, expected) == (new, expected), "today's names stay"


def test_what_was_translated_is_said() -> None:
    notes: list[str] = []
    modern("Convolution2D", {"nb_filter": 8, "nb_row": 3, "nb_col": 3}, notes)
    assert notes == [
        "Convolution2D is Conv2D now",
        "nb_filter is filters now",
        "nb_row, nb_col are kernel_size now",
    ]


def test_hard_sigmoid_has_the_slope_of_its_age() -> None:
    given = {"recurrent_activation": "hard_sigmoid"}
    assert modern("LSTM", given, age=2)[1] == {
        "recurrent_activation": {"class_name": "hard_sigmoid", "config": {"slope": 0.2}}
    }
    assert modern("LSTM", given, age=3)[1] == given


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("Convolution2D", (32, 3, 3), {"nb_filter": 32, "nb_row": 3, "nb_col": 3}),
        ("Convolution2D", (32, (3, 3)), None),
        (
            "Conv2D",
            (32, 3, 3, "he_normal"),
            {"nb_filter": 32, "nb_row": 3, "nb_col": 3, "init": "he_normal"},
        ),
        ("Conv2D", (32, 3, 2), None),
        ("MaxPooling1D", (2, 1), {"pool_length": 2, "stride": 1}),
        ("Dense", (10,), None),
        ("Conv2D", (), None),
    ],
)
def test_arguments_by_place(name: str, values: tuple, expected: dict | None) -> None:
    assert by_name(name, values) == expected


@pytest.mark.parametrize(
    ("name", "given", "text"),
    [
        (
            "Convolution2D",
            {"dim_ordering": "xy"},
            "Conv2D: `dim_ordering` is not valid. Got dim_ordering='xy'. Expected 'th' (channels"
            " first), 'tf' (channels last) or 'default'.",
        ),
        (
            "Merge",
            {"mode": "lambda x: x"},
            "Merge: `mode` is not one that can be read. Got mode='lambda x: x'. Expected one of"
            " 'sum', 'mul', 'ave', 'max', 'concat', 'dot', 'cos'. Write the merge as a layer and"
            " pass it in custom_objects under its name.",
        ),
        (
            "BatchNormalization",
            {"mode": 2},
            "BatchNormalization: `mode` is not one that can be read. Got mode=2. Expected 0:"
            " statistics per channel; 1 (per sample) and 2 (of each batch, in inference too) went"
            " with Keras 1.",
        ),
    ],
)
def test_what_no_layer_of_today_has_is_refused(name: str, given: dict, text: str) -> None:
    with pytest.raises(errors.ArgumentError) as caught:
        modern(name, given)
    assert str(caught.value) == text
