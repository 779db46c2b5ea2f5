"""Models of every form: what they record, run, copy and rebuild."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import nn

import striate as st
from benchmarks.networks import NETWORKS, digits
from striate import layers

pytestmark = pytest.mark.torch

X = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1), dtype="uint8")


@pytest.mark.parametrize(("make", "total"), NETWORKS, ids=lambda v: getattr(v, "__name__", ""))
def test_the_networks_of_the_guide_have_their_parameters(make, total: int) -> None:
    model = make()
    assert model.count_params() == total
    assert sum(p.numel() for p in model.parameters()) == total
    assert sum(w.size for w in model.get_weights()) == total


def residual() -> st.Model:
    x = st.Input((8, 8, 3))
    y = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    z = layers.Conv2D(4, 3, padding="same")(y)
    out = layers.GlobalAveragePooling2D()(layers.Add()([y, z]))
    return st.Model(x, layers.Dense(2, name="answer")(out))


def test_a_model_is_a_plain_torch_module() -> None:
    model = digits()
    own = nn.Sequential(model, nn.Linear(10, 3))
    own(torch.from_numpy(X)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    assert set(model.state_dict()) == {
        f"{n}.{w}"
        for n in ("conv2d", "conv2d_1", "conv2d_2", "dense", "dense_1")
        for w in ("kernel", "bias")
    }


def test_branches_equal_the_same_calls_by_hand() -> None:
    model = residual()
    x = torch.randn(2, 8, 8, 3)
    a, b = model.layers[1], model.layers[2]
    y = a(x)
    by_hand = model.get_layer("answer")((y + b(y)).mean(dim=(1, 2)))
    torch.testing.assert_close(model(x), by_hand)


def test_a_shared_layer_has_one_set_of_weights_and_two_nodes() -> None:
    shared = layers.Dense(4)
    a, b = st.Input((3,), name="a"), st.Input((3,), name="b")
    model = st.Model([a, b], layers.Add()([shared(a), shared(b)]))
    assert model.count_params() == 16
    assert [n.name for n in model.graph] == ["a", "b", "dense", "dense@2", "add"]
    x, y = np.ones((2, 3), "float32"), np.zeros((2, 3), "float32")
    torch.testing.assert_close(model([x, y]), shared(x) + shared(y))
    torch.testing.assert_close(model({"b": y, "a": x}), model([x, y]))


def test_a_channel_axis_of_size_one_may_be_left_out() -> None:
    model = digits()
    assert torch.equal(model(X[..., 0]), model(X))


def test_several_outputs_by_name() -> None:
    x = st.Input((4,))
    model = st.Model(x, {"class": layers.Dense(3)(x), "size": layers.Dense(1)(x)})
    out = model(np.ones((2, 4), "float32"))
    assert {k: tuple(v.shape) for k, v in out.items()} == {"class": (2, 3), "size": (2, 1)}
    assert model.output_names == ["class", "size"]


def test_all_feature_maps_of_a_model_in_one_call() -> None:
    model = digits()
    maps = st.Model(model.input, [layer.output for layer in model.layers])(X)
    value = torch.from_numpy(X).float()
    for layer, out in zip(model.layers, maps, strict=True):
        value = layer(value)
        torch.testing.assert_close(out, value)


def test_a_model_can_be_cut_in_the_middle() -> None:
    model = digits()
    tail = st.Model(model.layers[5].output, model.output)
    head = st.Model(model.input, model.layers[5].output)
    torch.testing.assert_close(tail(head(X)), model(X))


def test_nested_models_share_their_layers() -> None:
    inner = digits()
    x = st.Input((28, 28, 1))
    outer = st.Model(x, layers.Dense(2)(inner(x)))
    assert outer.count_params() == inner.count_params() + 22
    inner.trainable = False
    assert outer.graph.num_trainable == 22
    assert outer.graph["sequential"].trainable is False
    again = st.model_from_json(outer.to_json())
    again.set_weights(outer.get_weights())
    assert torch.equal(again(X), outer(X))


def test_sequential_grows_and_shrinks() -> None:
    model = st.Sequential()
    model.add(layers.Input((4,)))
    model.add(layers.Dense(3))
    model.add(layers.Dense(2))
    assert model.output_shape == (None, 2)
    assert model.pop().units == 2
    assert model.output_shape == (None, 3)
    assert [layer.name for layer in model.layers] == ["dense"]


def test_a_deferred_sequential_is_built_by_its_first_data() -> None:
    model = st.Sequential([layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(4)])
    assert not model.built
    assert tuple(model(X).shape) == (3, 4)
    assert model.input_shape == (None, 28, 28, 1)
    other = st.Sequential([layers.Conv2D(2, 3), layers.Flatten()])
    other.build((None, 6, 6, 2))
    assert other.output_shape == (None, 32)


class Net(st.Model):
    def __init__(self, units: int = 4) -> None:
        super().__init__()
        self.convs = [layers.Conv2D(3, 3), layers.Conv2D(3, 3)]
        self.flat, self.dense = layers.Flatten(), layers.Dense(units)

    def call(self, inputs, training=False):
        for conv in self.convs:
            inputs = conv(inputs)
        return self.dense(self.flat(inputs))


def test_a_subclassed_model_has_a_graph_of_its_layers() -> None:
    model = Net()
    assert tuple(model(X).shape) == (3, 4)
    assert [n.kind_name for n in model.graph] == [
        "InputLayer", "Conv2D", "Conv2D", "Flatten", "Dense",
    ]  # fmt: skip
    assert model.count_params() == sum(p.numel() for p in model.parameters())


class Free(Net):
    def call(self, inputs, training=False):
        return torch.sigmoid(super().call(inputs)) if training else super().call(inputs)


class Opaque(Net):
    def call(self, inputs):
        return torch.sigmoid(super().call(inputs))


def test_a_subclassed_model_with_torch_functions_is_one_node() -> None:
    model = Opaque()
    assert tuple(model(X).shape) == (3, 4)
    assert [n.kind_name for n in model.graph] == ["InputLayer", "Opaque"]
    assert model.output_shape == (None, 4)
    assert model.count_params() == sum(p.numel() for p in model.parameters())


def test_call_may_depend_on_training() -> None:
    model = Free()
    plain = model(X)
    torch.testing.assert_close(model(X, training=True), torch.sigmoid(plain))
    torch.testing.assert_close(model(X), plain)


class Scale(layers.Layer):
    def __init__(self, factor: float = 2.0, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, input_shape):
        self.gain = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="gain")

    def call(self, inputs):
        return inputs * self.gain * self.factor


def test_a_layer_of_the_user_has_shapes_config_and_a_place_in_files() -> None:
    x = st.Input((None, None, 3))
    model = st.Model(x, Scale(3.0)(layers.Conv2D(5, 3)(x)))
    assert model.output_shape == (None, None, None, 5)
    assert model.count_params() == 145
    again = st.model_from_json(model.to_json(), custom_objects={"Scale": Scale})
    assert again.layers[-1].factor == 3.0
    again.set_weights(model.get_weights())
    image = np.ones((1, 7, 9, 3), "float32")
    assert torch.equal(again(image), model(image))
    with pytest.raises(st.FormatError) as caught:
        st.model_from_json(model.to_json())
    assert str(caught.value) == (
        "scale (Scale): this layer is the user's own code, and files do not carry code. Expected"
        ' its class by name, or a layer instead. load_model(path, custom_objects={"Scale": Scale}).'
    )


class TwoInputs(layers.Layer):
    def call(self, image, *, weight, training=None):
        return image * weight


def test_a_layer_of_the_user_may_take_several_arguments() -> None:
    a, b = st.Input((3,)), st.Input((3,))
    model = st.Model([a, b], TwoInputs()(a, weight=b))
    x, y = np.full((2, 3), 2.0, "float32"), np.full((2, 3), 3.0, "float32")
    assert torch.equal(model([x, y]), torch.full((2, 3), 6.0))
    again = st.model_from_json(model.to_json(), custom_objects={"TwoInputs": TwoInputs})
    assert torch.equal(again([x, y]), torch.full((2, 3), 6.0))


@pytest.mark.parametrize("make", [digits, residual, Net], ids=["sequential", "functional", "own"])
def test_copies_clones_and_pickles_are_equal_and_separate(make) -> None:
    model = make()
    x = X if make is not residual else np.ones((2, 8, 8, 3), "float32")
    before = model(x)
    thawed = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own bytes
    clone = st.clone_model(model)
    clone.set_weights(model.get_weights())
    for other in (copy.deepcopy(model), thawed, clone):
        assert torch.equal(other(x), before)
        next(other.parameters()).data.add_(1.0)
    assert torch.equal(model(x), before)


def test_a_copy_can_be_cut_and_extended() -> None:
    model = copy.deepcopy(digits())
    short = st.Model(model.input, model.layers[2].output)
    assert tuple(short(X).shape) == (3, 13, 13, 64)
    model.add(layers.Dense(3))
    assert tuple(model(X).shape) == (3, 3)


def test_hooks_of_torch_see_every_layer() -> None:
    model = digits()
    seen = []
    for layer in model.layers:
        layer.register_forward_hook(lambda m, _, out: seen.append((m.name, tuple(out.shape))))
    plain = model(X)
    assert [name for name, _ in seen] == [layer.name for layer in model.layers]
    assert seen[1][1] == (3, 26, 26, 64)
    assert tuple(plain.shape) == (3, 10)


def test_the_logits_before_the_last_softmax() -> None:
    model = digits()
    assert model.logits_split() == ("softmax",)
    torch.testing.assert_close(torch.softmax(model.forward_logits(X), -1), model(X))
    outer = st.Sequential([st.layers.Input((28, 28, 1)), model])
    assert outer.logits_split() == ("softmax",)
    torch.testing.assert_close(outer.forward_logits(X), model.forward_logits(X))
    x = st.Input((3,))
    used = layers.Dense(2, activation="softmax")(x)
    assert st.Model(x, [used, layers.Dense(1)(used)]).logits_split() is None


def test_a_trainable_layer_follows_its_flag() -> None:
    model = digits()
    model.layers[1].trainable = False
    assert model.graph.num_trainable == 260_298 - 640
    assert not model.layers[1].kernel.requires_grad
    model.trainable = True
    assert model.graph.num_trainable == 260_298


def test_no_layout_is_copied_between_layers() -> None:
    """Every 4-D value inside a convolutional network keeps channels-last strides."""
    model = digits()
    seen = []
    for layer in model.layers[:6]:
        layer.register_forward_hook(lambda _, __, out: seen.append(out.permute(0, 3, 1, 2)))
    model(X)
    assert len(seen) == 6
    assert all(x.is_contiguous(memory_format=torch.channels_last) for x in seen)


def test_class_names_and_preprocessing_travel_with_the_graph() -> None:
    model = digits()
    model.class_names = ["zero", "one", "two"]
    model.metadata["preprocessing"] = {"size": [28, 28]}
    again = st.Model.from_json(model.to_json())
    assert again.class_names == ["zero", "one", "two"]
    assert again.metadata["preprocessing"] == {"size": [28, 28]}
