"""Cases of the layers in `striate/layers/recurrent_dense.py` and around it."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import Case, Inner

STEPS = ((5, 3),)
WITH_STATE = (*STEPS, (4,))
WITH_STATES = (*STEPS, (4,), (4,))
MASKED = (*STEPS, (5,))
ALL: dict[str, Any] = {"return_sequences": True, "return_state": True}
SLOW: dict[str, Any] = {"activation": "softsign", "recurrent_activation": "hard_sigmoid"}
TIME_FIRST: dict[str, Any] = {"copies": True, "note": "torch's kernel runs time first"}
STATE, MASK = ("sequences", "initial_state"), ("sequences", "mask")
FILM = ((3, 5, 4, 2),)
TWO_STATES = (*STATE, "initial_state")
DROPS: dict[str, Any] = {"dropout": 0.5, "recurrent_dropout": 0.3, "seed": 1}
CELLS = [Inner("LSTMCell", {"units": 4}), Inner("GRUCell", {"units": 3})]
CONV = Inner("Conv2D", {"filters": 3, "kernel_size": 2, "activation": "relu"})
SEQUENCES = Inner("GRU", {"units": 4, "return_sequences": True})


def step(states: int) -> tuple[str, ...]:
    return ("inputs", *("states",) * states)


CASES = [
    Case("SimpleRNN", {"units": 4}, STEPS),
    Case("SimpleRNN", {"units": 4, "activation": "relu", "use_bias": False, **ALL}, STEPS),
    Case("SimpleRNN", {"units": 4, "go_backwards": True, **ALL}, STEPS, **TIME_FIRST),
    Case("SimpleRNN", {"units": 4}, MASKED, names=MASK),
    Case("SimpleRNN", {"units": 4, "dropout": 0.5, "recurrent_dropout": 0.5}, STEPS, random=True),
    Case("LSTM", {"units": 4}, STEPS),
    Case("LSTM", {"units": 4, "use_bias": False, **ALL}, STEPS, **TIME_FIRST),
    Case("LSTM", {"units": 4, "go_backwards": True, **ALL}, STEPS, **TIME_FIRST),
    Case("LSTM", {"units": 4, **SLOW, **ALL}, STEPS),
    Case("LSTM", {"units": 4, **ALL}, WITH_STATES, names=TWO_STATES, **TIME_FIRST),
    Case("LSTM", {"units": 4, **ALL}, MASKED, names=MASK),
    Case("LSTM", {"units": 4, "go_backwards": True, **ALL}, MASKED, names=MASK),
    Case("LSTM", {"units": 4, "zero_output_for_mask": True, **ALL}, MASKED, names=MASK),
    Case("LSTM", {"units": 4, "dropout": 0.5, "seed": 1}, STEPS, random=True),
    Case("LSTM", {"units": 4, "recurrent_dropout": 0.5, "seed": 1}, STEPS, random=True),
    Case("GRU", {"units": 4}, STEPS),
    Case("GRU", {"units": 4, "use_bias": False, **ALL}, STEPS, **TIME_FIRST),
    Case("GRU", {"units": 4, "reset_after": False, **ALL}, STEPS),
    Case("GRU", {"units": 4, "reset_after": False, "use_bias": False, **SLOW}, STEPS),
    Case("GRU", {"units": 4, "go_backwards": True, **ALL}, STEPS, **TIME_FIRST),
    Case("GRU", {"units": 4, **ALL}, WITH_STATE, names=STATE, **TIME_FIRST),
    Case("GRU", {"units": 4, **ALL}, MASKED, names=MASK),
    Case("GRU", {"units": 4, "dropout": 0.5, "recurrent_dropout": 0.2}, STEPS, random=True),
    Case("GRU", {"units": 4, "recurrent_dropout": 0.5, "reset_after": False}, STEPS, random=True),
    Case("ConvLSTM1D", {"filters": 2, "kernel_size": 2, **ALL}, ((3, 5, 2),)),
    Case("ConvLSTM2D", {"filters": 2, "kernel_size": 3}, FILM),
    Case("ConvLSTM2D", {"filters": 2, "kernel_size": (3, 2), "padding": "same", **ALL}, FILM),
    Case("ConvLSTM2D", {"filters": 2, "kernel_size": 2, "strides": 2, "use_bias": False}, FILM),
    Case("ConvLSTM2D", {"filters": 2, "kernel_size": 2, "go_backwards": True, **ALL}, FILM),
    Case("ConvLSTM2D", {"filters": 2, "kernel_size": 2, **ALL}, (*FILM, (3,)), names=MASK),
    Case(
        "ConvLSTM2D",
        {"filters": 2, "kernel_size": 2, "dropout": 0.4, "recurrent_dropout": 0.3, "seed": 1},
        FILM,
        random=True,
    ),
    Case("ConvLSTM3D", {"filters": 2, "kernel_size": 2}, ((2, 3, 3, 3, 2),)),
    Case("GlobalAveragePooling1D", {}, MASKED, names=("inputs", "mask")),
    Case("GlobalAveragePooling1D", {"keepdims": True}, MASKED, names=("inputs", "mask")),
    *(
        Case(f"{name}Cell", {"units": 4, **more}, ((3,), *((4,),) * states), names=step(states))
        for name, states, more in (
            ("SimpleRNN", 1, {}),
            ("LSTM", 2, {}),
            ("LSTM", 2, {"use_bias": False, **SLOW}),
            ("GRU", 1, {}),
            ("GRU", 1, {"reset_after": False}),
        )
    ),
    Case("LSTMCell", {"units": 4, **DROPS}, ((3,), (4,), (4,)), names=step(2), random=True),
    Case("RNN", {"cell": Inner("LSTMCell", {"units": 4})}, STEPS),
    Case("RNN", {"cell": Inner("GRUCell", {"units": 4}), "go_backwards": True, **ALL}, STEPS),
    Case("RNN", {"cell": Inner("SimpleRNNCell", {"units": 4}), **ALL}, MASKED, names=MASK),
    Case("RNN", {"cell": Inner("LSTMCell", {"units": 4}), **ALL}, WITH_STATES, names=TWO_STATES),
    Case("RNN", {"cell": Inner("LSTMCell", {"units": 4, **DROPS})}, STEPS, random=True),
    Case("RNN", {"cell": CELLS, **ALL}, STEPS),
    Case("RNN", {"cell": CELLS, "zero_output_for_mask": True}, MASKED, names=MASK),
    Case(
        "StackedRNNCells",
        {"cells": CELLS},
        ((3,), (4,), (4,), (3,)),
        keras=False,
        names=step(3),
        note="Keras has the states of each cell in a list of their own; compared inside RNN",
    ),
    Case("TimeDistributed", {"layer": Inner("Dense", {"units": 4})}, STEPS),
    Case("TimeDistributed", {"layer": CONV}, FILM),
    Case("TimeDistributed", {"layer": Inner("BatchNormalization")}, FILM, trains=True),
    Case("TimeDistributed", {"layer": Inner("GlobalAveragePooling2D")}, FILM),
    Case("Bidirectional", {"layer": Inner("LSTM", {"units": 4})}, STEPS),
    Case("Bidirectional", {"layer": Inner("LSTM", {"units": 4, **ALL})}, STEPS),
    Case("Bidirectional", {"layer": SEQUENCES, "merge_mode": "sum"}, STEPS, **TIME_FIRST),
    Case("Bidirectional", {"layer": SEQUENCES, "merge_mode": "ave"}, STEPS, **TIME_FIRST),
    Case("Bidirectional", {"layer": SEQUENCES, "merge_mode": "mul"}, MASKED, names=MASK),
    Case("Bidirectional", {"layer": SEQUENCES, "merge_mode": None}, STEPS, copies=True),
    Case(
        "Bidirectional",
        {
            "layer": Inner("LSTM", {"units": 4}),
            "backward_layer": Inner("GRU", {"units": 3, "go_backwards": True}),
        },
        STEPS,
    ),
    Case(
        "Bidirectional",
        {"layer": Inner("LSTM", {"units": 4, **ALL})},
        (*STEPS, (4,), (4,), (4,), (4,)),
        names=("sequences", *("initial_state",) * 4),
    ),
]
