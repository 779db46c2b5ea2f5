"""Names of losses and metrics: Keras's snake case, and lookups that forgive case."""

from __future__ import annotations

import re


def snake_case(name: str) -> str:
    """A class or function name as Keras writes it in logs.

    Example:
        >>> snake_case("MeanSquaredError"), snake_case("AUC"), snake_case("MeanIoU")
        ('mean_squared_error', 'auc', 'mean_io_u')
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def squashed(name: str) -> str:
    """The name without case and separators: all spellings of one name give one key.

    Example:
        >>> squashed("MeanSquaredError") == squashed("mean_squared_error")
        True
    """
    return re.sub(r"[\W_]+", "", name).lower()
