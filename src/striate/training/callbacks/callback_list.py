"""Calls a list of callbacks as one, and skips every hook that nobody overrides."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Iterable
from typing import Any

from striate.errors import ArgumentError, message
from striate.training.callbacks.callback import Callback, Logs
from striate.training.logs import LazyLogs

_BATCH_HOOKS = (
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
    "on_predict_batch_begin",
    "on_predict_batch_end",
)
_ALIASES = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}

BatchHook = Callable[[int, Logs], None]


class CallbackList(Callback):
    """A list of callbacks behind the hooks of one.

    Args:
        callbacks: callbacks, or lists of them; one callback alone is taken too.
        model: the module they are told about.
        compiled: the `Compiled` whose optimizer they may change.
        params: `verbose`, `epochs`, `steps`.

    Raises:
        ArgumentError: something in the list is not a callback.

    Example:
        >>> hooks = CallbackList([Callback()])
        >>> hooks.wants("on_train_batch_end")
        False
    """

    def __init__(
        self, callbacks: object = None, model: Any = None, compiled: Any = None, **params: Any
    ) -> None:
        self.callbacks: list[Callback] = list(_flat(callbacks))
        self.model = model
        self._compiled = compiled
        self.params = params
        self._hooks = {name: self._overriding(name) for name in _BATCH_HOOKS}
        for callback in self.callbacks:
            callback._compiled = compiled
            if model is not None:
                callback.set_model(model)
            callback.set_params(params)

    def append(self, callback: Callback) -> None:
        """Adds one callback; call it before training begins."""
        self.callbacks.append(callback)
        callback._compiled = self._compiled
        if self.model is not None:
            callback.set_model(self.model)
        if self.params is not None:
            callback.set_params(self.params)
        self._hooks = {name: self._overriding(name) for name in _BATCH_HOOKS}

    def wants(self, hook: str) -> bool:
        """Whether any callback overrides a batch hook; if none does, do not build its logs."""
        return bool(self._hooks[hook])

    def find(self, kind: type[Callback]) -> Any:
        """The first callback of a class, or None."""
        return next((c for c in self.callbacks if isinstance(c, kind)), None)

    def batch_begin(self, phase: str, batch: int) -> None:
        """Calls the hooks before a batch; `phase` is train, test or predict."""
        for hook in self._hooks[f"on_{phase}_batch_begin"]:
            hook(batch, {})

    def batch_end(
        self, phase: str, batch: int, keys: tuple[str, ...], read: Callable[[], dict[str, Any]]
    ) -> None:
        """Calls the hooks after a batch, with logs that `read` fills in if somebody looks.

        Logs belong to this moment: the next step adds to the very sums they are read from. So if
        a callback kept them without looking, their values are fetched before we return.
        """
        hooks = self._hooks[f"on_{phase}_batch_end"]
        if not hooks:
            return
        logs = LazyLogs(keys, read)
        for hook in hooks:
            hook(batch, logs)
        if logs.fetched:
            return
        reference = weakref.ref(logs)
        del logs
        kept = reference()
        if kept is not None:
            kept.fetch()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_train_begin({} if logs is None else logs)

    def on_train_end(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_train_end({} if logs is None else logs)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, {} if logs is None else logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, {} if logs is None else logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_test_begin({} if logs is None else logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_test_end({} if logs is None else logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_begin({} if logs is None else logs)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        for callback in self.callbacks:
            callback.on_predict_end({} if logs is None else logs)

    def _overriding(self, name: str) -> list[BatchHook]:
        return [getattr(c, name) for c in self.callbacks if _overrides(c, name)]


def _overrides(callback: Callback, name: str) -> bool:
    names = [name, _ALIASES[name]] if name in _ALIASES else [name]
    return any(
        hook in vars(callback) or getattr(type(callback), hook) is not getattr(Callback, hook)
        for hook in names
    )


def _flat(callbacks: object) -> Iterable[Callback]:
    if callbacks is None:
        return
    if isinstance(callbacks, CallbackList):
        yield from callbacks.callbacks
        return
    if isinstance(callbacks, Callback):
        yield callbacks
        return
    if not isinstance(callbacks, (list, tuple)):
        raise _not_a_callback(callbacks)
    for entry in callbacks:
        if entry is None:
            raise _not_a_callback(entry)
        yield from _flat(entry)


def _not_a_callback(entry: object) -> ArgumentError:
    if inspect.isclass(entry):
        got, fix = f"the class {entry.__name__}", f"Make one: {entry.__name__}(...)"
    else:
        got, fix = type(entry).__name__, "Subclass striate.callbacks.Callback"
    return ArgumentError(
        message(
            "callbacks",
            "an entry is not a callback",
            got={"entry": got},
            expected="objects of subclasses of striate.callbacks.Callback",
            fix=fix,
        )
    )
