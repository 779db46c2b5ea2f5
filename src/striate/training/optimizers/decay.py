"""Which parameters weight decay leaves alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import torch

from striate.errors import ArgumentError, message


class DecayExclusion:
    """Parameters excluded from weight decay, themselves or by name.

    Args:
        where: the optimizer's class, for the messages.
        params: the parameters.
        names: regular expressions; one found in a parameter's name, or in its last part, excludes
            it. (Keras looks at the last part only; the whole name tells layers apart.)
    """

    def __init__(
        self,
        where: str,
        params: Iterable[torch.Tensor] | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        self._where = where
        self._params = list(params or ())
        self._names = re.compile("|".join(names)) if names else None

    def decays(self, name: str, p: torch.Tensor) -> bool:
        """Whether weight decay applies to a parameter."""
        if any(p is other for other in self._params):
            return False
        if self._names is None:
            return True
        require_name(self._where, name, "exclude_from_weight_decay(var_names=...)")
        texts = (name, name.rpartition(".")[2])
        return not any(self._names.search(text) for text in texts)


def require_name(where: str, name: str, user: str) -> None:
    """Raises an ArgumentError if a parameter came without a name and something needs it."""
    if not name:
        raise ArgumentError(
            message(
                where,
                f"{user} needs the names of the parameters",
                fix="Use optimizer.build(model.named_parameters())",
            )
        )
