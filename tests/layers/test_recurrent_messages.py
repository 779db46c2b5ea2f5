from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from striate import Input, layers
from striate.errors import ArgumentError, ShapeError
from tests.layers.messages import Wrong

pytestmark = pytest.mark.torch

X = np.zeros((3, 6, 4), dtype="float32")
MASK = np.ones((3, 6), dtype=bool)
STATE = np.zeros((3, 4), dtype="float32")

WRONG = [
    Wrong(
        lambda: layers.LSTM(0),
        ArgumentError,
        "lstm (LSTM): `units` is not valid. Got units=0. Expected a positive whole number.",
    ),
    Wrong(
        lambda: layers.LSTM(4, dropout=1.5),
        ArgumentError,
        "lstm (LSTM): `dropout` is not valid. Got dropout=1.5. Expected a number in [0, 1].",
    ),
    Wrong(
        lambda: layers.LSTM(4, use_cudnn="yes"),
        ArgumentError,
        "lstm (LSTM): `use_cudnn` is not valid. Got use_cudnn='yes'. Expected "
        '"auto", True or False.',
    ),
    Wrong(
        lambda: layers.LSTM(4)(Input((8, 8, 3))),
        ShapeError,
        "lstm (LSTM): wrong input rank. Got input shape=(None, 8, 8, 3). Expected 3 "
        "dimensions (N, L, C). One vector for each step: layers.Reshape((8, 24)) "
        "before it.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 8, 8, 3)",
    ),
    Wrong(
        lambda: layers.LSTM(4)(Input((8,))),
        ShapeError,
        "lstm (LSTM): wrong input rank. Got input shape=(None, 8). Expected 3 "
        "dimensions (N, L, C). Sequences need a channel axis: x[..., None], or "
        "layers.Reshape((8, 1)) before it.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 8)",
    ),
    Wrong(
        lambda: layers.ConvLSTM2D(4, 3)(Input((28, 28, 3))),
        ShapeError,
        "conv_lstm2d (ConvLSTM2D): wrong input rank. Got input shape=(None, 28, 28, "
        "3). Expected 5 dimensions (N, T, H, W, C). One step needs an axis of its "
        "own: layers.Reshape((1, 28, 28, 3)) before it.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 28, 28, 3)",
    ),
    Wrong(
        lambda: layers.TimeDistributed(layers.Dense(3))(Input((8,))),
        ShapeError,
        "time_distributed (TimeDistributed): wrong input rank. Got input "
        "shape=(None, 8). Expected at least 3 dimensions.",
    ),
    Wrong(
        lambda: layers.GRU(4)(X, initial_state=np.zeros((3, 5), "float32")),
        ShapeError,
        "gru (GRU): `initial_state` does not fit. Got shapes=((None, 5),). Expected (None, 4).",
    ),
    Wrong(
        lambda: layers.LSTM(4)(X, initial_state=[STATE]),
        ShapeError,
        "lstm (LSTM): `initial_state` does not fit. Got shapes=((None, 4),). "
        "Expected (None, 4), (None, 4).",
    ),
    Wrong(
        lambda: layers.LSTM(4)(X, mask=MASK[:, :5]),
        ShapeError,
        "lstm (LSTM): `mask` does not fit. Got mask shape=(None, 5), input "
        "shape=(None, 6, 4). Expected (None, 6), one value per step.",
    ),
    Wrong(
        lambda: layers.LSTM(4)(X, state=STATE),
        ArgumentError,
        "lstm (LSTM): it cannot be called so (got an unexpected keyword argument "
        "'state'). Expected sequences, initial_state, mask.",
    ),
    Wrong(
        lambda: layers.LSTM(4, stateful=True)(Input((6, 4))),
        ShapeError,
        "lstm (LSTM): a layer that keeps its states needs a fixed batch size. Got "
        "input shape=(None, 6, 4). Expected a number for the batch. "
        "Input(batch_shape=(32, ...)).\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 6, 4)",
    ),
    Wrong(
        lambda: stateful_on_other_batches(),
        ShapeError,
        "lstm (LSTM): another batch size than that of its kept states. Got batch "
        "size=2. Expected 3. stateful=False, or batches of one size.",
    ),
    Wrong(
        lambda: layers.ConvLSTM2D(4, 3)(Input((5, None, 8, 1))),
        ShapeError,
        "conv_lstm2d (ConvLSTM2D): states are maps, but the size of the input is "
        "open. Got axis=(2, 3), input shape=(None, None, 8, 1). Expected a known "
        "size there.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 5, None, 8, 1)",
    ),
    Wrong(
        lambda: layers.ConvLSTM2D(4, 3, strides=2, dilation_rate=2),
        ArgumentError,
        "conv_lstm2d (ConvLSTM2D): `strides` is not valid. Got strides=(2, 2). "
        "Expected 1 where dilation_rate=(2, 2) is above 1.",
    ),
    Wrong(
        lambda: layers.Bidirectional(layers.LSTM(4), merge_mode="add"),
        ArgumentError,
        "bidirectional (Bidirectional): `merge_mode` is not valid. Got "
        "merge_mode='add'. Expected one of 'sum', 'mul', 'ave', 'concat'.",
    ),
    Wrong(
        lambda: layers.Bidirectional(layers.Dense(4)),
        ArgumentError,
        "bidirectional (Bidirectional): the layer inside is not recurrent. Got "
        "layer='dense (Dense)'. Expected a layer such as layers.LSTM(32).",
    ),
    Wrong(
        lambda: layers.Bidirectional(layers.LSTM(4), backward_layer=layers.LSTM(4)),
        ArgumentError,
        "bidirectional (Bidirectional): the two layers do not go together. Got "
        "go_backwards=(False, False). Expected different directions. layers.LSTM(32, "
        "go_backwards=True).",
    ),
    Wrong(
        lambda: layers.Bidirectional(layers.LSTM(4), "sum", backward_layer=other())(X),
        ShapeError,
        "bidirectional (Bidirectional): both directions must have the same size. Got "
        "shapes=((None, 4), (None, 5)). Expected equal shapes, or "
        'merge_mode="concat".',
    ),
    Wrong(
        lambda: layers.TimeDistributed(layers.LSTM),
        ArgumentError,
        "time_distributed (TimeDistributed): `layer` is not a layer. Got "
        "layer='LSTM'. Expected a layer such as layers.Conv2D(8, 3).",
    ),
    Wrong(
        lambda: layers.TimeDistributed(layers.LSTM(4, return_state=True))(Input((3, 5, 2))),
        ArgumentError,
        "time_distributed (TimeDistributed): the layer inside has several outputs. "
        "Got outputs=3. Expected 1.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 3, 5, 2)",
    ),
    Wrong(
        lambda: layers.RNN(layers.Dense(4)),
        ArgumentError,
        "dense (Dense): a cell without `state_size`. Expected the length of its "
        "state, or a list of lengths for several. self.state_size = units in its "
        "constructor.",
    ),
    Wrong(
        lambda: layers.RNN([]),
        ArgumentError,
        "stacked_rnn_cells (StackedRNNCells): `cells` is empty. Expected a list of cells.",
    ),
    Wrong(
        lambda: layers.LSTMCell(4)(X[:, 0], [STATE]),
        ShapeError,
        "lstm_cell (LSTMCell): `states` does not fit. Got shapes=((None, 4),). "
        "Expected (None, 4), (None, 4).",
    ),
]


def other() -> layers.Layer:
    return layers.LSTM(5, go_backwards=True)


def stateful_on_other_batches() -> Any:
    layer = layers.LSTM(4, stateful=True)
    return layer(Input(batch_shape=(3, 6, 4))), layer(X[:2])


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_says_what_is_wrong(wrong: Wrong) -> None:
    wrong.check()
