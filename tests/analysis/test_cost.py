"""Cost: the published numbers of known networks, and the rule for each family of layers."""

from __future__ import annotations

import json
from typing import Any

import pytest

import striate as st
from striate import layers, zoo
from striate.analysis.cost import cost
from tests import networks
from tests.contract.cases import CASES, Case

pytestmark = pytest.mark.torch

# Multiplications with additions of convolutions and matrix products, without biases, and
# parameters that are trained, as published:
# - VGG-16, ResNet: torchvision's table of models (15.47, 1.81, 4.09, 11.51 GFLOPS, counted as here)
#   and its numbers of parameters; the paper of ResNet says 3.8e9 for 50 layers with the stride in
#   the first 1x1 convolution;
# - AlexNet: 724 M and 60.97 M with two groups (netscope's count of Caffe's file), 62.38 M without;
# - GoogLeNet: 1.58 G and 7.00 M without the helping classifiers (netscope's count of Caffe's file);
# - MobileNetV2: 300 M multiply-adds, 3.4 M (paper), 3,504,872 (torchvision).
PUBLISHED = {
    "alexnet": (zoo.alexnet, 0.724e9, 60_965_224),
    "vgg16": (networks.vgg16, 15.47e9, 138_357_544),
    "resnet18": (lambda: networks.resnet(18), 1.814e9, 11_689_512),
    "resnet50": (lambda: networks.resnet(50), 4.089e9, 25_557_032),
    "resnet50, as in the paper": (lambda: networks.resnet(50, first=True), 3.858e9, 25_557_032),
    "resnet152": (lambda: networks.resnet(152), 11.514e9, 60_192_808),
    "googlenet": (networks.googlenet, 1.582e9, 6_998_552),
    "mobilenet_v2": (networks.mobilenet_v2, 0.3008e9, 3_504_872),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_known_network_costs_what_is_published(name: str) -> None:
    build, macs, parameters = PUBLISHED[name]
    graph = build().graph
    assert cost(graph).macs == pytest.approx(macs, rel=1e-3)
    assert graph.num_trainable == parameters
    assert sum(row.num_parameters for row in cost(graph).layers) == graph.num_parameters


def counted(case: Case) -> int | None:
    """Multiplications per sample that torch's own counter sees in one call."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    layer = case.make()
    values = [torch.from_numpy(x) for x in case.inputs(batch=1)]
    case.call(layer, values)
    # Attention and LSTM as products that the counter sees:
    kernels = sdpa_kernel(SDPBackend.MATH), torch.backends.mkldnn.flags(enabled=False)
    with kernels[0], kernels[1], FlopCounterMode(display=False) as counter, torch.no_grad():
        case.call(layer, values)
    return counter.get_total_flops() // 2


FAMILIES = (
    *("Conv1D", "Conv2D", "Conv3D", "DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D"),
    *("SeparableConv2D", "LocallyConnected1D", "LocallyConnected2D", "Dense", "Dot"),
    *("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "SqueezeExcite", "CBAM", "ECA"),
    *("SimpleRNN", "LSTM", "GRU", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "SimpleRNNCell"),
    *("LSTMCell", "GRUCell", "RNN", "StackedRNNCells", "Bidirectional", "TimeDistributed"),
    *("MultiHeadAttention", "Attention"),
)


# What torch's counter sees more or less of: a normalisation, scores that are sums, and a GRU that
# has the products of its last gate twice.
APART = {"normalize", "score_mode", "reset_after"}


@pytest.mark.filterwarnings("ignore:TF32 acceleration")  # torch's own, of switching oneDNN off
@pytest.mark.parametrize(
    "case", [c for c in CASES if c.layer in FAMILIES and not APART & set(c.arguments)], ids=str
)
def test_torch_counts_as_many_multiplications(case: Case) -> None:
    pairs = zip(case.shapes, case.inputs(), strict=True)
    entries = [st.Input(s, dtype=str(x.dtype)) for s, x in pairs]
    made = case.call(case.make(), entries)
    model = st.Model(entries, made[0] if isinstance(made, (list, tuple)) else made)
    assert cost(model.graph).macs == counted(case)


@pytest.mark.parametrize(
    ("layer", "products"),
    [
        (layers.Attention(), 1),
        (layers.Attention(score_mode="concat", use_scale=True), 0),
        (layers.AdditiveAttention(), 1),
        (layers.AdditiveAttention(use_scale=False), 0),
    ],
)
def test_attention_of_one_head_counts_scores_that_are_products_and_means(
    layer: layers.Layer, products: int
) -> None:
    query, value, key = st.Input((4, 3)), st.Input((5, 7)), st.Input((5, 3))
    model = st.Model([query, value, key], layer([query, value, key]))
    assert cost(model.graph).macs == 4 * 5 * (3 * products + 7)


def test_attention_along_some_axes_counts_the_pairs_along_these() -> None:
    x = st.Input((4, 5, 6))
    y = layers.MultiHeadAttention(2, 3, value_dim=7, output_shape=8, attention_axes=2)(x, x)
    projections = 20 * (2 * 6 * 2 * 3 + 6 * 2 * 7 + 2 * 7 * 8)
    assert cost(st.Model(x, y).graph).macs == projections + 4 * 5 * 5 * 2 * (3 + 7)


def test_masks_leave_nothing_out() -> None:
    x = st.Input((6, 8))
    attend = layers.MultiHeadAttention(2, 4)
    free, masked = attend(x, x), attend(x, x, use_causal_mask=True)
    assert cost(st.Model(x, free).graph).macs == cost(st.Model(x, masked).graph).macs


@pytest.mark.parametrize("layer", [layers.GRU, layers.GRUCell])
def test_where_the_reset_gate_is_changes_no_count(layer: Any) -> None:
    x, h = st.Input((5, 3) if layer is layers.GRU else (3,)), st.Input((4,))
    given = (x,) if layer is layers.GRU else (x, [h])
    steps = 5 if layer is layers.GRU else 1
    for after in (True, False):
        made = layer(4, reset_after=after)(*given)
        out = made[0] if isinstance(made, (list, tuple)) else made
        entries = [x] if layer is layers.GRU else [x, h]
        assert cost(st.Model(entries, out).graph).macs == steps * 3 * 4 * (3 + 4)


class OwnCell(layers.Layer):
    state_size = output_size = 3

    def call(self, x: Any, states: Any) -> Any:
        return x, states


def test_open_lengths_and_own_cells_are_said_and_stacks_count_every_cell() -> None:
    x = st.Input((None, 3))
    assert cost(st.Model(x, layers.LSTM(4)(x)).graph).uncounted == ("lstm",)
    attended = layers.MultiHeadAttention(2, 4, name="open")(x, x)
    assert cost(st.Model(x, attended).graph).uncounted == ("open",)
    y = st.Input((5, 3))
    own = layers.Bidirectional(layers.RNN([layers.LSTMCell(4), OwnCell()]), name="own")
    assert cost(st.Model(y, own(y)).graph).uncounted == ("own",)
    stack = layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)])
    assert cost(st.Model(y, stack(y)).graph).macs == 5 * (16 * (3 + 4) + 9 * (4 + 3))


@pytest.mark.parametrize(
    ("layer", "shape", "formula"),
    [
        (layers.Conv2D(128, 3), (8, 8, 64), "(3*3*64 + 1) * 128"),
        (layers.Conv2D(128, 3, groups=2, use_bias=False), (8, 8, 64), "3*3*32 * 128"),
        (layers.DepthwiseConv2D(3, depth_multiplier=2), (8, 8, 4), "(3*3 + 1) * 8"),
        (layers.SeparableConv2D(5, 3), (8, 8, 4), "3*3*4*1 + 1*1*4*5 + 5"),
        (layers.Conv2DTranspose(5, 2), (8, 8, 4), "2*2*5*4 + 5"),
        (layers.Dense(10), (784,), "(784 + 1) * 10"),
        (layers.BatchNormalization(), (8, 8, 64), "4 * 64"),
        (layers.Flatten(), (8, 8, 64), ""),
    ],
)
def test_a_formula_gives_the_number_of_parameters(
    layer: layers.Layer, shape: tuple[int, ...], formula: str
) -> None:
    x = st.Input(shape)
    (row,) = cost(st.Model(x, layer(x)).graph).layers
    assert row.formula == formula
    assert eval(formula or "0") == row.num_parameters  # noqa: S307 - our own text


def small() -> st.Sequential:
    conv = layers.Conv2D(8, 3, activation="relu", input_shape=(28, 28, 1))
    pooled = [conv, layers.MaxPooling2D(), layers.BatchNormalization(), layers.Flatten()]
    return st.Sequential([*pooled, layers.Dense(10, activation="softmax")], name="small")


def test_operations_are_counted_by_the_rule_that_is_stated() -> None:
    conv, pool, norm, flat, dense = cost(small().graph).layers
    values = 26 * 26 * 8
    assert (conv.macs, conv.flops) == (values * 9, 2 * values * 9 + 2 * values)
    assert (pool.macs, pool.flops) == (0, 4 * 13 * 13 * 8)
    assert (norm.flops, flat.flops) == (2 * 13 * 13 * 8, 0)
    assert (dense.macs, dense.flops) == (13520, 2 * 13520 + 20)


def test_the_backward_pass_leaves_out_what_nobody_needs() -> None:
    model = small()
    conv, *_, dense = cost(model.graph).layers
    assert conv.backward_macs == conv.macs  # the image needs no gradient
    assert dense.backward_macs == 2 * (dense.macs or 0)
    model.layers[0].trainable = False
    model.layers[2].trainable = False
    frozen = cost(model.graph)
    assert frozen.layers[0].backward_macs == 0
    assert frozen.backward_macs == dense.macs


def looks_at_itself(x: Any) -> Any:
    return layers.MultiHeadAttention(2, 3)(x, x)


def has_one_head(x: Any) -> Any:
    return layers.Attention()([layers.Dense(4)(x), layers.Dense(4)(x)])


def multiplies_maps(x: Any) -> Any:
    return layers.Dot(axes=2)([layers.Dense(4)(x), layers.Dense(4)(x)])


def multiplies_an_image(x: Any) -> Any:
    return layers.Dot(axes=2)([layers.Dense(5)(x), x])


@pytest.mark.parametrize(
    "build",
    [
        looks_at_itself,
        has_one_head,
        multiplies_maps,
        multiplies_an_image,
        layers.SqueezeExcite(2),
    ],
    ids=lambda build: getattr(build, "__name__", type(build).__name__),
)
def test_products_count_once_for_each_factor_that_needs_a_gradient(build: Any) -> None:
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    x = st.Input((6, 5))
    model = st.Model(x, build(x))
    value = torch.randn(1, 6, 5)
    with sdpa_kernel(SDPBackend.MATH), model.executing(False, "float32", "float32", "test"):
        model.train()
        out = model(value)
        with FlopCounterMode(display=False) as counter:
            out.sum().backward()
    assert cost(model.graph).backward_macs == counter.get_total_flops() // 2


def test_what_the_second_half_of_a_first_layer_multiplies_needs_a_gradient() -> None:
    separable, gate = layers.SeparableConv2D(4, 3, padding="same"), layers.CBAM(2, 3)
    x = st.Input((6, 5, 8))
    (first,) = cost(st.Model(x, separable(x)).graph).layers
    assert first.macs == 30 * (9 * 8 + 8 * 4)
    assert first.backward_macs == first.macs + 30 * 8 * 4
    (first,) = cost(st.Model(x, gate(x)).graph).layers
    dense, places = 2 * 8 * 4, 30 * 2 * 9
    assert first.macs == 2 * dense + places
    assert first.backward_macs == first.macs + dense + places


def test_states_of_a_first_recurrent_layer_need_gradients() -> None:
    model = st.Sequential([layers.LSTM(3, input_shape=(7, 5))])
    (row,) = cost(model.graph).layers
    assert row.macs == 7 * 4 * 3 * (5 + 3)
    assert row.backward_macs == 7 * 4 * 3 * (5 + 3 + 3)


def test_shares_add_up() -> None:
    found = cost(networks.vgg16(32, 10, 64).graph)
    assert sum(row.macs_share for row in found.layers) == pytest.approx(1)
    assert sum(row.parameters_share for row in found.layers) == pytest.approx(1)


def test_shared_layers_compute_each_time_and_have_their_weights_once() -> None:
    x = st.Input((8,))
    dense = layers.Dense(8)
    found = cost(st.Model(x, dense(dense(x))).graph)
    assert (found.macs, found.num_parameters) == (128, 72)
    assert [row.name for row in found.layers] == ["dense", "dense@2"]


def test_nested_models_are_counted_inside() -> None:
    x = st.Input((28, 28, 1))
    inner = small()
    found = cost(st.Model(x, inner(x)).graph)
    assert found.macs == cost(inner.graph).macs
    assert found.layers[0].name == "small/conv2d"


def test_nested_models_that_get_a_mask_are_counted_inside() -> None:
    x, words = st.Input((5, 4)), st.Input((5,), dtype="int32")
    inner = st.Model(x, layers.LSTM(3, name="lstm")(x), name="inner")
    model = st.Model(words, inner(layers.Embedding(9, 4, mask_zero=True)(words)))
    assert {row.name: row.macs for row in cost(model.graph).layers}["inner/lstm"] == 5 * 12 * 7
    (node,) = (n for n in model.graph if n.kind_name == "Nested")
    assert node.kind.macs(*(model.graph.spec(p) for p in node.inputs)) == 5 * 12 * 7


def test_what_nobody_knows_is_said() -> None:
    class Own(layers.Layer):
        def call(self, x: object) -> object:
            return x

    x = st.Input((4,))
    found = cost(st.Model(x, Own(name="mine")(x)).graph)
    assert found.uncounted == ("mine",)
    assert str(found).endswith("not counted: mine")


def test_own_layers_of_two_inputs_are_said_at_other_sizes_too() -> None:
    class Both(layers.Layer):
        def call(self, a: Any, b: Any) -> Any:
            return a

    x, longer = st.Input((None, 3)), st.Input((5, 3))
    inner = st.Model(x, Both(name="both")(x, layers.Dense(3)(x)), name="inner")
    found = cost(st.Model(longer, inner(longer)).graph)
    assert (found.macs, found.uncounted) == (5 * 9, ("inner/both",))


def test_it_prints_as_text_as_html_and_as_records() -> None:
    found = small().cost()
    assert str(found) == TEXT
    assert found._repr_html_().count("<tr>") == 5
    assert json.loads(found.to_json())["macs"] == found.macs
    assert found.records()[0]["formula"] == "(3*3*1 + 1) * 8"


TEXT = """\
small: cost

layer                                       MACs  of all  parameters  of all  formula
conv2d (Conv2D)                           48,672   78.3%          80    0.6%  (3*3*1 + 1) * 8
batch_normalization (BatchNormalization)       0    0.0%          32    0.2%  4 * 8
dense (Dense)                             13,520   21.7%      13,530   99.2%  (1352 + 1) * 10
in all                                    62,192              13,642

forward: 62.19 k MACs, 143.33 k FLOPs; backward: 75.71 k MACs, per sample
parameters: 13.64 k, 53.29 KB as float32"""
