from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from striate import Input, Model, Sequential, layers
from striate.models import model_from_json
from tests import recurrent_oracle as oracle

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 6, 4)).astype("float32")
FILM = RNG.normal(size=(2, 3, 5, 4, 2)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 0, 0], [0, 1, 1, 0, 1, 1], [0, 0, 0, 0, 0, 0]], dtype=bool)
ALL: dict[str, Any] = {"return_sequences": True, "return_state": True}


def drawn(layer: layers.Layer, *inputs: Any) -> layers.Layer:
    """The layer, built, with weights far from their first values."""
    layer(*inputs)
    layer.set_weights([RNG.normal(size=w.shape).astype("float32") for w in layer.weights])
    return layer


def numbers(values: Any) -> list[np.ndarray]:
    return [v.detach().numpy() for v in values]


STEPS = {
    "SimpleRNN": (oracle.simple_step, {}),
    "LSTM": (oracle.lstm_step, {}),
    "GRU": (lambda *w: oracle.gru_step(*w, reset_after=True), {}),
    "GRU of the paper": (lambda *w: oracle.gru_step(*w, reset_after=False), {"reset_after": False}),
}


@pytest.mark.parametrize("masked", [False, True], ids=["", "masked"])
@pytest.mark.parametrize("name", STEPS)
def test_equals_the_definition(name: str, masked: bool) -> None:
    define, arguments = STEPS[name]
    layer = drawn(getattr(layers, name.split()[0])(5, **arguments, **ALL), X)
    mask = MASK if masked else None
    count = len(layer(X)) - 1
    states = [RNG.normal(size=(3, 5)).astype("float32") for _ in range(count)]
    wanted = oracle.run(define(*layer.get_weights()), X, states, mask)
    found = numbers(layer(X, initial_state=states, mask=mask))
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("strides", "padding"), [((1, 1), "valid"), ((2, 1), "same"), ((1, 1), "same")]
)
def test_conv_lstm_equals_the_definition(strides: tuple[int, int], padding: str) -> None:
    layer = drawn(layers.ConvLSTM2D(3, (2, 3), strides=strides, padding=padding, **ALL), FILM)
    start = [np.zeros_like(s) for s in numbers(layer(FILM)[1:])]
    step = oracle.conv_lstm_step(*layer.get_weights(), strides, padding)
    for a, b in zip(numbers(layer(FILM)), oracle.run(step, FILM, start), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


# whole sequences in torch's kernel ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["LSTM", "GRU"])
@pytest.mark.parametrize("arguments", [{}, {"use_bias": False}, {"go_backwards": True}], ids=str)
def test_the_kernel_for_whole_sequences_equals_the_steps(
    name: str, arguments: dict[str, Any]
) -> None:
    fast = getattr(layers, name)(5, **arguments, **ALL)
    plain = getattr(layers, name)(5, use_cudnn=False, **arguments, **ALL)
    drawn(fast, X), plain(X)
    plain.set_weights(fast.get_weights())
    found = []
    for layer in (fast, plain):
        x = torch.from_numpy(X.copy()).requires_grad_()
        outputs = layer(x)
        sum((o * torch.linspace(-1, 1, o.numel()).view(o.shape)).sum() for o in outputs).backward()
        found.append([*outputs, x.grad, *(w.grad for w in layer.weights)])
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_the_kernel_runs_only_where_it_gives_the_same() -> None:
    assert layers.LSTM(2).has_kernel_of_torch()
    assert not layers.LSTM(2, activation="relu").has_kernel_of_torch()
    assert not layers.LSTM(2, recurrent_activation="hard_sigmoid").has_kernel_of_torch()
    assert not layers.GRU(2, reset_after=False).has_kernel_of_torch()
    assert not layers.LSTM(2, use_cudnn=False).has_kernel_of_torch()


def test_weights_enter_torchs_kernel_without_a_copy() -> None:
    layer = layers.LSTM(5)
    layer(X)
    assert layer.kernel.t().is_contiguous()
    assert layer.recurrent_kernel.t().is_contiguous()


# weights -----------------------------------------------------------------------------------------


def test_the_recurrent_kernel_starts_orthogonal_and_the_forget_gate_open() -> None:
    layer = layers.LSTM(4)
    layer(X)
    kernel, recurrent, bias = layer.get_weights()
    np.testing.assert_allclose(recurrent @ recurrent.T, np.eye(4), atol=1e-5)
    assert abs(kernel).max() <= np.sqrt(6 / (4 + 16))
    assert bias.tolist() == [0.0] * 4 + [1.0] * 4 + [0.0] * 8
    closed = layers.LSTM(4, unit_forget_bias=False)
    closed(X)
    assert not closed.get_weights()[2].any()


def test_penalties_and_constraints_reach_each_weight() -> None:
    layer = layers.GRU(
        3,
        kernel_regularizer="l2",
        recurrent_regularizer="l1",
        bias_regularizer="l2",
        activity_regularizer="l2",
        recurrent_constraint="non_neg",
    )
    drawn(layer, X)
    kernel, recurrent, bias = layer.get_weights()
    out = layer(X).detach()
    wanted = [0.01 * (kernel**2).sum(), 0.01 * abs(recurrent).sum(), 0.01 * (bias**2).sum()]
    wanted.append(0.01 * float((out**2).sum()) / len(X))
    np.testing.assert_allclose(
        sorted(float(v.detach()) for v in layer.losses), sorted(wanted), rtol=1e-5
    )
    layer.apply_constraints()
    assert layer.get_weights()[1].min() == 0


# states ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "GRU"])
def test_a_stateful_layer_goes_on_where_it_was(name: str) -> None:
    whole = getattr(layers, name)(5, return_sequences=True)
    parts = getattr(layers, name)(5, return_sequences=True, stateful=True)
    whole(X), parts(X[:, :3])
    parts.set_weights(whole.get_weights())
    parts.reset_states()
    both = torch.cat([parts(X[:, :3]), parts(X[:, 3:])], 1)
    torch.testing.assert_close(both, whole(X))
    parts.reset_state()
    torch.testing.assert_close(parts(X[:, :3]), both[:, :3])


def test_a_stateful_model_keeps_its_states_until_they_are_reset() -> None:
    x = Input(batch_shape=(3, 6, 4))
    inner = layers.Bidirectional(layers.LSTM(2, stateful=True))
    model = Model(x, layers.Dense(1)(inner(x)))
    first, second = model.predict(X, verbose=0), model.predict(X, verbose=0)
    assert not np.allclose(first, second)
    inner.reset_states()
    assert np.array_equal(model.predict(X, verbose=0), first)
    model.reset_states()
    assert np.array_equal(model.predict(X, verbose=0), first)


def test_states_of_an_encoder_start_a_decoder() -> None:
    source, target = Input((6, 4)), Input((5, 3))
    _, h, c = layers.LSTM(7, return_state=True)(source)
    out = layers.LSTM(7, return_sequences=True)(target, initial_state=[h, c])
    model = Model([source, target], layers.Dense(3)(out))
    assert model.output_shape == (None, 5, 3)
    again = model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    y = RNG.normal(size=(3, 5, 3)).astype("float32")
    assert torch.equal(model([X, y]), again([X, y]))
    assert not torch.equal(model([X, y]), model([-X, y]))


# dropout -----------------------------------------------------------------------------------------


def test_dropout_is_one_mask_for_all_steps_and_keeps_the_mean() -> None:
    ones = np.ones((400, 3, 10), dtype="float32")
    layer = layers.SimpleRNN(
        1,
        activation="linear",
        dropout=0.4,
        kernel_initializer="ones",
        recurrent_initializer="zeros",
        return_sequences=True,
        seed=1,
    )
    out = layer(ones, training=True).detach()
    assert torch.equal(out[:, 0], out[:, 1])
    assert float(out.mean()) == pytest.approx(10.0, abs=0.2)
    assert torch.equal(layer(ones), torch.full((400, 3, 1), 10.0))


def test_a_seed_draws_the_same_again() -> None:
    def outputs() -> list[torch.Tensor]:
        torch.manual_seed(0)
        layer = layers.LSTM(
            4, dropout=0.5, recurrent_dropout=0.5, seed=3, kernel_initializer="ones"
        )
        return [layer(X, training=True) for _ in range(2)]

    first, second = outputs(), outputs()
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])
    assert not torch.equal(first[0], first[1])


# cells -------------------------------------------------------------------------------------------


class Minimal(layers.Layer):
    """A cell of the user's own, as the guides of Keras have it."""

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = self.state_size = units

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units))
        self.recurrent = self.add_weight(shape=(self.units, self.units))

    def call(self, inputs: torch.Tensor, states: Any) -> Any:
        h = torch.tanh(inputs @ self.kernel + states[0] @ self.recurrent)
        return h, [h]


def test_a_cell_of_your_own_is_read_saved_and_turned_around(tmp_path: Any) -> None:
    from striate.models import load_model

    x = Input((6, 4))
    both = layers.Bidirectional(layers.RNN(Minimal(5), return_sequences=True))
    model = Model(x, both(x))
    assert model.output_shape == (None, 6, 10)
    plain = layers.SimpleRNN(5, use_bias=False, return_sequences=True)
    plain(X)
    plain.set_weights(both.forward_layer.get_weights())
    torch.testing.assert_close(model(X)[..., :5], plain(X))
    model.save(tmp_path / "own.striate")
    again = load_model(tmp_path / "own.striate", custom_objects={"Minimal": Minimal})
    assert torch.equal(again(X), model(X))


def test_stacked_cells_equal_layers_in_a_row() -> None:
    cells = layers.RNN([layers.LSTMCell(5), layers.GRUCell(3)], return_state=True)
    out, (h, _), last = cells(X)
    first, second = layers.LSTM(5, **ALL), layers.GRU(3, **ALL)
    between, h_first, _ = first(X)
    second(between)
    first.set_weights(cells.cell.cells[0].get_weights())
    second.set_weights(cells.cell.cells[1].get_weights())
    between, h_first, _ = first(X)
    torch.testing.assert_close(out, second(between)[1])
    torch.testing.assert_close(last, second(between)[1])
    torch.testing.assert_close(h, h_first)
    assert cells.cell.output_size == 3
    assert cells.cell.state_size == [(5,), (5,), (3,)]
    assert layers.LSTMCell(5).state_size == [5, 5]


# layers around others ----------------------------------------------------------------------------


def test_time_distributed_applies_a_whole_model_to_each_step() -> None:
    model = Sequential(
        [Input((5, 4, 2)), layers.Conv2D(3, 2), layers.Flatten(), layers.Dense(6)], name="eye"
    )
    x = Input((3, 5, 4, 2))
    net = Model(x, layers.LSTM(2)(layers.TimeDistributed(model)(x)))
    steps = torch.stack([model(FILM[:, t]) for t in range(3)], 1)
    torch.testing.assert_close(net.layers[1](FILM), steps)
    again = model_from_json(net.to_json())
    again.set_weights(net.get_weights())
    assert torch.equal(net(FILM), again(FILM))
    assert again.count_params() == net.count_params() == model.count_params() + 4 * 2 * (6 + 2 + 1)


@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave", None])
def test_bidirectional_reads_from_both_ends(mode: str | None) -> None:
    layer = layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode=mode)
    found = layer(X)
    a = layer.forward_layer(X)
    b = layer.backward_layer(X).flip(1)
    other = layers.GRU(3, return_sequences=True)
    other(X)
    other.set_weights(layer.backward_layer.get_weights())
    torch.testing.assert_close(b, other(X[:, ::-1].copy()).flip(1))
    wanted: Any = {"concat": torch.cat([a, b], -1), "sum": a + b, "mul": a * b, "ave": (a + b) / 2}
    for x, y in zip(
        found if mode is None else [found], [wanted[mode]] if mode else [a, b], strict=True
    ):
        torch.testing.assert_close(x, y)


# plan and precision ------------------------------------------------------------------------------


def hybrid() -> Model:
    x = Input((4, 8, 8, 1))
    y = layers.TimeDistributed(layers.Conv2D(3, 3, activation="relu"))(x)
    y = layers.TimeDistributed(layers.GlobalAveragePooling2D())(y)
    y = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(y)
    y = layers.Conv1D(6, 3, padding="same", activation="relu")(y)
    y = layers.GRU(5)(layers.Masking()(y))
    z = layers.Flatten()(layers.ConvLSTM2D(2, 3)(x))
    return Model(x, layers.Dense(3, activation="softmax")(layers.Concatenate()([y, z])))


def test_planned_equals_plain_and_low_precision_is_near() -> None:
    model = hybrid()
    x = RNG.normal(size=(9, 4, 8, 8, 1)).astype("float32")
    with model.executing(False, "float32", "float32", "test"), torch.no_grad():
        plain = model(x)
    with torch.no_grad():
        torch.testing.assert_close(model(x), plain)
    with model.executing(True, "bfloat16", "bfloat16", "test"), torch.no_grad():
        low = model(x)
    assert low.dtype is torch.float32
    torch.testing.assert_close(low, plain, atol=0.02, rtol=0.0)
