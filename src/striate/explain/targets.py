"""Which score is explained: a class by number or name, the predicted one, or a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from striate import errors

Target = int | str | Sequence[int | str] | Callable[[Any], Tensor] | None


@dataclass(frozen=True)
class Choice:
    """The score of each image that a method explains.

    Args:
        labels: what is explained, for each image, in words.
        score: outputs -> one score for each image; the images may come several times, one round
            after another.
        target: what was chosen, as `choose` takes it: with class numbers instead of None.
    """

    labels: tuple[str, ...]
    score: Callable[[Sequence[Tensor]], Tensor]
    target: Target


def choose(
    target: Target,
    outputs: Sequence[Tensor],
    names: Sequence[str] | None,
    binary: bool,
    where: str,
) -> Choice:
    """The score that `target` stands for.

    Args:
        target: a class by number or name, or one for each image; None is the class with the
            highest score; or a function of the outputs that returns one score for each image.
        outputs: the model's outputs for the images, before a final softmax or sigmoid.
        names: the model's class names.
        binary: whether an output of one unit speaks for class 1 and against class 0.
        where: what messages begin with.

    Raises:
        ArgumentError: a class that the model does not have, or another number of classes.
        UnknownNameError: a name that is not among the class names.
    """
    count = len(outputs[0])
    if callable(target):
        return Choice(("target",) * count, _checked(target, count, where), target)
    rows = outputs[0].detach()
    if rows.dim() != 2:
        raise errors.ArgumentError(
            errors.message(
                where,
                "the model's output is no row of classes",
                got={"output shape": (None, *rows.shape[1:])},
                expected="target=function: outputs -> one score for each image",
                fix="target=lambda y: y[..., 3].mean((1, 2))",
            )
        )
    binary = binary and rows.shape[1] == 1
    both = torch.cat([-rows, rows], 1) if binary else rows
    listed = both.argmax(1).tolist() if target is None else _listed(target, count, where)
    numbers = [class_number(t, both.shape[1], names, where) for t in listed]
    labels = tuple(names[i] if names and i < len(names) else f"class {i}" for i in numbers)
    return Choice(labels, _score_of(torch.tensor(numbers), binary), numbers)


def _listed(target: int | str | Sequence[int | str], count: int, where: str) -> list[int | str]:
    """One target for each image."""
    listed = [target] * count if isinstance(target, (int, str)) else list(target)
    if len(listed) != count:
        raise errors.ArgumentError(
            errors.message(
                where,
                "another number of targets than images",
                got={"targets": len(listed), "images": count},
                expected="one target for all, or one for each image",
            )
        )
    return listed


def _score_of(numbers: Tensor, binary: bool) -> Callable[[Sequence[Tensor]], Tensor]:
    def score(outputs: Sequence[Tensor]) -> Tensor:
        rows = torch.cat([-outputs[0], outputs[0]], 1) if binary else outputs[0]
        rounds = len(rows) // len(numbers)
        return rows.gather(1, numbers.to(rows.device).repeat(rounds)[:, None])[:, 0]

    return score


def class_number(target: Any, classes: int, names: Sequence[str] | None, where: str) -> int:
    """The number of a class that is given by number or name."""
    if isinstance(target, str):
        if names is None:
            raise errors.ArgumentError(
                errors.message(
                    where,
                    "the model has no class names",
                    got={"target": target},
                    expected=f"a class number from 0 to {classes - 1}",
                    fix='model.class_names = ["cat", "dog", ...]',
                )
            )
        if target not in names:
            raise errors.unknown_name(where, "class", target, names)
        return list(names).index(target)
    number = int(target)
    if not 0 <= number < classes:
        raise errors.ArgumentError(
            errors.message(
                where,
                "no such class",
                got={"target": number},
                expected=f"a class number from 0 to {classes - 1}",
            )
        )
    return number


def _checked(function: Callable[[Any], Tensor], count: int, where: str) -> Callable[[Any], Tensor]:
    """The function, which must give one score for each image."""

    def score(outputs: Sequence[Tensor]) -> Tensor:
        found = function(outputs[0] if len(outputs) == 1 else list(outputs))
        if not isinstance(found, Tensor) or found.dim() != 1 or len(found) % count:
            shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise errors.ArgumentError(
                errors.message(
                    where,
                    "`target` does not return one score for each image",
                    got={"returned": shape},
                    expected=f"a tensor of shape ({count},)",
                )
            )
        return found

    return score
