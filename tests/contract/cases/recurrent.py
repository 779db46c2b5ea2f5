"""Cases of the layers in `striate/layers/recurrent_dense.py` and around it."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import Case

STEPS = ((5, 3),)
WITH_STATE = (*STEPS, (4,))
WITH_STATES = (*STEPS, (4,), (4,))
MASKED = (*STEPS, (5,))
ALL: dict[str, Any] = {"return_sequences": True, "return_state": True}
SLOW: dict[str, Any] = {"activation": "softsign", "recurrent_activation": "hard_sigmoid"}
TIME_FIRST: dict[str, Any] = {"copies": True, "note": "torch's kernel runs time first"}
STATE, MASK = ("sequences", "initial_state"), ("sequences", "mask")

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
    Case("LSTM", {"units": 4, **ALL}, WITH_STATES, names=(*STATE, "initial_state"), **TIME_FIRST),
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
]
