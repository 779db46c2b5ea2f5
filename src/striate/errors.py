"""Every exception of striate, and the one builder of their messages.

A message answers four questions in a fixed order: where (node name and kind), what is wrong,
what was passed and what is expected, and how to fix it as code::

    conv2d_3 (Conv2D): the kernel is larger than its input. Got kernel_size=(5, 5), input (3, 3).
    Expected kernel_size <= input size. Use padding="same" or a smaller kernel_size.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping


class StriateError(Exception):
    """Base class: `except striate.StriateError` catches everything striate raises on purpose."""


class ArgumentError(StriateError, ValueError):
    """An argument has a value that its rule forbids."""


class UnknownNameError(ArgumentError):
    """A name (activation, loss, optimizer, data set, layer...) is not in its table."""


class ShapeError(StriateError, ValueError):
    """Shapes do not fit together; raised while the graph is recorded, before any data."""


class GraphError(StriateError, ValueError):
    """Nodes cannot form a graph: a cycle, a missing input, a name used twice."""


class FormatError(StriateError, ValueError):
    """A file is not what it claims to be, is truncated, or fails its checksum."""


class CheckpointError(FormatError):
    """No checkpoint in a folder can be used to resume."""


class DataError(StriateError, ValueError):
    """Training data are empty, of mismatched lengths, out of range, or not finite."""


class NotCompiledError(StriateError, RuntimeError):
    """`fit` or `evaluate` before `compile`."""


class NotBuiltError(StriateError, RuntimeError):
    """A shape or a weight was asked for before the input shape is known."""


class NonFiniteError(StriateError, ArithmeticError):
    """Training met NaN or infinity and was told to stop."""


class KernelError(StriateError, RuntimeError):
    """An operation or a kernel cannot run on this device or these strides."""


class DownloadError(StriateError, OSError):
    """A data set or file could not be fetched or failed its checksum."""


class StorageError(StriateError, OSError):
    """A file could not be written; what stood there before is untouched."""


class Interrupted(KeyboardInterrupt):
    """Training was stopped by Ctrl-C or SIGTERM; the message says how to go on.

    Attributes:
        exit_code: what a program ends with by convention: 130 after Ctrl-C, 143 after SIGTERM.
    """

    exit_code = 130


class MissingModuleError(StriateError, ModuleNotFoundError):
    """A script imports a module of Keras or TensorFlow that striate does not have."""


class MissingAttributeError(StriateError, AttributeError):
    """A script uses a name of Keras or TensorFlow that striate does not have."""


class MissingExtraError(StriateError, ImportError):
    """An optional package is not installed; the message holds the command that installs it."""


def message(
    where: str,
    fault: str,
    *,
    got: Mapping[str, object] | None = None,
    expected: str = "",
    fix: str = "",
    chain: Iterable[str] = (),
) -> str:
    """Builds the text of an error.

    Args:
        where: the layer as `name (Kind)`, or the function or file concerned; may be empty.
        fault: what is wrong, without a full stop.
        got: what was passed, by name. Values must be plain (numbers, strings, tuples).
        expected: the rule that was broken, without a full stop.
        fix: what to do, as code where possible, without a full stop.
        chain: one line per node that led to the fault, first to last.
    """
    parts = [f"{where}: {fault}." if where else f"{fault}."]
    if got:
        parts.append("Got " + ", ".join(f"{k}={_plain(v)}" for k, v in got.items()) + ".")
    if expected:
        parts.append(f"Expected {expected}.")
    if fix:
        parts.append(f"{fix}.")
    text = " ".join(parts)
    lines = list(chain)
    if lines:
        text += "\nHow it came to this:\n" + "\n".join(f"  {line}" for line in lines)
    return text


def unknown_name(where: str, what: str, name: object, known: Iterable[str]) -> UnknownNameError:
    """An `UnknownNameError` that lists the nearest known names.

    Example:
        >>> print(unknown_name("dense (Dense)", "activation", "relo", ["relu", "elu", "tanh"]))
        dense (Dense): unknown activation. Got 'relo'. Did you mean 'relu' or 'elu'?
    """
    names = sorted(set(known))
    lowered = {n.lower(): n for n in names}
    near = difflib.get_close_matches(str(name).lower(), lowered, n=3, cutoff=0.5)
    prefix = f"{where}: " if where else ""
    if near:
        hint = "Did you mean " + " or ".join(repr(lowered[n]) for n in near) + "?"
    else:
        hint = "Known: " + ", ".join(names) + "."
    return UnknownNameError(f"{prefix}unknown {what}. Got {_plain(name)}. {hint}")


def _plain(value: object) -> str:
    if isinstance(value, (str, int, float, bool, tuple, list, dict, type(None))):
        return repr(value)
    shape = getattr(value, "shape", None)
    if shape is not None:
        return f"{type(value).__name__} of shape {tuple(shape)}"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
