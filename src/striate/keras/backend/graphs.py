"""K.function, K.gradients, and the values of variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from striate.errors import ArgumentError, GraphError, message
from striate.graph.record import Symbol
from striate.keras import config, layers, ops
from striate.keras.backend.sessions import Phase
from striate.keras.tensors import as_tensor
from striate.keras.variables import Variable
from striate.models import Model
from striate.models.stepping import Stepper

NAMES = [
    "batch_get_value",
    "batch_set_value",
    "count_params",
    "dtype",
    "eval",
    "function",
    "get_value",
    "get_variable_shape",
    "gradients",
    "int_shape",
    "is_keras_tensor",
    "is_sparse",
    "is_tensor",
    "is_variable",
    "moving_average_update",
    "ndim",
    "placeholder",
    "set_value",
    "shape",
    "update",
    "update_add",
    "update_sub",
    "variable",
]


class Function:
    """What `K.function(inputs, outputs)` returns: arrays in, arrays out.

    Args:
        inputs: symbols, and `K.learning_phase()` where the mode is to be chosen in each call.
        outputs: symbols that depend on them; gradients by `K.gradients`, too.

    Raises:
        GraphError: an output depends on an input that is not listed.

    Example:
        >>> from striate.keras import backend as K
        >>> from striate.keras import layers
        >>> x = layers.Input((4,))
        >>> total = K.sum(x * x, axis=1)
        >>> f = K.function([x], [total, K.gradients(total, x)[0]])
        >>> f([[[1.0, 2.0, 3.0, 4.0]]])
        [array([30.], dtype=float32), array([[2., 4., 6., 8.]], dtype=float32)]
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        self._phase = next((i for i, v in enumerate(given) if isinstance(v, Phase)), None)
        self._many = isinstance(outputs, (list, tuple))
        symbols = [v for v in given if not isinstance(v, Phase)]
        self._model = Model(symbols, list(outputs) if self._many else [outputs])

    def __call__(self, inputs: Any) -> Any:
        values = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        training = bool(values.pop(self._phase)) if self._phase is not None else False
        arrays = [np.asarray(v, dtype=None) for v in values]
        stepper = Stepper(self._model)
        with torch.enable_grad(), self._model.mode(training):
            entered = stepper.inputs(arrays if len(arrays) > 1 else arrays[0])
            for value in entered:
                if value.is_floating_point():
                    value.requires_grad_()
            found = [out.detach().cpu().numpy() for out in stepper.run(entered)]
        return found if self._many else found[0]


def function(inputs: Any, outputs: Any, updates: Any = None, name: str | None = None) -> Function:
    """A function of arrays from symbols to symbols; see `Function`."""
    return Function(inputs, outputs)


def gradients(loss: Any, variables: Any) -> list[Any]:
    """What a loss gains per unit of each variable.

    Of symbols it is a symbol, which `K.function` computes; of tensors it is computed at once.

    Args:
        loss: a symbol such as `model.output[:, 3]`, or a tensor; all its values are added.
        variables: symbols or tensors that it was computed from, one or a list.

    Raises:
        GraphError: the loss is a symbol and a variable is a weight.
    """
    wanted = list(variables) if isinstance(variables, (list, tuple)) else [variables]
    if not isinstance(loss, Symbol):
        found = torch.autograd.grad(loss.sum(), wanted, retain_graph=True, allow_unused=True)
        return list(found)
    for source in wanted:
        if not isinstance(source, Symbol):
            raise GraphError(
                message(
                    "keras.backend.gradients",
                    "a gradient with respect to a weight cannot be recorded",
                    got={"variable": type(source).__name__},
                    expected="symbols such as model.input and layer.output",
                    fix="Use tf.GradientTape: with tf.GradientTape() as tape: loss = ...; "
                    "tape.gradient(loss, model.trainable_weights)",
                )
            )
    return [ops.calling.run("gradient", [loss, source], {}) for source in wanted]


def placeholder(
    shape: Sequence[int | None] | None = None,
    ndim: int | None = None,
    dtype: Any = None,
    sparse: bool = False,
    name: str | None = None,
) -> Any:
    """A symbol of a whole shape, batch first.

    Raises:
        ArgumentError: neither a shape nor a number of axes.
    """
    if shape is None and ndim is None:
        raise ArgumentError(
            message(
                "keras.backend.placeholder",
                "nothing says how many axes it has",
                got={"shape": None, "ndim": None},
                expected="one of them",
            )
        )
    sizes = tuple(shape) if shape is not None else (None,) * int(ndim or 0)
    return layers.Input(batch_shape=sizes, dtype=str(dtype or config.floatx()), name=name)


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Any:
    """A tensor that can be assigned to, and that gradients are computed for."""
    return Variable(value, dtype=dtype or config.floatx(), name=name)


def get_value(x: Any) -> Any:
    """The value of a variable, a tensor or a learning rate, as an array or a number."""
    if isinstance(x, (bool, int, float, str, np.ndarray, np.generic)):
        return float(x) if isinstance(x, float) else x
    values = ops.convert_to_numpy(x)
    return values.item() if values.ndim == 0 else values


eval = get_value


def set_value(x: Any, value: Any) -> None:
    """Gives a variable, a weight or a learning rate another value.

    Raises:
        ArgumentError: it cannot be changed, such as a plain number.
    """
    if hasattr(x, "assign"):
        x.assign(value)
        return
    if not isinstance(x, torch.Tensor):
        raise ArgumentError(
            message(
                "keras.backend.set_value",
                "it holds no value that could be changed",
                got={"variable": x},
                expected="a variable, a weight or optimizer.lr",
            )
        )
    with torch.no_grad():
        x.copy_(as_tensor(value).to(x.dtype))


def batch_get_value(tensors: Sequence[Any]) -> list[Any]:
    """The values of several."""
    return [get_value(t) for t in tensors]


def batch_set_value(tuples: Sequence[tuple[Any, Any]]) -> None:
    """Sets several, from pairs of variable and value."""
    for x, value in tuples:
        set_value(x, value)


def update(x: Any, new_x: Any) -> Any:
    """Sets a variable and returns it."""
    set_value(x, new_x)
    return x


def update_add(x: Any, increment: Any) -> Any:
    """Adds to a variable and returns it."""
    return update(x, as_tensor(x) + increment)


def update_sub(x: Any, decrement: Any) -> Any:
    """Subtracts from a variable and returns it."""
    return update(x, as_tensor(x) - decrement)


def moving_average_update(x: Any, value: Any, momentum: float) -> Any:
    """Moves a variable towards a value."""
    return update(x, as_tensor(x) * momentum + as_tensor(value) * (1.0 - momentum))


def shape(x: Any) -> tuple[Any, ...]:
    """The sizes; None where a symbol's is open."""
    out: tuple[Any, ...] = ops.shape(x)
    return out


int_shape = shape
get_variable_shape = shape


def ndim(x: Any) -> int:
    """How many axes it has."""
    return len(ops.shape(x))


def dtype(x: Any) -> str:
    """The name of the number type."""
    return x.dtype if isinstance(x, Symbol) else ops.dtype(x)


def count_params(x: Any) -> int:
    """How many values it has."""
    return int(np.prod(ops.shape(x), dtype=np.int64))


def is_keras_tensor(x: Any) -> bool:
    """Whether it is a symbol."""
    return isinstance(x, Symbol)


def is_tensor(x: Any) -> bool:
    """Whether it is a tensor or a symbol."""
    out: bool = ops.is_tensor(x)
    return out


def is_variable(x: Any) -> bool:
    """Whether it is a variable or a weight."""
    return isinstance(x, (Variable, torch.nn.Parameter))


def is_sparse(tensor: Any) -> bool:
    """Whether most of it is left out; never."""
    return False
