"""Explained shapes: the formula with its numbers gives the size that the graph has."""

from __future__ import annotations

import json

import pytest

import striate as st
from striate import errors, layers
from striate.analysis.shapes import explain_shape
from striate.graph import window
from tests import networks

pytestmark = pytest.mark.torch


def explained(layer: layers.Layer, shape: tuple[int | None, ...]) -> str:
    x = st.Input(shape)
    model = st.Model(x, layer(x))
    return str(explain_shape(model.graph, model.layers[-1].name))


CASES = [
    (
        layers.Conv2D(8, 3, strides=2, name="c"),
        (28, 27, 1),
        """\
c (Conv2D): (None, 28, 27, 1) -> (None, 13, 13, 8)
  height: floor((n - k) / s) + 1 = floor((28 - 3) / 2) + 1 = 13; the stride drops the last row
  width: floor((n - k) / s) + 1 = floor((27 - 3) / 2) + 1 = 13
  channels: filters = 8""",
    ),
    (
        layers.Conv2D(8, 3, strides=2, padding="same", name="c"),
        (28, 28, 1),
        """\
c (Conv2D): (None, 28, 28, 1) -> (None, 14, 14, 8)
  height: ceil(n / s) = ceil(28 / 2) = 14; padding adds 0 before and 1 after
  width: ceil(n / s) = ceil(28 / 2) = 14; padding adds 0 before and 1 after
  channels: filters = 8""",
    ),
    (
        layers.Conv1D(8, 3, dilation_rate=4, padding="causal", name="c"),
        (28, 2),
        """\
c (Conv1D): (None, 28, 2) -> (None, 28, 8)
  length: floor((n + zeros - e) / s) + 1 = floor((28 + 8 - 9) / 1) + 1 = 28, e = (k - 1) d + 1 = \
(3 - 1) * 4 + 1 = 9; padding adds 8 before and 0 after
  channels: filters = 8""",
    ),
    (
        layers.MaxPooling2D(3, 2, name="p"),
        (9, 12, 4),
        """\
p (MaxPooling2D): (None, 9, 12, 4) -> (None, 4, 5, 4)
  height: floor((n - k) / s) + 1 = floor((9 - 3) / 2) + 1 = 4
  width: floor((n - k) / s) + 1 = floor((12 - 3) / 2) + 1 = 5; the stride drops the last column
  channels: 4, as in the input""",
    ),
    (
        layers.Conv2DTranspose(4, 3, 2, padding="same", name="t"),
        (7, 7, 8),
        """\
t (Conv2DTranspose): (None, 7, 7, 8) -> (None, 14, 14, 4)
  height: (n - 1) s + k - cut = (7 - 1) * 2 + 3 - 1 = 14; 0 cut before and 1 after
  width: (n - 1) s + k - cut = (7 - 1) * 2 + 3 - 1 = 14; 0 cut before and 1 after
  channels: filters = 4""",
    ),
    (
        layers.ZeroPadding2D(((1, 2), (0, 0)), name="z"),
        (4, 5, 1),
        """\
z (ZeroPadding2D): (None, 4, 5, 1) -> (None, 7, 5, 1)
  height: 4 + 1 + 2 = 7; padding adds 1 before and 2 after
  width: 5 + 0 + 0 = 5
  channels: 1, as in the input""",
    ),
    (
        layers.Flatten(name="f"),
        (5, 5, 8),
        "f (Flatten): (None, 5, 5, 8) -> (None, 200)\n  features: 5 * 5 * 8 = 200",
    ),
    (
        layers.Conv2D(8, 3, name="c"),
        (None, 28, 1),
        """\
c (Conv2D): (None, None, 28, 1) -> (None, None, 26, 8)
  height: open, as in the input
  width: floor((n - k) / s) + 1 = floor((28 - 3) / 1) + 1 = 26
  channels: filters = 8""",
    ),
]


@pytest.mark.parametrize(("layer", "shape", "text"), CASES, ids=lambda v: type(v).__name__)
def test_a_shape_is_explained_so(
    layer: layers.Layer, shape: tuple[int | None, ...], text: str
) -> None:
    assert explained(layer, shape) == text


def test_every_layer_of_known_networks_has_an_explanation_of_every_axis() -> None:
    for graph in (networks.googlenet().graph, networks.unet().graph):
        for node in graph:
            found = explain_shape(graph, node.name)
            assert found.output_shape == node.output.shape
            made = [axis.made for axis in found.axes]
            assert not node.inputs or made[-1] == node.output.shape[-1]
            assert not node.inputs or set(made) <= {*node.output.shape, None}


def test_what_a_stride_drops_is_what_no_window_reads() -> None:
    for size in range(5, 30):
        for kernel, stride, padding in ((3, 2, "valid"), (2, 3, "same"), (3, 4, "same")):
            outputs = window.output_size(size, kernel, stride, 1, padding) or 0
            before, _ = window.padding_amounts(padding, size, kernel, stride)
            last = (outputs - 1) * stride - before + kernel - 1
            assert window.dropped(size, kernel, stride, 1, padding) == max(0, size - 1 - last)


def test_it_is_json_and_html() -> None:
    found = explain_shape(networks.unet().graph, "conv2d")
    assert json.loads(found.to_json())["layer"] == "conv2d"
    assert found._repr_html_().count("<li>") == 3
    assert found.records()[0]["before"] == 1


def test_an_unknown_layer_is_an_error_with_the_nearest() -> None:
    with pytest.raises(errors.UnknownNameError) as caught:
        explain_shape(networks.unet().graph, "conv2d_99")
    assert str(caught.value) == (
        "unet: unknown layer. Got 'conv2d_99'. Did you mean 'conv2d_9' or 'conv2d_8' or 'conv2d_7'?"
    )
