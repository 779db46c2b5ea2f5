"""Advice: each finding is made where it is due, with layer, reason and remedy, and nowhere else."""

from __future__ import annotations

import json

import pytest

import striate as st
from striate import layers
from striate.analysis.advice import Finding
from tests import networks

pytestmark = pytest.mark.torch

IMAGE = (28, 28, 1)


def found(*made: layers.Layer, shape: tuple[int, ...] = IMAGE, **asked: int) -> list[Finding]:
    model = st.Sequential([layers.Input(shape), *made])
    return list(model.advice(**asked))


def test_a_dense_layer_that_holds_most_parameters_behind_flatten() -> None:
    (finding,) = found(layers.Conv2D(16, 3), layers.Flatten(), layers.Dense(64), layers.Dense(10))
    assert finding == Finding(
        "most parameters in one layer",
        "dense",
        "692,288 of 693,098 parameters (100%) are in this layer, because all 26 x 26 x 16 values"
        " come in",
        "GlobalAveragePooling2D() instead of flatten lets 16 values in",
    )
    assert not found(layers.Conv2D(16, 3), layers.GlobalAveragePooling2D(), layers.Dense(64))


def test_rows_and_columns_that_a_stride_drops() -> None:
    (finding,) = found(layers.MaxPooling2D(2), shape=(7, 8, 3))
    assert finding == Finding(
        "dropped by stride",
        "max_pooling2d",
        "its stride of 2 x 2 leaves the last 1 x 0 of 7 x 8 rows and columns unread",
        'padding="same" reads them, or an input whose size fits',
    )
    assert not found(layers.MaxPooling2D(2, padding="same"), shape=(7, 7, 3))
    padded = layers.ZeroPadding2D(1), layers.Conv2D(8, 3, strides=2)
    assert not found(*padded, shape=(8, 8, 3)), "only the zeros of the padding are left out"


def test_a_stride_that_jumps_over_values() -> None:
    (finding,) = found(layers.Conv2D(8, 1, strides=2))
    assert finding == Finding(
        "gaps between windows",
        "conv2d",
        "its stride of 2 x 2 is larger than its window of 1 x 1: values in between are never read",
        "Use a smaller stride, or pooling before it",
        warning=False,
    )


def test_a_kernel_that_is_larger_than_its_map() -> None:
    (finding,) = found(layers.Conv2D(8, 5, padding="same"), shape=(3, 3, 3))
    assert finding == Finding(
        "kernel larger than its map",
        "conv2d",
        "its window of 5 x 5 is larger than its map of 3 x 3: most of it only ever sees padding",
        "Use a smaller kernel here, or fewer strides and poolings before it",
    )


def test_a_map_that_has_shrunk_to_nothing() -> None:
    topics = [
        f.topic
        for f in found(layers.MaxPooling2D(8), layers.Conv2D(8, 3, padding="same"), shape=(8, 8, 1))
    ]
    assert topics == ["kernel larger than its map"]
    dilated = layers.MaxPooling2D(8), layers.MaxPooling2D(1)
    assert not found(*dilated, shape=(8, 8, 1))


def test_a_bias_before_batch_normalization() -> None:
    (finding,) = found(layers.Conv2D(8, 3), layers.BatchNormalization())
    assert finding == Finding(
        "bias before batch normalization",
        "conv2d",
        "its bias is taken away again by batch_normalization, which subtracts the mean:"
        " 8 parameters do nothing",
        "Conv2D(..., use_bias=False)",
    )
    assert not found(layers.Conv2D(8, 3, activation="relu"), layers.BatchNormalization())
    assert not found(layers.Conv2D(8, 3, use_bias=False), layers.BatchNormalization())


def test_channels_that_do_not_fill_vectors() -> None:
    (finding,) = found(layers.Conv2D(33, 3), layers.GlobalAveragePooling2D())
    assert finding == Finding(
        "channels that waste vector lanes",
        "conv2d",
        "33 filters do not fill vectors of 8: it takes about as long as 40",
        "Conv2D(40, ...) costs no more time",
        warning=False,
    )


def test_a_dead_end() -> None:
    x = st.Input(IMAGE)
    used, unused = layers.Conv2D(8, 3)(x), layers.Conv2D(8, 5, name="unused")
    model = st.Model(x, used)
    graph = st.Model(x, [used, unused(x)]).graph
    from dataclasses import replace

    cut = replace(graph, outputs=model.graph.outputs)
    (finding,) = st.analysis.advice(cut)
    assert finding == Finding(
        "dead end", "unused", "no output depends on it", "Use its result, or leave it out"
    )


def test_a_receptive_field_that_is_too_small_for_the_object() -> None:
    convs = [layers.Conv2D(8, 3) for _ in range(3)]
    (finding,) = found(*convs, object_px=20)
    assert finding == Finding(
        "receptive field smaller than the object",
        "conv2d_2",
        "its units see 7 px, the object is 20 px: none of them sees it whole",
        "More layers, larger strides or dilation enlarge the field",
    )
    assert not found(*[layers.Conv2D(8, 3) for _ in range(3)], object_px=7)


def test_a_receptive_field_that_is_far_larger_than_the_image() -> None:
    findings = [f for f in networks.resnet(50, 64).advice() if "larger than the image" in f.topic]
    (finding,) = findings
    assert (finding.layer, finding.warning) == ("conv5_block3_out", False)
    assert finding.reason == "its units see 427 px of an image of 64 px: mostly padding"


@pytest.mark.parametrize(
    ("ending", "logits", "reason"),
    [
        (
            "softmax",
            True,
            "it ends with softmax, but SparseCategoricalCrossentropy expects logits"
            " (from_logits=True) and applies it a second time",
        ),
        (
            None,
            False,
            "it ends without an activation, but SparseCategoricalCrossentropy expects"
            " probabilities",
        ),
    ],
)
def test_an_ending_that_does_not_suit_the_loss(
    ending: str | None, logits: bool, reason: str
) -> None:
    model = st.Sequential([layers.Input((8,)), layers.Dense(10, activation=ending)])
    model.compile("adam", st.losses.SparseCategoricalCrossentropy(from_logits=logits))
    (finding,) = model.advice()
    assert (finding.layer, finding.reason) == ("dense", reason)
    model.compile("adam", st.losses.SparseCategoricalCrossentropy(from_logits=not logits))
    assert not len(model.advice())


def test_known_networks_get_little_advice() -> None:
    topics = {
        "unet": (networks.unet(), []),
        "mobilenet_v2": (networks.mobilenet_v2(), []),
        "googlenet": (networks.googlenet(), []),
        "resnet50": (networks.resnet(50), ["gaps between windows"] * 3),
    }
    for name, (model, expected) in topics.items():
        assert [f.topic for f in model.advice()] == expected, name


def test_it_prints_as_text_as_html_and_as_records() -> None:
    model = st.Sequential([layers.Input((9, 9, 1)), layers.MaxPooling2D()], name="small")
    advice = model.advice()
    assert str(advice) == TEXT
    assert advice._repr_html_().count("<li>") == 1
    assert json.loads(advice.to_json())["findings"][0]["layer"] == "max_pooling2d"
    assert advice.records()[0]["topic"] == "dropped by stride"
    assert str(networks.unet().advice()) == "unet: nothing to point out"


TEXT = """\
small: 1 finding
! max_pooling2d: its stride of 2 x 2 leaves the last 1 x 1 of 9 x 9 rows and columns unread.
    padding="same" reads them, or an input whose size fits"""
