"""Variables of scripts: tensors that can be assigned to."""

from __future__ import annotations

from typing import Any

import torch

from striate.keras.tensors import Tensor, as_plain, as_tensor


class Variable(Tensor):
    """A tensor with a value of its own, which gradients are computed for and optimizers change.

    Args:
        initial_value: a tensor, an array, a number, or a function that returns one.
        trainable: whether gradients are computed for it.
        dtype: its number type.
        name: shown in its text.

    Example:
        >>> v = Variable([1.0, 2.0])
        >>> v.assign_add([1.0, 1.0]).numpy().tolist(), (v * 2).numpy().tolist()
        ([2.0, 3.0], [4.0, 6.0])
    """

    trainable: bool
    label: str

    @staticmethod
    def __new__(
        cls,
        initial_value: Any = None,
        trainable: bool = True,
        validate_shape: bool = True,
        caching_device: Any = None,
        name: str | None = None,
        dtype: Any = None,
        **_: Any,
    ) -> Variable:
        value = initial_value() if callable(initial_value) else initial_value
        made = as_plain(as_tensor(value, dtype)).detach().clone().as_subclass(cls)
        if trainable and made.is_floating_point():
            made.requires_grad_()
        made.trainable = trainable
        made.label = name or "Variable"
        return made

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def assign(self, value: Any, *_: Any, **__: Any) -> Variable:
        """Takes over a value of its shape."""
        with torch.no_grad():
            as_plain(self).copy_(as_plain(as_tensor(value)))
        return self

    def assign_add(self, delta: Any, *_: Any, **__: Any) -> Variable:
        """Adds to it."""
        with torch.no_grad():
            as_plain(self).add_(as_plain(as_tensor(delta)))
        return self

    def assign_sub(self, delta: Any, *_: Any, **__: Any) -> Variable:
        """Subtracts from it."""
        with torch.no_grad():
            as_plain(self).sub_(as_plain(as_tensor(delta)))
        return self

    def value(self) -> Tensor:
        """Its value as a tensor."""
        return self.as_subclass(Tensor)

    read_value = value
    initialized_value = value

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        dtype = str(self.dtype).removeprefix("torch.")
        shape = tuple(self.shape)
        return f"<tf.Variable '{self.label}' shape={shape} dtype={dtype}, numpy={self.numpy()!r}>"

    def __deepcopy__(self, memo: Any) -> Variable:
        return Variable(as_plain(self), trainable=self.trainable, name=self.label)
