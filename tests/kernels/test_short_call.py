"""The native form of a call asks what it should, and says None where it may not compute."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
import torch

from striate.kernels import library, short_call
from striate.kernels.program import Program
from striate.kernels.short_call import ShortCall
from striate.kernels.steps import copied

pytestmark = [
    pytest.mark.torch,
    pytest.mark.native,
    pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}"),
    pytest.mark.skipif(short_call.missing(), reason="compiled without Python's headers"),
]
X = np.random.default_rng(0).random((2, 5, 3), dtype=np.float32)


class Copying:
    """A program that copies, and what is asked of its short call."""

    def __init__(self, **given: Any) -> None:
        self.program = Program([copied("x", "y", 5, 3)], {"x": (5, 3), "y": (5, 3)}, ["x"], ["y"])
        self.room = self.program.room()
        self.asked: list[tuple[int, int]] = []
        told: dict[str, Any] = {"hooks": (), "silent": (), "weights": (), "prepare": self.prepare}
        self.call = ShortCall((5, 3), (5, 3), **{**told, **given})

    def prepare(self, images: int, threads: int) -> int:
        self.asked.append((images, threads))
        loaded = self.program.load(self.program.kind(images, threads), {})
        self.room.prepare(loaded, images, threads, ())
        return self.room.address


def test_it_computes_and_prepares_once_for_a_number_of_images_and_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(library, "threads", lambda: 1)
    one = Copying()
    for x in (X, X, X[:1], X):
        np.testing.assert_array_equal(one.call.run(x), x)
    monkeypatch.setattr(library, "threads", lambda: 2)
    one.call.run(X)
    one.call.forget()
    one.call.run(X)
    assert one.asked == [(2, 1), (1, 1), (2, 1), (2, 2), (2, 2)]


def test_nothing_is_read_or_written_outside() -> None:
    around = np.full((6, 5, 3), 7.0, dtype=np.float32)
    around[2:4] = X
    np.testing.assert_array_equal(Copying().call.run(around[2:4]), X)
    np.testing.assert_array_equal(around[[0, 1, 4, 5]], np.float32(7.0))


def test_hooks_and_whoever_looks_stop_it() -> None:
    hooks: dict[int, int] = {}
    loud = [0]
    one = Copying(hooks=(hooks,), silent=(lambda: None, lambda: loud[0]))
    assert one.call.run(X) is not None
    hooks[1] = 1
    assert one.call.run(X) is None
    hooks.clear()
    loud[0] = 1
    assert one.call.run(X) is None
    loud[0] = 0
    assert one.call.run(X) is not None


def test_a_weight_that_is_written_replaced_added_or_removed_prepares_anew() -> None:
    held: dict[str, Any] = {"a": torch.zeros(2), "none": None}
    one = Copying(weights=(held, {}))
    one.call.run(X)
    one.call.run(X)
    assert len(one.asked) == 1
    for count, change in enumerate(
        [
            lambda: held["a"].add_(1.0),
            lambda: held.update(a=held["a"].clone()),
            lambda: setattr(held["a"], "data", torch.ones(2)),
            lambda: held.update(b=torch.zeros(1)),
            lambda: held.pop("a"),
        ]
    ):
        change()
        assert one.call.run(X) is not None
        one.call.run(X)
        assert len(one.asked) == count + 2


def test_no_call_is_none_and_errors_stay_errors() -> None:
    assert Copying(prepare=lambda images, threads: 0).call.run(X) is None

    def broken(*given: Any) -> int:
        raise ValueError("broken")

    for given in ({"prepare": broken}, {"silent": (broken,)}):
        with pytest.raises(ValueError, match=r"^broken$"):
            Copying(**given).call.run(X)
    with pytest.raises(AttributeError):
        Copying(weights=({"a": "no tensor"},)).call.run(X)
    with pytest.raises(TypeError, match=r"^ShortCall takes 10 arguments$"):
        type(Copying().call._native)(1, 2)


def test_a_step_that_fails_leaves_it_to_the_usual_way() -> None:
    one = Copying()
    assert one.call.run(X) is not None
    kernel = ctypes.CFUNCTYPE(ctypes.c_int32)
    failing = kernel(lambda: 2)  # a status
    one.room._last[0]._steps[0].run = ctypes.cast(failing, ctypes.c_void_p).value
    assert one.call.run(X) is None
