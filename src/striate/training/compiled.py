"""`compile`: what to minimise, how, and what to measure; bound once the outputs are known."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from striate.errors import ArgumentError, NotCompiledError, message
from striate.training import losses as losses_table
from striate.training import metrics as metrics_table
from striate.training import optimizers as optimizers_table
from striate.training.criterion import TorchCriterion
from striate.training.objective import LossTerm, MetricTerm, Objective
from striate.training.outputs import OutputLayout


class Compiled:
    """How a module is trained: optimizer, losses and metrics, as the user gave them.

    Losses and metrics are given as one, as a list in the order of the outputs, or as a dict by
    output name. Names in logs are Keras's: "loss", "accuracy", with several outputs
    "<output>_loss" and "<output>_accuracy".

    Args:
        optimizer: a name ("adam"), a striate optimizer, or a plain `torch.optim.Optimizer`.
        loss: a name, a `Loss`, a function `fn(y_true, y_pred)`, a criterion of `torch.nn`, or a
            list or dict of them; None where an output has none.
        loss_weights: the factor of each loss in the sum; a list, a dict or one number.
        metrics: names, `Metric` objects or functions; measured without sample weights.
        weighted_metrics: the same, measured with sample weights.
        auto_scale_loss: scales the loss where gradients are float16.
        jit_compile: whether training steps are recorded once and repeated; see `Model.compile`.

    Raises:
        UnknownNameError: an optimizer, loss or metric is not known.
        ArgumentError: `jit_compile` is none of its values; at first use, losses, weights or
            metrics that do not fit the outputs.
    """

    def __init__(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        auto_scale_loss: bool = True,
        jit_compile: str | bool = "auto",
    ) -> None:
        plain = isinstance(optimizer, torch.optim.Optimizer)
        self.optimizer: Any = optimizer if plain else optimizers_table.get(optimizer)
        self.loss = _map_entries(loss, _as_loss)
        self.loss_weights = loss_weights
        self.metrics = metrics
        self.weighted_metrics = weighted_metrics
        self.auto_scale_loss = auto_scale_loss
        self.jit_compile = _checked_jit(jit_compile)
        for group in (metrics, weighted_metrics):
            _map_entries(group, _check_metric)
        self.objective: Objective | None = None
        self._bound_to: object = None
        self._for_logits: dict[tuple[int, str], Any] = {}

    @property
    def metrics_names(self) -> list[str]:
        """The names of `evaluate`'s results; only "loss" before the first batch."""
        return list(self.objective.names) if self.objective is not None else ["loss"]

    def with_optimizer(self, optimizer: torch.optim.Optimizer) -> Compiled:
        """The same losses and metrics with another optimizer, not bound to outputs yet."""
        made = copy.copy(self)
        made.optimizer, made.objective, made._bound_to, made._for_logits = optimizer, None, None, {}
        return made

    def losses_of(self, names: Sequence[str]) -> list[Any]:
        """The loss of each output, None where it has none."""
        return _per_output(self.loss, names, "loss", repeat=True)

    def logits_loss(self, loss: Any, activation: str | None) -> Any:
        """The loss of the values before `activation`, or None where there is none."""
        if loss is None or activation is None:
            return None
        key = (id(loss), activation)
        if key not in self._for_logits:
            self._for_logits[key] = loss.from_logits_of(activation)
        return self._for_logits[key]

    def bind(
        self,
        layout: OutputLayout,
        outputs: Sequence[torch.Tensor],
        losses: Sequence[Any],
        activations: Sequence[str | None],
    ) -> Objective:
        """The objective for these outputs; for outputs of the same form it stays the same object.

        Args:
            layout: names and order of the outputs.
            outputs: a first batch of them, for their shapes.
            losses: what each output's loss is called with: `losses_of`, or those for logits.
            activations: what turns each output into predictions; see `Objective`.
        """
        shapes = [tuple(output.shape[1:]) for output in outputs]
        form = (layout, shapes, [id(loss) for loss in losses], tuple(activations))
        if self.objective is None or form != self._bound_to:
            factors = self._factors(layout)
            terms = [
                LossTerm(index, loss, factors[index], layout.names[index])
                for index, loss in enumerate(losses)
                if loss is not None
            ]
            self.objective = Objective(terms, self._metric_terms(layout, shapes), activations)
            self._bound_to = form
        return self.objective

    def _factors(self, layout: OutputLayout) -> list[float | None]:
        factors = _per_output(self.loss_weights, layout.names, "loss_weights", repeat=False)
        return [None if factor is None else float(factor) for factor in factors]

    def _metric_terms(
        self, layout: OutputLayout, shapes: Sequence[tuple[int, ...]]
    ) -> list[MetricTerm]:
        losses = self.losses_of(layout.names)
        terms: list[MetricTerm] = []
        taken: dict[str, int] = {}
        for group, weighted in ((self.metrics, False), (self.weighted_metrics, True)):
            argument = "weighted_metrics" if weighted else "metrics"
            for index, entries in enumerate(_metrics_per_output(group, layout, argument)):
                for identifier in entries:
                    shape = (None, *shapes[index])
                    metric = metrics_table.get(identifier, output_shape=shape, loss=losses[index])
                    prefix = f"{layout.names[index]}_" if layout.count > 1 else ""
                    key = _free_key(prefix, metric.name, weighted, taken)
                    terms.append(MetricTerm(index, metric, key, weighted))
        return terms


def compile(
    optimizer: Any = "rmsprop",
    loss: Any = None,
    loss_weights: Any = None,
    metrics: Any = None,
    weighted_metrics: Any = None,
    auto_scale_loss: bool = True,
    jit_compile: str | bool = "auto",
) -> Compiled:
    """Keras's `compile` for any module: see `Compiled` for the arguments."""
    return Compiled(
        optimizer, loss, loss_weights, metrics, weighted_metrics, auto_scale_loss, jit_compile
    )


def require_compiled(compiled: Compiled | None, method: str) -> Compiled:
    """The compiled record, or the error that says what to call first.

    Raises:
        NotCompiledError: `compiled` is None.
    """
    if compiled is None:
        raise NotCompiledError(
            message(
                method,
                "the model has not been compiled",
                expected=f"compile() before {method}()",
                fix='Call model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", '
                'metrics=["accuracy"])',
            )
        )
    return compiled


def _checked_jit(choice: str | bool) -> str | bool:
    if choice == "auto" or isinstance(choice, bool):
        return choice
    raise ArgumentError(
        message(
            "compile",
            "jit_compile is not understood",
            got={"jit_compile": choice},
            expected='"auto", True or False',
        )
    )


def _as_loss(identifier: Any) -> Any:
    if identifier is None:
        return None
    if isinstance(identifier, torch.nn.Module):
        return TorchCriterion(identifier)
    return losses_table.get(identifier)


def _check_metric(identifier: Any) -> None:
    """A name that is not known is an error now, not at the first batch."""
    if identifier is not None:
        metrics_table.get(identifier)


def _map_entries(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, Mapping) and "class_name" not in value:
        return {name: _map_entries(entry, change) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_map_entries(entry, change) for entry in value]
    return change(value)


def _per_output(value: Any, names: Sequence[str], argument: str, repeat: bool) -> list[Any]:
    """One entry per output: from None, a dict by name, a list in order, or one for all."""
    if value is None:
        return [None] * len(names)
    if isinstance(value, Mapping):
        _check_names(value, names, argument)
        return [value.get(name) for name in names]
    if isinstance(value, (list, tuple)):
        if len(value) != len(names):
            raise _wrong_number(value, names, argument)
        return list(value)
    if len(names) > 1 and not repeat:
        raise _wrong_number([value], names, argument)
    return [value] * len(names)


def _metrics_per_output(group: Any, layout: OutputLayout, argument: str) -> list[list[Any]]:
    """A list of metrics for each output."""
    if group is None:
        return [[] for _ in layout.names]
    if not isinstance(group, (list, tuple, Mapping)):
        group = [group]
    if layout.count == 1:
        entries = group.values() if isinstance(group, Mapping) else group
        if isinstance(group, Mapping):
            _check_names(group, layout.names, argument)
        return [[m for entry in entries for m in _as_list(entry)]]
    return [_as_list(entry) for entry in _per_output(group, layout.names, argument, repeat=False)]


def _as_list(entry: Any) -> list[Any]:
    if entry is None:
        return []
    return list(entry) if isinstance(entry, (list, tuple)) else [entry]


def _free_key(prefix: str, name: str, weighted: bool, taken: dict[str, int]) -> str:
    """Keras's rule: `accuracy`, then `accuracy_1`; a weighted twin is `weighted_accuracy`."""
    key = f"{prefix}{name}"
    if weighted and key in taken:
        key = f"{prefix}weighted_{name}"
    if key in taken:
        taken[key] += 1
        return f"{key}_{taken[key] - 1}"
    taken[key] = 1
    return key


def _check_names(value: Mapping[str, Any], names: Sequence[str], argument: str) -> None:
    unknown = [name for name in value if name not in names]
    if unknown:
        raise ArgumentError(
            message(
                f"compile ({argument})",
                "the module has no outputs of these names",
                got={"names": tuple(unknown)},
                expected=f"names among {tuple(names)}",
            )
        )


def _wrong_number(value: Sequence[Any], names: Sequence[str], argument: str) -> ArgumentError:
    inner = ", ".join(f'"{name}": ...' for name in names)
    return ArgumentError(
        message(
            f"compile ({argument})",
            "the number of entries is not that of the outputs",
            got={"entries": len(value)},
            expected=f"{len(names)}, for {tuple(names)}",
            fix=f"Use {argument}={{{inner}}}",
        )
    )
