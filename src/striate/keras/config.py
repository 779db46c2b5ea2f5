"""keras.config: settings that hold for all of a process."""

from __future__ import annotations

import os
from typing import Any

from striate.errors import ArgumentError, message

_state: dict[str, Any] = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "interactive_logging": True,
    "traceback_filtering": False,
    "flash_attention": True,
}


def backend() -> str:
    """The backend that a script asked for in KERAS_BACKEND, else "tensorflow", as in Keras."""
    return os.environ.get("KERAS_BACKEND", "tensorflow")


def set_backend(backend: str) -> None:
    """Accepted: torch computes everything here, under the names of each backend."""
    os.environ["KERAS_BACKEND"] = backend


def version() -> str:
    """The version of Keras whose meaning this has."""
    from striate.keras import __version__

    return __version__


def image_data_format() -> str:
    """ "channels_last", or "channels_first" if a script has set it."""
    return str(_state["image_data_format"])


def set_image_data_format(data_format: str) -> None:
    """Sets the order of axes of layers to come.

    Raises:
        ArgumentError: neither "channels_last" nor "channels_first".
    """
    formats = {"th": "channels_first", "tf": "channels_last"}
    chosen = formats.get(data_format, data_format)
    _check("set_image_data_format", "data_format", chosen, ("channels_last", "channels_first"))
    _state["image_data_format"] = chosen


def floatx() -> str:
    """The number type of weights."""
    return str(_state["floatx"])


def set_floatx(value: str) -> None:
    """Weights are float32 here; half precision is chosen by `keras.mixed_precision`.

    Raises:
        ArgumentError: another number type.
    """
    _check("set_floatx", "floatx", value, ("float32",))


def epsilon() -> float:
    """The number that keeps divisors away from 0 in functions of `keras.backend`."""
    return float(_state["epsilon"])


def set_epsilon(value: float) -> None:
    """Sets what `epsilon` returns."""
    _state["epsilon"] = float(value)


def _check(where: str, name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ArgumentError(
            message(
                where,
                f"`{name}` is not one that striate has",
                got={name: value},
                expected=" or ".join(repr(k) for k in known),
            )
        )


def enable_interactive_logging() -> None:
    """Progress goes to standard output, as it does anyway."""
    _state["interactive_logging"] = True


def disable_interactive_logging() -> None:
    """Noted; `verbose=0` silences fit, evaluate and predict."""
    _state["interactive_logging"] = False


def is_interactive_logging_enabled() -> bool:
    """Whether a script has left it on."""
    return bool(_state["interactive_logging"])


def enable_traceback_filtering() -> None:
    """Noted; tracebacks are short already."""
    _state["traceback_filtering"] = True


def disable_traceback_filtering() -> None:
    """Tracebacks are whole, as they are anyway."""
    _state["traceback_filtering"] = False


def is_traceback_filtering_enabled() -> bool:
    """Whether a script has turned it on."""
    return bool(_state["traceback_filtering"])


def enable_flash_attention() -> None:
    """Torch chooses its attention kernel itself."""
    _state["flash_attention"] = True


def disable_flash_attention() -> None:
    """Noted; torch chooses its attention kernel itself."""
    _state["flash_attention"] = False


def is_flash_attention_enabled() -> bool:
    """Whether a script has left it on."""
    return bool(_state["flash_attention"])


def dtype_policy() -> Any:
    """The policy of `keras.mixed_precision`."""
    from striate.keras import mixed_precision

    return mixed_precision.global_policy()


def set_dtype_policy(policy: Any) -> None:
    """Sets the policy of `keras.mixed_precision`."""
    from striate.keras import mixed_precision

    mixed_precision.set_global_policy(policy)


__all__ = [
    "backend",
    "disable_flash_attention",
    "disable_interactive_logging",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_flash_attention",
    "enable_interactive_logging",
    "enable_traceback_filtering",
    "epsilon",
    "floatx",
    "image_data_format",
    "is_flash_attention_enabled",
    "is_interactive_logging_enabled",
    "is_traceback_filtering_enabled",
    "set_backend",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "version",
]
