"""Steps that a module writes itself, as Keras's `train_step` and `test_step`."""

from __future__ import annotations

from typing import Any

import torch

from striate.errors import ArgumentError, message
from striate.training.ahead import send_to
from striate.training.compiled import Compiled
from striate.training.logs import plain_logs
from striate.training.step import Stepper


class OwnObjective:
    """Stands where the losses and metrics of a usual step are: the module has its own.

    Args:
        module: its metrics begin anew with each epoch.
    """

    def __init__(self, module: Any) -> None:
        self._module = module

    def reset(self) -> None:
        """Starts a new epoch."""
        self._module.reset_metrics()

    def state_dict(self) -> dict[str, Any]:
        """Nothing: an epoch is resumed with metrics at their beginning."""
        return {}


class OwnStepper(Stepper):
    """Runs `module.train_step(data)` or `module.test_step(data)`, whichever the module writes.

    The data are (x, y), (x, y, sample_weight), or x alone, as tensors on the device. What such a
    step returns, a dict of numbers, are the logs; where a module writes one of the two only, the
    other one is the usual step.

    Args:
        own: which of "train_step" and "test_step" it writes.
    """

    def __init__(
        self,
        module: Any,
        compiled: Compiled,
        device: torch.device,
        where: str,
        own: frozenset[str],
    ) -> None:
        super().__init__(module, compiled, device, where)
        self._own = own
        self._seen: dict[str, Any] | None = None
        self._stand_in = OwnObjective(module)

    @property
    def objective(self) -> Any:
        """Of a usual step its losses and metrics; else what begins the module's anew."""
        return super().objective if self._bound is not None else self._stand_in

    @property
    def keys(self) -> tuple[str, ...]:
        """The names in logs, sorted."""
        return super().keys if self._seen is None else tuple(sorted(self._seen))

    def results(self) -> dict[str, Any]:
        """What the last step returned, or the means of usual steps."""
        return super().results() if self._seen is None else plain_logs(self._seen)

    def train(self, x: Any, y: Any, sample_weight: Any) -> bool:
        """One step; always True."""
        if "train_step" not in self._own:
            return super().train(x, y, sample_weight)
        self._run_own("train_step", x, y, sample_weight)
        if self._constrain is not None:
            with torch.no_grad():
                self._constrain()
        return True

    def test(self, x: Any, y: Any, sample_weight: Any) -> None:
        """The losses and metrics of one batch."""
        if "test_step" not in self._own:
            super().test(x, y, sample_weight)
            return
        self._run_own("test_step", x, y, sample_weight)

    def _run_own(self, name: str, x: Any, y: Any, sample_weight: Any) -> None:
        given = [send_to(v, self.device) for v in (x, y, sample_weight) if v is not None]
        logs = getattr(self.module, name)(tuple(given) if len(given) > 1 else given[0])
        if not isinstance(logs, dict):
            raise ArgumentError(
                message(
                    f"{type(self.module).__name__}.{name}",
                    "it does not return what it measured",
                    got={"returned": type(logs).__name__},
                    expected='a dict of numbers by name, such as {"loss": loss}',
                )
            )
        self._seen = dict(sorted(_flat(logs).items()))


def _flat(logs: dict[str, Any]) -> dict[str, Any]:
    """Without dicts in it, as tensors that are not part of a computation."""
    found: dict[str, Any] = {}
    for name, value in logs.items():
        if isinstance(value, dict):
            found.update(_flat(value))
        else:
            found[name] = value.detach() if isinstance(value, torch.Tensor) else value
    return found


def stepper_of(module: Any, compiled: Compiled, device: torch.device, where: str) -> Stepper:
    """What runs the batches of a module; those with `own_steps` run these themselves."""
    own = frozenset(getattr(module, "own_steps", ()))
    if own:
        return OwnStepper(module, compiled, device, where, own)
    return Stepper(module, compiled, device, where)
