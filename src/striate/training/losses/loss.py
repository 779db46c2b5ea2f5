"""What every loss is: targets and predictions in, one number (or one per sample) out."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import torch

from striate.ops.masks import mask_of
from striate.training.losses.conversion import (
    Array,
    align_ranks,
    float_dtype,
    predictions_of,
    targets_like,
)
from striate.training.losses.naming import snake_case
from striate.training.losses.reduction import MEANS, known_reduction, reduce_weighted

LossType = TypeVar("LossType", bound="Loss")
Function = Callable[..., torch.Tensor]


class Loss(abc.ABC):
    """Turns targets and predictions into the number that training makes smaller.

    Subclass it and write `call(y_true, y_pred)`, which returns one loss per sample (or any tensor;
    all its entries are reduced). Targets arrive in the dtype and on the device of the predictions.
    Predictions in half precision are converted to float32; float64 stays (Keras converts it to
    float32). See `reduction.reduce_weighted` for the formulas of the reductions.

    Steps of a sequence that the mask of the predictions leaves out (`layers.Masking`) do not count.

    Shapes: y_true and y_pred (N, ...), sample_weight (N,) or broadcastable -> scalar

    Args:
        name: shown in messages; the class name in snake case if None.
        reduction: "sum_over_batch_size" (default; "mean" is the same), "sum",
            "mean_with_sample_weight", "none" or None (one loss per sample).
        dtype: computes in this dtype; None as said above.

    Raises:
        ArgumentError: unknown reduction or dtype.

    Example:
        >>> class Worst(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return (y_true - y_pred).abs().amax(-1)
        >>> Worst()([[0.0, 1.0]], [[0.5, 0.75]])
        tensor(0.5000)
    """

    integer_targets: ClassVar[bool] = False
    """True: `call` gets the targets as the user passed them, not as floats."""

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        self.name = name or snake_case(type(self).__name__)
        self.reduction = known_reduction(reduction, self.where)
        self.dtype = float_dtype(dtype, self.where)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """A subclass with a `call` of its own must not be answered by its parent's fused form."""
        super().__init_subclass__(**kwargs)
        if "call" in vars(cls) and "fused" not in vars(cls):
            cls.fused = Loss.fused  # type: ignore[method-assign]

    @property
    def where(self) -> str:
        """How messages name this loss: `name (Kind)`."""
        return f"{self.name} ({type(self).__name__})"

    def __call__(
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> torch.Tensor:
        given = mask_of(y_pred)
        y_pred = predictions_of(y_pred, self.dtype)
        if self.integer_targets:
            y_true = torch.as_tensor(y_true, device=y_pred.device)
        else:
            y_true = targets_like(y_true, y_pred)
        if sample_weight is None and given is None:
            fused = self.fused(y_true, y_pred)
            if fused is not None:
                return fused
        elif sample_weight is not None:
            sample_weight = targets_like(sample_weight, y_pred)
        values = self.call(y_true, y_pred)
        mask = self.mask(y_true, y_pred)
        if given is not None:
            mask = given.bool() if mask is None else given.bool() & mask
        return reduce_weighted(values, sample_weight, self.reduction, mask)

    @abc.abstractmethod
    def call(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        """The loss of each sample, before weights and reduction."""

    def fused(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor | None:
        """The reduced loss in fewer kernels where torch has a form; None says use `call`."""
        return None

    def mask(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor | None:
        """False where a loss does not count at all (`ignore_class`); None: all count."""
        return None

    def from_logits_of(self, activation: str) -> Loss | None:
        """The equal loss of the values before `activation`, or None where there is none.

        Args:
            activation: "softmax" (over the last axis) or "sigmoid", the last step of the model.
        """
        return None

    def check_targets(
        self, y_true: Array, output_shape: tuple[int | None, ...] | None, where: str
    ) -> None:
        """Looks at all targets once, before training; a loss of the user's own accepts any.

        Args:
            y_true: the targets; an array or tensor is not copied.
            output_shape: the model's output, batch first and open axes None: (None, 10).
            where: what the message starts with, such as `fit (y)`.

        Raises:
            DataError: a value or the form of the targets does not suit this loss and output.
        """
        return None

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal loss."""
        config: dict[str, Any] = {"name": self.name, "reduction": self.reduction}
        if self.dtype is not None:
            config["dtype"] = str(self.dtype).removeprefix("torch.")
        return config

    @classmethod
    def from_config(cls: type[LossType], config: dict[str, Any]) -> LossType:
        """The inverse of `get_config`."""
        return cls(**config)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


class FunctionLoss(Loss):
    """A loss that is a function of this package with some of its arguments fixed.

    A subclass names the function and those of its own attributes that are the function's
    arguments; both its configuration and its logits form follow from them.
    """

    function: ClassVar[Function]
    arguments: ClassVar[tuple[str, ...]] = ()
    activation: ClassVar[str | None] = None
    """The activation whose logits `from_logits=True` takes."""

    def call(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        """The function's value at the aligned targets and predictions."""
        y_true, y_pred = align_ranks(y_true, y_pred)
        return type(self).function(y_true, y_pred, **self._fixed())

    def fused(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor | None:
        """The fused mean, where the reduction is one and the shapes are equal."""
        y_true, y_pred = align_ranks(y_true, y_pred)
        if self.reduction not in MEANS or y_true.shape != y_pred.shape:
            return None
        return self.fused_mean(y_true, y_pred)

    def fused_mean(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor | None:
        """The mean over all losses in fewer kernels where torch has a form, else None."""
        return None

    def from_logits_of(self, activation: str) -> Loss | None:
        """This loss with `from_logits=True`, where `activation` is the one it undoes."""
        known = type(self).__module__.rpartition(".")[0] == __package__
        axis_fits = activation == "sigmoid" or getattr(self, "axis", -1) == -1
        if not known or activation != self.activation or not axis_fits or self.takes_logits:
            return None
        return type(self)(**{**self.get_config(), "from_logits": True})

    @property
    def takes_logits(self) -> bool:
        """Whether the predictions are read as logits."""
        return bool(getattr(self, "from_logits", False))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal loss."""
        return {**self._fixed(), **super().get_config()}

    def _fixed(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.arguments}


class LossFunctionWrapper(Loss):
    """Makes a `Loss` of any function `fn(y_true, y_pred, **kwargs)`.

    `losses.get` applies it to callables, so it is seldom written out.

    Shapes: as `fn` wants them; ranks that differ by a trailing 1 are made equal first.

    Args:
        fn: returns one loss per sample, or a scalar.
        name: the function's name if None.
        kwargs: further arguments of `fn`.

    Example:
        >>> LossFunctionWrapper(lambda y_true, y_pred: (y_true - y_pred).abs())([1.0], [3.0])
        tensor(2.)
    """

    def __init__(
        self,
        fn: Function,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: torch.dtype | str | None = None,
        **kwargs: Any,
    ) -> None:
        own = getattr(fn, "__name__", type(fn).__name__)
        super().__init__(name or snake_case(own) or "loss", reduction, dtype)
        self.fn = fn
        self.kwargs = kwargs

    def call(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        """What the function returns."""
        y_true, y_pred = align_ranks(y_true, y_pred)
        return torch.as_tensor(self.fn(y_true, y_pred, **self.kwargs))

    def get_config(self) -> dict[str, Any]:
        """As of any loss, with the function itself under "fn"."""
        return {"fn": self.fn, **super().get_config(), **self.kwargs}
