"""Hooks that nobody overrides are not called; logs are fetched only for those who look."""

from __future__ import annotations

from typing import Any

import pytest

from striate.errors import ArgumentError
from striate.training.callbacks import Callback, CallbackList, EarlyStopping, LambdaCallback
from striate.training.logs import LazyLogs
from tests.training.small_runs import Line, fit_line, line_data

pytestmark = pytest.mark.torch


class OnBatch(Callback):
    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        self.seen = batch


class NoSuper(Callback):
    """As users write them: the base constructor is not called."""

    def __init__(self, name: str) -> None:
        self.name = name


def test_only_overridden_batch_hooks_are_wanted() -> None:
    hooks = CallbackList([Callback(), OnBatch(), LambdaCallback(on_test_batch_begin=print)])
    assert hooks.wants("on_train_batch_end")
    assert hooks.wants("on_test_batch_begin")
    assert not hooks.wants("on_train_batch_begin")
    assert not hooks.wants("on_predict_batch_end")
    hooks.append(LambdaCallback(on_train_batch_begin=print))
    assert hooks.wants("on_train_batch_begin")


def test_nested_lists_and_lists_of_callbacks_are_flattened() -> None:
    one, two, three = Callback(), OnBatch(), NoSuper("x")
    hooks = CallbackList([one, (two, [three])], Line(), epochs=3)
    assert three.params == {"epochs": 3}
    assert isinstance(three.model, Line)
    assert CallbackList([hooks, one]).callbacks == [one, two, three, one]
    assert CallbackList(one).callbacks == [one]
    assert CallbackList(None).callbacks == []
    assert hooks.find(OnBatch) is two
    assert hooks.find(EarlyStopping) is None


def test_logs_that_are_ignored_are_not_fetched() -> None:
    reads: list[int] = []

    def read() -> dict[str, float]:
        reads.append(1)
        return {"loss": 1.0}

    def batch(hooks: CallbackList) -> None:
        hooks.batch_end("train", 0, ("loss",), read)

    batch(CallbackList([LambdaCallback(on_train_batch_end=lambda batch, logs: None)]))
    batch(CallbackList([LambdaCallback(on_train_batch_end=lambda batch, logs: list(logs))]))
    assert not reads
    batch(CallbackList([LambdaCallback(on_train_batch_end=lambda batch, logs: logs["loss"])] * 2))
    assert len(reads) == 1


def test_logs_that_are_kept_keep_the_values_of_their_moment() -> None:
    kept: list[LazyLogs] = []
    keep = LambdaCallback(on_train_batch_end=lambda batch, logs: kept.append(logs))
    read: list[float] = []
    look = LambdaCallback(on_batch_end=lambda batch, logs: None)
    compare = LambdaCallback(on_train_batch_end=lambda batch, logs: read.append(logs["loss"]))
    fit_line(line_data(40), epochs=1, callbacks=[keep, look])
    fit_line(line_data(40), epochs=1, callbacks=[compare])
    assert [logs["loss"] for logs in kept] == read
    assert len(set(read)) == 5


def test_what_is_no_callback() -> None:
    with pytest.raises(ArgumentError) as caught:
        CallbackList([EarlyStopping])
    assert str(caught.value) == (
        "callbacks: an entry is not a callback. Got entry='the class EarlyStopping'. Expected "
        "objects of subclasses of striate.callbacks.Callback. Make one: EarlyStopping(...)."
    )
    with pytest.raises(ArgumentError) as caught:
        CallbackList(print)
    assert str(caught.value) == (
        "callbacks: an entry is not a callback. Got entry='builtin_function_or_method'. Expected "
        "objects of subclasses of striate.callbacks.Callback. Subclass "
        "striate.callbacks.Callback."
    )
    with pytest.raises(ArgumentError, match=r"Got entry='NoneType'\."):
        CallbackList([None])
