"""The graph that a command is asked about: of a saved model, or of a network of the zoo by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate.errors import ArgumentError, UnknownNameError, message, unknown_name

if TYPE_CHECKING:
    from striate.graph import Graph

PLAIN = re.compile(r"[A-Za-z0-9_\-]+")  # what may be a name and not a path


@dataclass(frozen=True)
class Named:
    """What a command is asked about.

    Args:
        name: a run folder, a `.striate` file, a Keras file, or a network of the zoo.
        input_shape: (height, width, channels) of the network; None for its paper's.
        stem: "imagenet" or "small", as the networks take it; None for their own.
    """

    name: str
    input_shape: tuple[int, int, int] | None = None
    stem: str | None = None

    def graph(self) -> Graph:
        """Its graph; no weights are read or made.

        A file or folder of that name is taken first. Our own files need no torch.

        Raises:
            FormatError: no such file, or a damaged one.
            UnknownNameError: neither a file nor a network; the nearest names are listed.
            ArgumentError: an input shape or a stem for a saved model, which has its own.
            ShapeError: an image that the network cannot take.
        """
        from striate.app.saved import graph_of

        if Path(self.name).exists() or not PLAIN.fullmatch(self.name):
            if self.input_shape is not None or self.stem is not None:
                raise ArgumentError(
                    message(
                        self.name,
                        "a saved model has the input shape that it was built for",
                        expected="--input-shape and --stem with a network of the zoo",
                        fix="striate summary resnet50 --input-shape 64x64x3",
                    )
                )
            return graph_of(self.name)
        from striate import zoo

        if self.name not in zoo.ARCHITECTURES:
            raise _unknown(self.name, zoo.ARCHITECTURES)
        options: dict[str, Any] = {} if self.stem is None else {"stem": self.stem}
        return zoo.architecture(self.name)(input_shape=self.input_shape, **options).graph


def _unknown(name: str, known: object) -> UnknownNameError:
    return unknown_name("", "file, run folder or network (see `striate models`)", name, known)  # type: ignore[arg-type]


def parsed_shape(text: str | None) -> tuple[int, int, int] | None:
    """(height, width, channels) from text such as "64x64x3"; None from None.

    Raises:
        ArgumentError: other than three whole numbers above 0.

    Example:
        >>> parsed_shape("28x28x1"), parsed_shape("64, 48, 3")
        ((28, 28, 1), (64, 48, 3))
    """
    if text is None:
        return None
    parts = re.split(r"\s*[x,]\s*", text.strip())
    if len(parts) != 3 or not all(part.isdigit() and int(part) > 0 for part in parts):
        raise ArgumentError(
            message(
                "--input-shape",
                "this is no shape of an image",
                got={"input_shape": text},
                expected="height, width and channels",
                fix="--input-shape 64x64x3",
            )
        )
    height, width, channels = map(int, parts)
    return height, width, channels
