"""Rows of wrong uses and the whole text of what they raise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from striate import errors


@dataclass(frozen=True)
class Wrong:
    """A wrong use and its message.

    Args:
        use: what a user writes.
        error: the class that is raised.
        text: the whole message.
    """

    use: Callable[[], Any]
    error: type[errors.StriateError]
    text: str

    def check(self) -> None:
        with pytest.raises(self.error) as caught:
            self.use()
        assert type(caught.value) is self.error
        assert str(caught.value) == self.text

    def __str__(self) -> str:
        return self.text.partition(".")[0].replace(" ", "_")
