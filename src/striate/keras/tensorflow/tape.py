"""GradientTape: gradients of what was computed, by torch's autograd."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from striate.errors import ArgumentError, message
from striate.keras.tensors import Tensor, as_plain, as_tensor

_recording: list[GradientTape] = []


class GradientTape:
    """Gradients of tensors with respect to weights, variables, and tensors that are watched.

    Torch notes what is computed whether a tape is open or not, so weights need no watching, and
    gradients with respect to any value on the way, such as a feature map, are found too. A tape
    inside another one's block gives gradients that can be differentiated again.

    Args:
        persistent: taken for TensorFlow's sake; gradients can be asked for more than once anyway.
        watch_accessed_variables: as above.

    Example:
        >>> from striate.keras.tensorflow import constant
        >>> x = constant([3.0])
        >>> with GradientTape() as tape:
        ...     tape.watch(x)
        ...     y = x * x
        >>> tape.gradient(y, x).numpy().tolist()
        [6.0]
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._watched: list[Any] = []
        self._block: Any = None

    def __enter__(self) -> GradientTape:
        self._block = torch.enable_grad()
        self._block.__enter__()
        _recording.append(self)
        return self

    def __exit__(self, *error: Any) -> None:
        _recording.remove(self)
        self._block.__exit__(*error)

    def watch(self, tensor: Any) -> None:
        """Makes gradients with respect to tensors possible, if they are not so already.

        Raises:
            ArgumentError: something that is no tensor, or one of whole numbers.
        """
        for t in _flat(tensor):
            if not isinstance(t, torch.Tensor) or not t.is_floating_point():
                got = str(t.dtype) if isinstance(t, torch.Tensor) else type(t).__name__
                raise ArgumentError(
                    message(
                        "GradientTape.watch",
                        "only tensors of fractions have gradients",
                        got={"tensor": got},
                        expected="a tensor of floats",
                        fix="x = tf.cast(x, tf.float32) before tape.watch(x)",
                    )
                )
            if not t.requires_grad:
                t.requires_grad_()
            self._watched.append(t)

    def watched_variables(self) -> tuple[Any, ...]:
        """What was watched."""
        return tuple(self._watched)

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = None,
    ) -> Any:
        """What all values of `target` gain per unit of each source, in the form of `sources`.

        Args:
            target: a tensor, or several, which are added.
            sources: a weight, variable or tensor, or lists and dicts of them.
            output_gradients: what each value of the target counts for; 1 by default.
            unconnected_gradients: "zero" gives zeros instead of None where nothing depends.
        """
        flat = _flat(sources)
        targets, weights = _targets(target, output_gradients)
        found = _gradients(targets, weights, flat)
        bases = [_whole_base(s) if g is None else None for s, g in zip(flat, found, strict=True)]
        if any(b is not None for b in bases):
            others = _gradients(targets, weights, bases)
            found = [
                g if b is None or o is None else _seen_as(s, b, o)
                for s, g, b, o in zip(flat, found, bases, others, strict=True)
            ]
        zero = getattr(unconnected_gradients, "value", unconnected_gradients) == "zero"
        made = iter([_like(s, g, zero) for s, g in zip(flat, found, strict=True)])
        return _filled(sources, made)

    def jacobian(self, target: Any, sources: Any, **_: Any) -> Any:
        """What each value of `target` gains per unit of each value of the source."""
        rows = [self.gradient(value, sources) for value in target.reshape(-1)]
        return torch.stack(rows).reshape(*target.shape, *sources.shape)

    def reset(self) -> None:
        """Forgets what was watched."""
        self._watched.clear()

    @contextlib.contextmanager
    def stop_recording(self) -> Iterator[None]:
        """What is computed in the block has no gradients."""
        with torch.no_grad():
            yield


def _gradients(targets: list[Any], weights: list[Any], sources: Sequence[Any]) -> list[Any]:
    """Torch's gradients; None where nothing depends."""
    wanted = [s for s in sources if isinstance(s, torch.Tensor) and s.requires_grad]
    if not targets or not wanted:
        return [None] * len(sources)
    found = torch.autograd.grad(
        [as_plain(t) for t in targets],
        wanted,
        weights,
        retain_graph=True,
        create_graph=bool(_recording),
        allow_unused=True,
    )
    by_source = {id(s): g for s, g in zip(wanted, found, strict=True)}
    return [by_source.get(id(s)) for s in sources]


def _whole_base(source: Any) -> Any:
    """The tensor that a source is another view of, with all of its values.

    What a model returns is a view, channels last, of the tensor that its next layer reads.
    """
    base = source._base if isinstance(source, torch.Tensor) else None
    return base if base is not None and base.numel() == source.numel() else None


def _seen_as(source: torch.Tensor, base: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """The gradient of a base in the layout of the view."""
    if gradient.stride() != base.stride():
        laid = torch.empty_strided(base.shape, base.stride(), dtype=base.dtype, device=base.device)
        gradient = laid.copy_(gradient)
    offset = source.storage_offset() - base.storage_offset() + gradient.storage_offset()
    return gradient.as_strided(tuple(source.shape), source.stride(), offset)


def _targets(target: Any, output_gradients: Any) -> tuple[list[Any], list[Any]]:
    given = _flat(output_gradients) if output_gradients is not None else []
    kept, weights = [], []
    for i, t in enumerate(_flat(target)):
        if isinstance(t, torch.Tensor) and t.requires_grad:
            kept.append(t)
            weight = as_tensor(given[i]).to(t) if given else torch.ones_like(as_plain(t))
            weights.append(as_plain(weight))
    return kept, weights


def _like(source: Any, gradient: Any, zero: bool) -> Any:
    if gradient is None:
        return torch.zeros_like(source) if zero else None
    return gradient.as_subclass(Tensor) if isinstance(source, Tensor) else gradient


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [leaf for v in value for leaf in _flat(v)]
    return [value]


def _filled(form: Any, values: Iterator[Any]) -> Any:
    if isinstance(form, dict):
        return {key: _filled(v, values) for key, v in form.items()}
    if isinstance(form, (list, tuple)):
        return [_filled(v, values) for v in form]
    return next(values)
