"""ImageNet's 1,000 classes: their WordNet ids and names.

Sources: the names are those of `torchvision.models._meta`, the ids those of timm's
`imagenet_synsets.txt`; both lists are in the order of the outputs.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np

from striate.errors import ArgumentError, message

Decoded = list[tuple[str, str, float]]


@functools.cache
def classes() -> tuple[tuple[str, str], ...]:
    """(WordNet id, name) of each output.

    Example:
        >>> classes()[281]
        ('n02123045', 'tabby')
    """
    text = Path(__file__).with_name("imagenet_classes.txt").read_text(encoding="utf-8")
    pairs = (line.split(" ", 1) for line in text.splitlines())
    return tuple((wnid, name) for wnid, name in pairs)


def class_names() -> list[str]:
    """The names alone."""
    return [name for _, name in classes()]


def decode_predictions(scores: Any, top: int = 5) -> list[Decoded]:
    """The best classes of each image: lists of (WordNet id, name, score), the best first.

    Args:
        scores: (images, 1000), what a network with ImageNet's head gives.
        top: how many classes of each image, 1 to 1000.

    Raises:
        ArgumentError: another shape, or another `top`.

    Example:
        >>> import numpy as np
        >>> from striate import zoo
        >>> zoo.decode_predictions(np.eye(1, 1000, 281), top=1)
        [[('n02123045', 'tabby', 1.0)]]
    """
    values = scores.detach().cpu().numpy() if hasattr(scores, "detach") else np.asarray(scores)
    count = len(classes())
    if values.ndim != 2 or values.shape[1] != count:
        raise ArgumentError(
            message(
                "decode_predictions",
                "these are no scores of ImageNet's classes",
                got={"scores": tuple(values.shape)},
                expected=f"(images, {count})",
            )
        )
    if isinstance(top, bool) or not isinstance(top, (int, np.integer)) or not 1 <= top <= count:
        raise ArgumentError(
            message(
                "decode_predictions",
                "no such number of classes",
                got={"top": top},
                expected=f"1 to {count}",
            )
        )
    best = np.argsort(-values, axis=1, kind="stable")[:, :top]
    return [
        [(*classes()[i], float(row[i])) for i in chosen]
        for row, chosen in zip(values, best, strict=True)
    ]
