"""What is wrong with the targets, found once before training and said in full."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from striate.errors import DataError, message
from striate.training.losses.conversion import Array, host_array

Shape = tuple[int | None, ...]
Host = npt.NDArray[Any]


def check_class_numbers(
    y_true: Array, output_shape: Shape | None, where: str, axis: int, ignore_class: int | None
) -> None:
    """Targets of a sparse loss: whole numbers in [0, classes), one per prediction.

    Raises:
        DataError: text labels, one-hot rows, another shape, a broken or not finite number, or a
            number outside the classes.
    """
    y = _numbers(y_true, where)
    if output_shape is None:
        _finite(y, where)
        return
    classes = output_shape[axis] if output_shape else None
    _class_number_shape(y, output_shape, where, axis)
    _finite(y, where)
    if y.dtype.kind == "f":
        _first(y != np.floor(y), y, where, "is not a whole number", "class numbers from 0")
    limit = np.inf if classes is None else classes
    if not y.size or (y.min() >= 0 and y.max() < limit):
        return
    outside = (y < 0) | (y >= limit)
    if ignore_class is not None:
        outside &= y != ignore_class
    if outside.any():
        index = _first_index(outside)
        raise DataError(
            message(
                where,
                f"class number {_plain(y[index])} at {_at(index)} is outside the classes",
                got={"lowest": _plain(y.min()), "highest": _plain(y.max()), "classes": classes},
                expected=f"whole numbers in [0, {classes or 'classes'})",
                fix=_fix_of_class_numbers(int(y.min()), int(y.max()), classes),
            )
        )


def check_one_hot(y_true: Array, output_shape: Shape | None, where: str, axis: int) -> None:
    """Targets of a categorical loss: finite rows with one column per class.

    Values are not limited to [0, 1]: weighted rows are in use (policy gradients).

    Raises:
        DataError: text labels, class numbers in place of rows, another shape, not finite values,
            or an output of one unit.
    """
    y = _numbers(y_true, where)
    if output_shape is not None:
        classes = output_shape[axis]
        got = {"y.shape": y.shape, "output_shape": output_shape}
        if classes == 1:
            raise DataError(
                message(
                    where,
                    "a categorical loss over one class is always 0",
                    got=got,
                    expected="an output of at least two units",
                    fix='Use loss="binary_crossentropy" with a sigmoid unit, or one unit per class',
                )
            )
        few = y.ndim == len(output_shape) - 1 or (y.ndim and y.shape[-1] == 1)
        if few and not _fits(y.shape, output_shape):
            raise DataError(
                message(
                    where,
                    "the targets are class numbers, and this loss wants one-hot rows",
                    got=got,
                    expected=f"y.shape={_text(output_shape)}",
                    fix='Use loss="sparse_categorical_crossentropy" or pass '
                    f"st.to_categorical(y, {classes})",
                )
            )
        _same_shape(y, output_shape, where)
    _finite(y, where)


def check_binary(y_true: Array, output_shape: Shape | None, where: str) -> None:
    """Targets of a binary loss: values in [0, 1] in the output's shape.

    Raises:
        DataError: text labels, another shape, not finite values, or values outside [0, 1].
    """
    y = _numbers(y_true, where)
    if output_shape is not None:
        _binary_shape(y, output_shape, where)
    _finite(y, where)
    low, high = (y.min(), y.max()) if y.size else (0, 0)
    if low < 0 or high > 1:
        index = _first_index((y < 0) | (y > 1))
        if low >= -1 and high <= 1:
            fix = "Pass (y + 1) / 2 for targets -1 and 1"
        elif y.dtype.kind in "iu" and high > 16:
            fix = f"Scale them: y / {_plain(high)}"
        else:
            fix = 'For more than two classes use loss="sparse_categorical_crossentropy"'
        raise DataError(
            message(
                where,
                f"target {_plain(y[index])} at {_at(index)} is not a probability",
                got={"lowest": _plain(low), "highest": _plain(high)},
                expected="targets in [0, 1]",
                fix=fix,
            )
        )


def check_signs(y_true: Array, output_shape: Shape | None, where: str) -> None:
    """Targets of a hinge loss: -1 and 1, or 0 and 1, in the output's shape.

    Raises:
        DataError: text labels, another shape, not finite values, or values outside [-1, 1].
    """
    y = _numbers(y_true, where)
    if output_shape is not None:
        _same_shape(y, output_shape, where)
    _finite(y, where)
    rule = "targets -1 and 1, or 0 and 1"
    _first((y < -1) | (y > 1), y, where, "is not the side of a hinge", rule)


def check_numbers(y_true: Array, output_shape: Shape | None, where: str) -> None:
    """Targets of a regression: finite numbers in the output's shape.

    Raises:
        DataError: text, another shape, or not finite values.
    """
    y = _numbers(y_true, where)
    if output_shape is not None:
        _same_shape(y, output_shape, where)
    _finite(y, where)


def _numbers(y_true: Array, where: str) -> Host:
    y = host_array(y_true)
    if y.dtype.kind not in "biuf":
        raise DataError(
            message(
                where,
                "the targets are not numbers",
                got={"dtype": str(y.dtype), "y.shape": y.shape},
                expected="integer or floating targets",
                fix="Number text labels: names, y = np.unique(labels, return_inverse=True)",
            )
        )
    return y


def _finite(y: Host, where: str) -> None:
    # NaN and infinity survive min and max: no mask is made for good targets.
    if y.dtype.kind == "f" and y.size and not (np.isfinite(y.min()) and np.isfinite(y.max())):
        _first(~np.isfinite(y), y, where, "is not finite", "finite targets")


def _first(bad: Host, y: Host, where: str, fault: str, rule: str) -> None:
    """Raises about the first entry where `bad` is True, if there is one."""
    if bad.any():
        index = _first_index(bad)
        raise DataError(
            message(where, f"target {_plain(y[index])} at {_at(index)} {fault}", expected=rule)
        )


def _class_number_shape(y: Host, output_shape: Shape, where: str, axis: int) -> None:
    wanted = list(output_shape)
    classes = wanted.pop(axis)
    shape = list(y.shape)
    if len(shape) == len(output_shape) and shape[axis] == 1:
        shape.pop(axis)
    if _fits(tuple(shape), tuple(wanted)):
        return
    got = {"y.shape": y.shape, "output_shape": output_shape}
    expected = f"y.shape={_text(tuple(wanted))}"
    if y.ndim == len(output_shape) and y.shape[axis] == classes:
        raise DataError(
            message(
                where,
                "the targets are one-hot rows, and this loss wants class numbers",
                got=got,
                expected=expected,
                fix=f'Use loss="categorical_crossentropy" or pass y.argmax({axis})',
            )
        )
    raise DataError(message(where, "the labels do not fit the output", got=got, expected=expected))


def _binary_shape(y: Host, output_shape: Shape, where: str) -> None:
    if _fits_aligned(y.shape, output_shape):
        return
    got = {"y.shape": y.shape, "output_shape": output_shape}
    units = output_shape[-1]
    if y.ndim == len(output_shape) and units == 1 and y.shape[-1] == 2:
        fault = "the targets are one-hot rows of two classes, and the output is one unit"
        fix = "Pass y.argmax(-1), or use two softmax units and categorical_crossentropy"
    elif units != 1 and (y.ndim == len(output_shape) - 1 or y.shape[-1:] == (1,)):
        fault = f"the targets are one number per sample, and the output has {units} units"
        fix = 'Use one sigmoid unit, or softmax units with loss="sparse_categorical_crossentropy"'
    else:
        _same_shape(y, output_shape, where)
        return
    raise DataError(
        message(where, fault, got=got, expected=f"y.shape={_text(output_shape)}", fix=fix)
    )


def _same_shape(y: Host, output_shape: Shape, where: str) -> None:
    if not _fits_aligned(y.shape, output_shape):
        raise DataError(
            message(
                where,
                "the targets do not have the shape of the output",
                got={"y.shape": y.shape, "output_shape": output_shape},
                expected=f"y.shape={_text(output_shape)}",
            )
        )


def _fits_aligned(shape: tuple[int, ...], output_shape: Shape) -> bool:
    """Whether the shapes agree, a missing trailing 1 on either side allowed."""
    if len(shape) == len(output_shape) - 1 and output_shape[-1] == 1:
        return _fits((*shape, 1), output_shape)
    if len(shape) == len(output_shape) + 1 and shape[-1] == 1:
        return _fits(shape[:-1], output_shape)
    return _fits(shape, output_shape)


def _fits(shape: tuple[int, ...], wanted: Shape) -> bool:
    """Whether the shapes agree where the wanted one is known; the batch axis is free."""
    pairs = list(zip(shape, wanted, strict=False))[1:]
    return len(shape) == len(wanted) and all(w is None or s == w for s, w in pairs)


def _fix_of_class_numbers(low: int, high: int, classes: int | None) -> str:
    if classes == 1:
        return 'For one sigmoid unit use loss="binary_crossentropy"'
    if classes is not None and low >= 1 and high == classes:
        return "Number the classes from 0: y - 1"
    if low < 0:
        return "If negative numbers mark what does not count, pass ignore_class to the loss"
    return (
        f"Give the last layer {high + 1} units, or number the classes anew: "
        "np.unique(y, return_inverse=True)[1]"
    )


def _first_index(bad: Host) -> tuple[int, ...]:
    flat = int(np.argmax(bad))
    return tuple(int(i) for i in np.unravel_index(flat, bad.shape))


def _at(index: tuple[int, ...]) -> str:
    return f"index {index[0] if len(index) == 1 else index}"


def _plain(value: Any) -> int | float:
    """The Python number, without a needless .0."""
    number = value.item()
    return int(number) if isinstance(number, bool) or float(number).is_integer() else float(number)


def _text(shape: Shape) -> str:
    """(None, 10) -> "(N, 10)"."""
    return (
        "("
        + ", ".join("N" if i == 0 else str(s) for i, s in enumerate(shape))
        + (",)" if len(shape) == 1 else ")")
    )
