"""keras.optimizers: optimizers with the arguments, names and attributes of every Keras age."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from striate.errors import ArgumentError, message
from striate.keras import notes, surface
from striate.keras.spelling import by_names, stand_in
from striate.training import optimizers as _optimizers
from striate.training.optimizers import Optimizer as _Optimizer
from striate.training.optimizers import schedules as _schedules

_RENAMED = {"lr": "learning_rate", "beta1": "beta_1", "beta2": "beta_2"}
# Arguments of earlier ages that no optimizer has today, and the values that mean nothing.
_IDLE: dict[str, tuple[Any, ...]] = {
    "epsilon": (None,),
    "decay": (None, 0, 0.0),
    "schedule_decay": (0.004,),
    "jit_compile": (True, False),
    "is_legacy_optimizer": (True, False),
}


class _Rate(float):
    """A learning rate that can be set, as the variable that it is in Keras.

    Args:
        optimizer: whose rate it is.
    """

    _optimizer: Any

    def __new__(cls, value: float, optimizer: Any) -> _Rate:
        self = super().__new__(cls, value)
        self._optimizer = optimizer
        return self

    def assign(self, value: Any) -> _Rate:
        """Sets the optimizer's rate."""
        self._optimizer.learning_rate = float(value)
        return _Rate(float(value), self._optimizer)

    def numpy(self) -> Any:
        """The number."""
        return np.float32(self)

    def value(self) -> _Rate:
        """Itself."""
        return self

    read_value = value


class _OfEveryAge(_Optimizer):
    """What scripts ask an optimizer: `lr`, a rate that can be assigned, `apply_gradients`."""

    @property
    def learning_rate(self) -> Any:
        """The rate of the next step; under Keras 1 and 2's `decay`, the one it starts from."""
        start = self._rate.start
        return _Rate(self._rate.at(self._iterations) if start is None else start, self)

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self._rate.set(value)

    @property
    def lr(self) -> Any:
        """Keras 1 and 2's name of `learning_rate`."""
        return self.learning_rate

    @lr.setter
    def lr(self, value: Any) -> None:
        self.learning_rate = value

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]], **_: Any) -> Any:
        """One step from (gradient, weight) pairs.

        Returns:
            The number of steps so far.
        """
        pairs = [(g, v) for g, v in grads_and_vars if g is not None]
        if not self.built:
            self.build([v for _, v in pairs])
        for gradient, weight in pairs:
            weight.grad = gradient
        self.step()
        for _, weight in pairs:
            weight.grad = None
        return self.iterations

    def apply(self, grads: Iterable[Any], trainable_variables: Any = None) -> None:
        """One step from gradients and the weights they belong to."""
        own = [p for group in self.param_groups for p in group["params"]]
        weights = own if trainable_variables is None else trainable_variables
        self.apply_gradients(zip(grads, weights, strict=True))


def _adopted(optimizer: Any) -> Any:
    """The optimizer with what Keras code may ask it; one of torch's stays as it is."""
    kind = type(optimizer)
    if kind in _OF_EVERY_AGE:
        optimizer.__class__ = _OF_EVERY_AGE[kind]
    return optimizer


def get(identifier: Any) -> Any:
    """The optimizer of a name in any case, a configuration, or itself.

    Raises:
        UnknownNameError: no optimizer of that name.
    """
    if isinstance(identifier, str) and identifier.lower() == "adadelta":
        return _STAND_INS["Adadelta"]()
    return _adopted(_optimizers.get(identifier))


def _today(kind: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Today's arguments; `decay` as a schedule."""
    if kind is _optimizers.SGD and len(args) > 2 and not isinstance(args[2], bool):
        kwargs = {**dict(zip(("decay", "nesterov"), args[2:], strict=False)), **kwargs}
        args = args[:2]  # Keras 1 and 2: lr, momentum, decay, nesterov
    given = by_names(kind.__init__, args, kwargs)  # type: ignore[misc]
    for old, new in _RENAMED.items():
        if old in given:
            notes.old(f"{old} of an optimizer", new)
            given[new] = given.pop(old)
    for name, nothing in _IDLE.items():
        if name in given and any(given[name] is v or given[name] == v for v in nothing):
            del given[name]
    if kind is _optimizers.Adadelta and "learning_rate" not in given:
        given["learning_rate"] = _rate_of_its_age()
    if isinstance(given.get("learning_rate"), np.number):
        given["learning_rate"] = float(given["learning_rate"])
    if "decay" in given:
        given["learning_rate"] = _decaying(kind, given.pop("decay"), given.get("learning_rate"))
    return given


def _decaying(kind: type, decay: float, rate: Any) -> Any:
    notes.say("decay of an optimizer is now a schedule: InverseTimeDecay(rate, 1, decay)")
    start = kind().learning_rate if rate is None else rate
    if callable(start):
        raise ArgumentError(
            message(
                kind.__name__,
                "a rate cannot follow a schedule and decay besides",
                got={"learning_rate": start, "decay": decay},
                fix="Leave decay out",
            )
        )
    schedule = _schedules.InverseTimeDecay(float(start), decay_steps=1, decay_rate=float(decay))
    schedule.settable = True  # as in those ages: callbacks may set the rate while it decays
    return schedule


def _rate_of_its_age() -> float:
    """Adadelta began with 1.0 in the Keras of its own before TensorFlow's took over."""
    from striate.keras import ages

    if not ages.is_standalone():
        return 0.001
    notes.say(
        "Adadelta starts with a learning rate of 1.0, its default in the Keras that this script"
        " was written for; today's is 0.001. Give learning_rate to choose"
    )
    return 1.0


def _take(kind: type) -> Any:
    def translate(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        return _today(kind, args, kwargs)

    def make(*args: Any, **kwargs: Any) -> Any:
        return _adopted(kind(**_today(kind, args, kwargs)))

    return stand_in(kind, translate, make=make)


_CLASSES = {
    n: v
    for n, v in surface.take(_optimizers).items()
    if isinstance(v, type) and v is not _Optimizer
}
_OF_EVERY_AGE = {v: type(n, (_OfEveryAge, v), {"__doc__": v.__doc__}) for n, v in _CLASSES.items()}
_STAND_INS = {name: _take(kind) for name, kind in _CLASSES.items()}
Optimizer = _Optimizer
globals().update(_STAND_INS)
globals().update({name.lower(): kind for name, kind in _STAND_INS.items()})
serialize, deserialize = _optimizers.serialize, _optimizers.deserialize

__all__ = [
    *_STAND_INS,
    *(name.lower() for name in _STAND_INS),
    "Optimizer",
    "deserialize",
    "get",
    "serialize",
]
