"""What configured TensorFlow 1: phases, sessions and settings, most of it without effect here."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Any

import torch

from striate.errors import GraphError, message
from striate.keras import config
from striate.keras.config import backend as backend
from striate.keras.config import epsilon as epsilon
from striate.keras.config import floatx as floatx
from striate.keras.config import image_data_format as image_data_format
from striate.keras.config import set_epsilon as set_epsilon
from striate.keras.config import set_floatx as set_floatx
from striate.keras.config import set_image_data_format as set_image_data_format

NAMES = [
    "Phase",
    "backend",
    "clear_session",
    "ctc_batch_cost",
    "ctc_decode",
    "epsilon",
    "floatx",
    "get_session",
    "get_uid",
    "image_data_format",
    "image_dim_ordering",
    "in_test_phase",
    "in_train_phase",
    "learning_phase",
    "learning_phase_scope",
    "manual_variable_initialization",
    "name_scope",
    "normalize_data_format",
    "reset_uids",
    "rnn",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_image_dim_ordering",
    "set_learning_phase",
    "set_session",
]


class Phase(int):
    """`K.learning_phase()`: 1 in training, 0 else; as an input of `K.function`, the mode."""


_state: dict[str, Any] = {"phase": 0, "session": None}


def learning_phase() -> Phase:
    """The mode that a script has set; models have their own."""
    return Phase(_state["phase"])


def set_learning_phase(value: Any) -> None:
    """Notes a mode for `learning_phase`, `in_train_phase` and `in_test_phase`."""
    _state["phase"] = int(bool(value))


@contextlib.contextmanager
def learning_phase_scope(value: Any) -> Iterator[None]:
    """Sets the mode inside a block."""
    before = _state["phase"]
    set_learning_phase(value)
    try:
        yield
    finally:
        _state["phase"] = before


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """x in training, else alt; each a value or a function."""
    mode = bool(_state["phase"] if training is None else training)
    chosen = x if mode else alt
    plain = isinstance(chosen, torch.Tensor)
    return chosen() if callable(chosen) and not plain else chosen


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """x outside training, else alt."""
    return in_train_phase(alt, x, training)


def image_dim_ordering() -> str:
    """The data format by its Keras 1 name: "tf", or "th" for channels first."""
    return "th" if config.image_data_format() == "channels_first" else "tf"


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Sets the data format by its Keras 1 name."""
    config.set_image_data_format(dim_ordering)


def normalize_data_format(value: str | None) -> str:
    """A data format, or the one set."""
    return (value or config.image_data_format()).lower()


class Session:
    """What `tf.Session` returns: a block to work in. Nothing is configured by it."""

    graph = None

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def as_default(self) -> Session:
        """Itself."""
        return self

    def close(self) -> None:
        """Nothing is to be closed."""

    def list_devices(self) -> list[str]:
        """The names of the cards."""
        return [f"/device:GPU:{i}" for i in range(torch.cuda.device_count())]

    def run(self, fetches: Any, feed_dict: Any = None, **_: Any) -> Any:
        """Values of tensors that are known already, such as initialisers.

        Raises:
            GraphError: something is to be computed, which takes a graph of TensorFlow 1.
        """
        if fetches is None or isinstance(fetches, Nothing):
            return None
        raise GraphError(
            message(
                "Session.run",
                "graphs of TensorFlow 1 are not run here",
                got={"fetches": type(fetches).__name__},
                expected="a Keras model",
                fix="Use model.predict(x), or K.function([model.input], [layer.output])([x])",
            )
        )


class Nothing:
    """What initialisers of TensorFlow 1 return: nothing is left to be run."""

    def run(self, *_: Any, **__: Any) -> None:
        """Does nothing."""


def get_session(*_: Any, **__: Any) -> Session:
    """The session that was set, or a new one."""
    if _state["session"] is None:
        _state["session"] = Session()
    session: Session = _state["session"]
    return session


def set_session(session: Any) -> None:
    """Noted; there is nothing to configure."""
    _state["session"] = session


def clear_session(free_memory: bool = True) -> None:
    """Forgets the session and the phase, and gives memory back."""
    _state.update(phase=0, session=None)
    _uids.clear()
    if free_memory:
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


_uids: dict[str, int] = {}


def get_uid(prefix: str = "") -> int:
    """How often it was asked for this prefix."""
    _uids[prefix] = _uids.get(prefix, 0) + 1
    return _uids[prefix]


def reset_uids() -> None:
    """Begins to count anew."""
    _uids.clear()


def manual_variable_initialization(value: bool) -> None:
    """Accepted; weights are initialised when they are made."""


@contextlib.contextmanager
def name_scope(name: str = "", *_: Any, **__: Any) -> Iterator[str]:
    """Accepted; layers have their own names."""
    yield name


def _get_available_gpus() -> list[str]:
    """The names of the cards."""
    return Session().list_devices()


def _refused(name: str, why: str, fix: str) -> Any:
    def refuse(*_: Any, **__: Any) -> Any:
        raise GraphError(message(f"keras.backend.{name}", why, fix=fix))

    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = f"Refused: {why}. {fix}."
    return refuse


_SPEECH = "losses of speech and handwriting are no part of a toolkit for images"
ctc_batch_cost = _refused("ctc_batch_cost", _SPEECH, "Use torch.nn.functional.ctc_loss in a Layer")
ctc_decode = _refused("ctc_decode", _SPEECH, "Take the argmax of each step and drop repetitions")
rnn = _refused("rnn", "loops over steps are layers here", "Use keras.layers.RNN with a cell")
