"""The arguments that every optimizer takes, and their checks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypedDict, cast

from striate.errors import ArgumentError, message, unknown_name
from striate.training.optimizers.checks import check_integer, check_number


class OtherOptions(TypedDict, total=False):
    """The arguments that every optimizer takes, weight decay apart."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    name: str | None


class Options(OtherOptions, total=False):
    """The arguments that every optimizer takes; `Optimizer` says what they mean."""

    weight_decay: float | None


DEFAULTS: dict[str, Any] = {
    "weight_decay": None,
    "clipnorm": None,
    "clipvalue": None,
    "global_clipnorm": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
    "name": None,
}

# Options that may be None, and else must lie in the interval.
INTERVALS = {
    "weight_decay": "[0, inf)",
    "clipnorm": "[0, inf)",
    "clipvalue": "[0, inf)",
    "global_clipnorm": "[0, inf)",
    "loss_scale_factor": "(0, inf)",
}


def checked_options(where: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> Options:
    """All options, those not given at their defaults.

    Args:
        where: the optimizer's class, for the messages.
        given: the options passed.
        known: every argument that the optimizer takes, for the hint at a misspelt one.
    """
    for name in given:
        if name not in DEFAULTS:
            raise unknown_name(where, "argument", name, known)
    options: dict[str, Any] = {**DEFAULTS, **given}
    for name, interval in INTERVALS.items():
        if options[name] is not None:
            options[name] = check_number(where, name, options[name], interval)
    options["ema_momentum"] = check_number(where, "ema_momentum", options["ema_momentum"], "[0, 1]")
    for name, minimum in (("ema_overwrite_frequency", 1), ("gradient_accumulation_steps", 2)):
        if options[name] is not None:
            options[name] = check_integer(where, name, options[name], minimum)
    _check_one_clipping(where, options)
    return cast(Options, options)


def _check_one_clipping(where: str, options: Mapping[str, Any]) -> None:
    ways = ("clipnorm", "clipvalue", "global_clipnorm")
    used = {name: options[name] for name in ways if options[name] is not None}
    if len(used) > 1:
        raise ArgumentError(
            message(
                where,
                "gradients can be clipped in one way only",
                got=used,
                expected="at most one of clipnorm, clipvalue and global_clipnorm",
            )
        )


def full_signature(constructor: Callable[..., None]) -> inspect.Signature:
    """A constructor's signature with `**options` spelt out, for `help()` and for configs."""
    found = list(inspect.signature(constructor).parameters.values())[1:]
    shown = [p for p in found if p.kind is not inspect.Parameter.VAR_KEYWORD]
    if len(shown) < len(found):
        own = {p.name for p in shown}
        shown += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
            for name, default in DEFAULTS.items()
            if name not in own
        ]
    return inspect.Signature(shown)
