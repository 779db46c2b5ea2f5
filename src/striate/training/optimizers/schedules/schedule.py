"""What a learning-rate schedule is, and functions passed in place of one."""

from __future__ import annotations

import abc
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from striate.errors import ArgumentError, message


class LearningRateSchedule(abc.ABC):
    """A learning rate that depends on the number of optimizer steps already taken.

    Subclass it for a schedule of your own: `__call__` gives the rate of a step, `get_config` the
    constructor's arguments, so that the optimizer can be saved with it. A schedule is plain
    Python arithmetic on the host: asking it for a rate never waits for a device.

    Example:
        >>> class Halving(LearningRateSchedule):
        ...     def __init__(self, start, every):
        ...         self.start, self.every = start, every
        ...     def __call__(self, step):
        ...         return self.start * 0.5 ** (step // self.every)
        ...     def get_config(self):
        ...         return {"start": self.start, "every": self.every}
        >>> Halving(0.1, every=100)(250)
        0.025
    """

    # Whether a rate can still be set while it is followed; its `initial_learning_rate` then is.
    settable: bool = False

    @abc.abstractmethod
    def __call__(self, step: float) -> float:
        """The learning rate of a step; the first step is number 0."""

    def momentum(self, step: float) -> float | None:
        """The momentum of a step, or None to leave the optimizer's own in place."""
        return None

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments: `type(schedule)(**config)` gives an equal schedule."""
        raise ArgumentError(
            message(
                type(self).__name__,
                "this schedule cannot be written down, because it has no get_config()",
                fix="Define get_config(self) to return the constructor's arguments as a dict",
            )
        )

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> LearningRateSchedule:
        """The schedule of a config that `get_config` gave."""
        return cls(**config)

    def __repr__(self) -> str:
        if type(self).get_config is LearningRateSchedule.get_config:
            return f"{type(self).__name__}()"
        given = ", ".join(f"{name}={value!r}" for name, value in self.get_config().items())
        return f"{type(self).__name__}({given})"


class FunctionSchedule(LearningRateSchedule):
    """The rates that a function returns.

    As in Keras, a function that can be called without arguments is; one that needs an argument
    gets the number of the step. The schedule objects of other libraries count as functions.

    Args:
        function: returns the rate of the step about to be taken.

    Raises:
        ArgumentError: the function needs more than one argument.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._takes_step = not _accepts(function)
        if self._takes_step and not _accepts(function, 0):
            raise ArgumentError(
                message(
                    "learning_rate",
                    "the function needs more than one argument",
                    got={"learning_rate": function},
                    expected="a function of nothing, or of the number of the step",
                )
            )

    def __call__(self, step: float) -> float:
        return float(self.function(step) if self._takes_step else self.function())

    def __repr__(self) -> str:
        return f"FunctionSchedule({self.function!r})"


def _accepts(function: Callable[..., Any], *arguments: object) -> bool:
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return False
    except ValueError:  # a function of C without a known signature: taken to need the step
        return bool(arguments)
    return True
