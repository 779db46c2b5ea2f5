"""Receptive fields: published values, and what gradients show on random graphs with branches."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import torch

import striate as st
from striate import errors, layers, zoo
from striate.analysis.fields import receptive_field
from tests import networks

pytestmark = pytest.mark.torch

# Published sizes: Araujo et al. (2019), https://distill.pub/2019/computing-receptive-fields, has
# 195 for AlexNet's pool5, 212 for VGG-16's last pooling, 483 for the last stage of ResNet-50. There
# the stride of a block stands in its first 1x1 convolution; with it in the 3x3 convolution, as in
# torchvision, each of three blocks adds less: 427.
PUBLISHED = [
    (zoo.alexnet, "pool5", 195, 32),
    (networks.vgg16, "block5_pool", 212, 32),
    (lambda: networks.resnet(50, first=True), "conv5_block3_out", 483, 32),
    (lambda: networks.resnet(50), "conv5_block3_out", 427, 32),
]


@pytest.mark.parametrize(("build", "layer", "size", "stride"), PUBLISHED)
def test_a_known_network_sees_what_is_published(
    build: Any, layer: str, size: int, stride: int
) -> None:
    found = receptive_field(build().graph)[layer]
    assert (found.size, found.stride) == ((size, size), (stride, stride))


SAME = {"padding": "same"}


def grown(draw: random.Random, values: list[Any]) -> Any:
    """One more value, from the last one or from an earlier one."""
    x = values[-1] if draw.random() < 0.7 else draw.choice(values)
    k, s = draw.choice((1, 2, 3, 5)), draw.choice((1, 2, 3))
    padding = draw.choice(("valid", "same", "full"))
    word, smooth = draw.choice(("valid", "same")), draw.choice(("nearest", "bilinear"))
    made = {
        "conv": lambda: layers.Conv2D(1, (k, 3), (s, 1), padding=padding)(x),
        "dilated": lambda: layers.Conv2D(1, k, dilation_rate=draw.choice((2, 3)), **SAME)(x),
        "depthwise": lambda: layers.DepthwiseConv2D(k, s, **SAME)(x),
        "pooling": lambda: layers.AveragePooling2D(k, s, padding=word)(x),
        "transposed": lambda: layers.Conv2DTranspose(1, k, s, padding=word)(x),
        "repeated": lambda: layers.UpSampling2D(draw.choice((2, 3)))(x),
        "bilinear": lambda: layers.UpSampling2D(draw.choice((2, 3)), interpolation="bilinear")(x),
        "bicubic": lambda: layers.UpSampling2D(2, interpolation="bicubic")(x),
        "resized": lambda: layers.Resizing(7, 5, interpolation=smooth)(x),
        "zeros": lambda: layers.ZeroPadding2D(((1, 0), (0, 2)))(x),
        "mirrored": lambda: layers.ReflectionPadding2D(((2, 0), (1, 1)))(x),
        "cropped": lambda: layers.Cropping2D(((1, 0), (0, 1)))(x),
        "blurred": lambda: layers.BlurPool2D(3, s)(x),
        "binned": lambda: layers.AdaptiveAveragePooling2D((4, 3))(x),
        "sliced": lambda: x[:, 1::2, :-1],
        "activation": lambda: layers.Activation("sigmoid")(x),
    }
    made["sum"] = lambda: layers.Add()([x, layers.Conv2D(1, k, **SAME)(x)])
    near = layers.AveragePooling2D(3, 1, **SAME)
    made["joined"] = lambda: layers.Concatenate(axis=1)([x, near(x)])
    y = made[draw.choice(sorted(made))]()
    small = min(y.shape[1:3]) >= 3 and max(y.shape[1:3]) <= 40
    return y if small else x


def random_graph(seed: int) -> st.Model:
    draw = random.Random(seed)
    values: list[Any] = [st.Input((draw.randint(9, 16), draw.randint(9, 16), 1))]
    while len(values) < 7:
        try:
            values.append(grown(draw, values))
        except (errors.ShapeError, errors.ArgumentError):
            continue  # a window or a border that does not fit
    model = st.Model(values[0], values)
    for weight in model.trainable_weights:
        weight.data.uniform_(0.5, 1.5)  # no sum is 0 by accident
    return model


def seen(model: st.Model, index: int, unit: tuple[int, int]) -> tuple | None:
    """The box of the input values whose gradient is not 0."""
    x = torch.rand(1, *model.input_shape[1:], dtype=torch.float64, requires_grad=True)
    y = model.double()(x)[index]
    (gradient,) = torch.autograd.grad(y[0, unit[0], unit[1]].sum(), x, allow_unused=True)
    found = None if gradient is None else gradient[0, ..., 0]
    if found is not None:  # interpolation weights that should be 0 are rounded
        found = (found.abs() > 1e-12 * found.abs().max()).nonzero()
    if found is None or not len(found):
        return None
    low, high = found.min(0).values.tolist(), found.max(0).values.tolist()
    return tuple(zip(low, high, strict=True))


def test_boxes_are_those_of_the_gradients_on_random_graphs_with_branches() -> None:
    compared = 0
    for seed in range(40):
        model = random_graph(seed)
        fields = receptive_field(model.graph)
        draw = random.Random(seed)
        for index, port in enumerate(model.graph.outputs[1:], 1):
            shape = model.graph.spec(port).shape
            if port in model.graph.inputs:
                continue
            for _ in range(4):
                unit = (draw.randrange(shape[1]), draw.randrange(shape[2]))
                box = fields.box(port.node, *unit)
                assert box.inside == seen(model, index, unit), (seed, port.node, unit)
                compared += 1
    assert compared > 800


def test_sizes_strides_and_offsets_are_those_of_the_boxes() -> None:
    for model in (networks.resnet(18, 64), networks.googlenet(96)):
        fields = receptive_field(model.graph)
        for row in fields.layers[::8]:
            if None in row.size or model.graph[row.name].output.spatial[0] < 2:
                continue
            first, second = fields.box(row.name, 0, 0), fields.box(row.name, 1, 1)
            assert first.field is not None
            assert second.field is not None
            start, end = first.field[0]
            assert (end - start + 1, start) == (row.size[0], row.offset[0])
            assert second.field[0][0] - start == row.stride[0]


def test_behind_enlargement_no_unit_sees_more_than_is_said() -> None:
    model = networks.unet(32)
    fields = receptive_field(model.graph)
    for name in ("conv2d_transpose", "conv2d_transpose_2", model.graph.outputs[0].node):
        size = model.graph[name].output.shape[1] or 0
        boxes = [fields.box(name, i, i).field for i in range(size)]
        real = max(end - start + 1 for box in boxes if box for start, end in box[:1])
        assert real == fields[name].size[0]
    assert fields["conv2d_transpose"].stride == (4, 4)


def test_global_layers_see_everything() -> None:
    model = networks.resnet(18, 64)
    fields = receptive_field(model.graph)
    assert fields["predictions"].size == (None, None)
    assert fields.box("predictions").inside == ((0, 63), (0, 63))


def test_statistics_of_whole_maps_are_left_out_and_said() -> None:
    x = st.Input((8, 8, 4))
    y = layers.GroupNormalization(2, name="norm")(layers.Conv2D(4, 3)(x))
    fields = receptive_field(st.Model(x, y).graph)
    assert fields["norm"].size == (3, 3)
    assert fields.statistics == ("norm",)
    assert str(fields).endswith("statistics of whole maps, left out: norm")


@pytest.mark.parametrize(
    ("gate", "size"),
    [
        (layers.SqueezeExcite(2, name="gate"), (1, 1)),
        (layers.ECA(name="gate"), (1, 1)),
        (layers.CBAM(2, (3, 4), name="gate"), (3, 4)),
    ],
)
def test_gates_see_what_is_local_and_their_statistics_are_said(
    gate: layers.Layer, size: tuple[int, int]
) -> None:
    x = st.Input((7, 8, 4))
    model = st.Model(x, gate(x))
    for name, weight in gate.named_parameters():
        if name != "place_kernel":  # gates of channels that are the same for all images
            torch.nn.init.zeros_(weight)
    found = receptive_field(model.graph)
    assert (found["gate"].size, found.statistics) == (size, ("gate",))
    image = torch.rand(1, 7, 8, 4, requires_grad=True)
    for row, column in ((3, 4), (0, 7)):
        (grad,) = torch.autograd.grad(gate(image)[0, row, column].sum(), image)
        seen = [(grad[0] != 0).any(-1).any(axis).nonzero().flatten() for axis in (1, 0)]
        box = tuple((int(s.min()), int(s.max())) for s in seen)
        assert found.box("gate", row, column).inside == box


def test_a_layer_that_does_not_see_the_input_has_no_field() -> None:
    a, b = st.Input((8, 8, 1), name="a"), st.Input((8, 8, 1), name="b")
    model = st.Model([a, b], [layers.Conv2D(1, 3, name="ca")(a), layers.Conv2D(1, 5, name="cb")(b)])
    assert [row.name for row in receptive_field(model.graph).layers] == ["ca"]
    assert receptive_field(model.graph, "b")["cb"].size == (5, 5)


def small() -> st.Sequential:
    convs = [layers.Conv2D(4, 3, strides=2, padding="same", name=f"conv{i}") for i in (1, 2)]
    return st.Sequential([layers.Input((28, 28, 1)), *convs, layers.Flatten()], name="small")


def test_it_prints_as_text_as_html_and_as_records() -> None:
    found = small().receptive_field()
    assert str(found) == TEXT
    assert found._repr_html_().count("<tr>") == 4
    assert json.loads(found.to_json())["layers"][0]["size"] == [3, 3]
    assert small().receptive_field("conv2").size == (7, 7)
    assert str(small().receptive_field("conv2", 0, 6)) == (
        "conv2[0, 6] sees 0..6 x 24..27; with padding 0..6 x 24..30"
    )


TEXT = """\
small: receptive fields in input_layer (None, 28, 28, 1)

layer              size  stride  offset
conv1 (Conv2D)        3       2       0
conv2 (Conv2D)        7       4       0
flatten (Flatten)   all     all     all"""


def test_a_unit_outside_is_an_error() -> None:
    for unit in ((7, 0), (0,), (-1, 0)):
        with pytest.raises(errors.ArgumentError) as caught:
            receptive_field(small().graph).box("conv2", *unit)
        assert str(caught.value) == (
            f"conv2 (Conv2D): no such unit. Got unit={unit}. Expected one place for each axis of"
            " (7, 7)."
        )


def test_unknown_names_are_errors_with_the_nearest() -> None:
    with pytest.raises(errors.UnknownNameError) as caught:
        small().receptive_field("conv3")
    assert str(caught.value) == (
        "small: unknown layer. Got 'conv3'. Did you mean 'conv2' or 'conv1'?"
    )
    with pytest.raises(errors.UnknownNameError) as other:
        receptive_field(small().graph, "input")
    assert str(other.value) == "small: unknown input. Got 'input'. Did you mean 'input_layer'?"
