"""Functions are called at the hooks of their names."""

from __future__ import annotations

from typing import Any

import pytest

from striate.errors import UnknownNameError
from striate.training.callbacks import LambdaCallback
from tests.training.small_runs import fit_line, line_data

pytestmark = pytest.mark.torch


def test_functions_are_called_with_the_hooks_arguments() -> None:
    seen: list[Any] = []
    callback = LambdaCallback(
        on_epoch_begin=lambda epoch, logs: seen.append(("begin", epoch)),
        on_epoch_end=lambda epoch, logs: seen.append(("end", sorted(logs))),
        on_train_batch_begin=lambda batch, logs: seen.append(batch),
        on_test_end=lambda logs: seen.append(sorted(logs)),
    )
    fit_line(line_data(16), epochs=1, validation=line_data(8), callbacks=[callback])
    assert seen == [("begin", 0), 0, 1, ["loss"], ("end", ["loss", "val_loss"])]


def test_a_hook_that_does_not_exist() -> None:
    with pytest.raises(UnknownNameError) as caught:
        LambdaCallback(on_epoch_finish=print)
    assert str(caught.value) == (
        "LambdaCallback: unknown hook. Got 'on_epoch_finish'. Did you mean 'on_epoch_begin' or "
        "'on_epoch_end' or 'on_batch_begin'?"
    )
