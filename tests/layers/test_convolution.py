"""What is known of convolutions by hand, and the text of their errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from striate import Input, Sequential, errors, layers
from striate.graph import Spec, freeze, kinds

pytestmark = pytest.mark.torch

ALEXNET = Spec((None, 227, 227, 3))


def parameters(kind: kinds.Kind, spec: Spec) -> int:
    return sum(weight.size for weight in kind.weights(spec))


def test_the_first_layer_of_alexnet_with_and_without_sharing() -> None:
    window = {"filters": 96, "kernel_size": 11, "strides": 4}
    shared, local = kinds.Conv2D(**window), kinds.LocallyConnected2D(**window)
    for kind in (shared, local):
        assert kind.output(ALEXNET).shape == (None, 55, 55, 96)
    assert parameters(shared, ALEXNET) == 34_944
    assert parameters(local, ALEXNET) == 105_705_600


def test_a_model_on_the_meta_device_counts_without_memory() -> None:
    with torch.device("meta"):
        model = Sequential([Input(ALEXNET.shape[1:]), layers.LocallyConnected2D(96, 11, strides=4)])
    assert model.graph.num_parameters == 105_705_600
    assert all(weight.is_meta for weight in model.weights)


def test_a_window_on_seven_by_seven() -> None:
    assert layers.Conv2D(1, 3)(Input((7, 7, 3))).shape == (None, 5, 5, 1)


def test_strides_with_same_padding_halve_and_round_up() -> None:
    x = Input((28, 28, 1))
    found = []
    for _ in range(3):
        x = layers.Conv2D(8, 3, strides=2, padding="same")(x)
        found.append(x.shape[1:3])
    assert found == [(14, 14), (7, 7), (4, 4)]


def test_a_receptive_field_has_a_weight_per_value_and_a_bias() -> None:
    layer = layers.Conv2D(1, 5)
    layer.build((None, 32, 32, 3))
    assert [w.numel() for w in layer.weights] == [75, 1]


def test_open_sizes_pass_through_all_but_local_layers() -> None:
    x = Input((None, None, 3))
    assert layers.Conv2D(4, 3)(x).shape == (None, None, None, 4)
    assert layers.Conv2DTranspose(4, 3)(x).shape == (None, None, None, 4)
    assert layers.SeparableConv2D(4, 3)(x).shape == (None, None, None, 4)


def test_causal_outputs_do_not_depend_on_what_comes_later() -> None:
    layer = layers.Conv1D(4, 3, padding="causal", dilation_rate=2)
    x = np.random.default_rng(0).normal(size=(1, 20, 2)).astype("float32")
    later = x.copy()
    later[:, 11:] += 1
    before, after = layer(x), layer(later)
    assert torch.equal(before[:, :11], after[:, :11])
    assert not torch.equal(before[:, 11:], after[:, 11:])


@pytest.mark.parametrize(
    ("layer", "kernel"),
    [
        (layers.Conv2D(6, (2, 3)), "kernel"),
        (layers.Conv2D(6, (2, 3), groups=2), "kernel"),
        (layers.Conv2DTranspose(6, (2, 3)), "kernel"),
        (layers.DepthwiseConv2D((2, 3), depth_multiplier=2), "kernel"),
        (layers.SeparableConv2D(6, (2, 3)), "depthwise_kernel"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_kernels_lie_in_memory_as_torch_reads_them(layer: layers.Layer, kernel: str) -> None:
    layer.build((None, 9, 9, 4))
    weight = getattr(layer, kernel)
    seen = weight.permute(3, 2, 0, 1)
    if "epthwise" in type(layer).__name__ + kernel:
        seen = weight.permute(2, 3, 0, 1).flatten(0, 1).unsqueeze(1)
        assert seen.data_ptr() == weight.data_ptr(), "a view"
    assert seen.is_contiguous(memory_format=torch.channels_last)


def test_choices_of_the_user_reach_the_kernels_of_separable_layers() -> None:
    def sevens(shape: Any, dtype: Any = None) -> torch.Tensor:
        return torch.full(tuple(shape), 7.0)

    layer = layers.SeparableConv1D(2, 3, depthwise_initializer=sevens)
    layer.build((None, 9, 4))
    assert layer.depthwise_kernel.unique().tolist() == [7.0]
    depthwise = layers.DepthwiseConv2D(3, depthwise_initializer=sevens)
    depthwise.build((None, 9, 9, 4))
    assert depthwise.kernel.unique().tolist() == [7.0]


def test_transposed_volumes_take_keras_s_order_of_arguments() -> None:
    layer = layers.Conv3DTranspose(4, 2, 2, "valid", None, 1)
    assert layer.output_padding == (1, 1, 1)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: layers.Conv2D(8, 3, strides=0),
            "conv2d (Conv2D): `strides` is not valid. Got strides=0. Expected a positive whole"
            " number or 2 of them.",
        ),
        (
            lambda: layers.Conv2D(8, 3, padding="causal"),
            "conv2d (Conv2D): `padding` is not valid. Got padding='causal'. Expected one of"
            " 'valid', 'same', 'full'.",
        ),
        (
            lambda: layers.Conv1D(8, 3, strides=2, dilation_rate=2),
            "conv1d (Conv1D): `strides` is not valid. Got strides=(2,). Expected 1 where"
            " dilation_rate=(2,) is above 1.",
        ),
        (
            lambda: layers.Conv3D(8, 3, groups=3),
            "conv3d (Conv3D): `groups` is not valid. Got groups=3. Expected a divisor of"
            " filters=8.",
        ),
        (
            lambda: layers.Conv2DTranspose(4, 3, strides=2, output_padding=2),
            "conv2d_transpose (Conv2DTranspose): `output_padding` is not valid. Got"
            " output_padding=(2, 2). Expected less than strides=(2, 2).",
        ),
        (
            lambda: layers.SeparableConv2D(4, 3, depth_multiplier=0),
            "separable_conv2d (SeparableConv2D): `depth_multiplier` is not valid. Got"
            " depth_multiplier=0. Expected a positive whole number.",
        ),
        (
            lambda: layers.LocallyConnected2D(4, 3, implementation=4),
            "locally_connected2d (LocallyConnected2D): `implementation` is not valid. Got"
            " implementation=4. Expected 1, 2 or 3.",
        ),
    ],
)
def test_bad_arguments_are_named(make: Callable[[], object], text: str) -> None:
    with pytest.raises(errors.ArgumentError) as caught:
        make()
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("layer", "shape", "text"),
    [
        (
            layers.Conv2D(9, 3, groups=3, name="split"),
            (8, 8, 4),
            "split (Conv2D): `groups` does not divide the input channels. Got groups=3, input"
            " shape=(None, 8, 8, 4). Expected channels divisible by groups, got 4 channels.",
        ),
        (
            layers.Conv1D(9, 9, dilation_rate=2, name="long"),
            (7, 2),
            "long (Conv1D): the window is larger than its input. Got kernel_size=(9,), input"
            " shape=(None, 7, 2), dilation_rate=(2,). Expected kernel_size (dilated) <= (7,), the"
            ' size of the input. Use padding="same", a smaller kernel_size, or fewer strides and'
            " poolings before it.",
        ),
        (
            layers.Conv1D(9, 3, name="flat"),
            (7,),
            "flat (Conv1D): wrong input rank. Got input shape=(None, 7). Expected 3 dimensions"
            " (N, L, C). Sequences need a channel axis: x[..., None], or layers.Reshape((7, 1))"
            " before it.",
        ),
        (
            layers.Conv2DTranspose(4, 2, padding="same", output_padding=0, name="gone"),
            (1, 5, 3),
            "gone (Conv2DTranspose): nothing is left after cropping. Got input shape=(None, 1, 5,"
            " 3), output size=(0, 4). Expected at least 1 along every axis. Use"
            ' padding="valid", or leave output_padding out.',
        ),
        (
            layers.LocallyConnected1D(4, 3, name="local"),
            (None, 3),
            "local (LocallyConnected1D): a size of the input is open, but every position has"
            " weights of its own. Got input shape=(None, None, 3). Expected known sizes. State"
            " them in Input(shape=...).",
        ),
    ],
    ids=["groups", "window", "rank", "cropped", "open"],
)
def test_inputs_that_do_not_fit_are_named(layer: Any, shape: Any, text: str) -> None:
    with pytest.raises(errors.ShapeError) as caught:
        layer(Input(shape, name="x"))
    chain = f"\nHow it came to this:\n  x (InputLayer) {(None, *shape)}"
    assert str(caught.value) == text + chain


def test_a_frozen_graph_knows_the_weights() -> None:
    x = Input((8, 8, 3))
    y = layers.SeparableConv2D(4, 3)(x)
    weights = freeze([x], [y]).graph.nodes[-1].weights
    names = [w.name for w in weights]
    assert names == ["depthwise_kernel", "pointwise_kernel", "bias"]
