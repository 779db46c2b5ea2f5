"""Arithmetic on symbols gives what NumPy gives, also after a model was saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from striate import Input, Model, Sequential, layers
from striate.errors import ArgumentError, GraphError, ShapeError
from striate.models import model_from_json
from tests.layers.messages import Wrong

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(0)
A = RNG.uniform(0.5, 2.0, size=(2, 4, 5, 3)).astype("float32")
B = RNG.uniform(0.5, 2.0, size=(2, 4, 5, 3)).astype("float32")
ROW = np.array([1.0, 2.0, 3.0], dtype="float32")
GRID = RNG.normal(size=(5, 3)).astype("float32")

Function = Callable[[Any, Any], Any]
EXPRESSIONS: dict[str, Function] = {
    "a + b": lambda a, b: a + b,
    "a + 2": lambda a, b: a + 2,
    "2 + a": lambda a, b: 2 + a,
    "a - b": lambda a, b: a - b,
    "2 - a": lambda a, b: 2 - a,
    "a * 2.5": lambda a, b: a * 2.5,
    "a * b": lambda a, b: a * b,
    "a / b": lambda a, b: a / b,
    "1 / a": lambda a, b: 1 / a,
    "a // 0.3": lambda a, b: a // 0.3,
    "a % 0.3": lambda a, b: a % 0.3,
    "a ** 2": lambda a, b: a**2,
    "2 ** a": lambda a, b: 2**a,
    "-a": lambda a, b: -a,
    "+a": lambda a, b: +a,
    "abs": lambda a, b: abs(a - 1),
    "x + x": lambda a, b: a + a,
    "row": lambda a, b: ROW * a,
    "grid": lambda a, b: a - GRID,
    "list": lambda a, b: a * [1.0, 0.0, -1.0],
    "scalar of numpy": lambda a, b: np.float32(2.0) * a,
    "array with batch of 1": lambda a, b: a + GRID[None, None],
    "matrix": lambda a, b: a @ GRID.T,
    "matrices": lambda a, b: (
        a[:, 0] @ b[:, 0].reshape(2, 3, 5)
        if isinstance(a, np.ndarray)
        else a[:, 0] @ layers.Reshape((3, 5))(b[:, 0])
    ),
    "mean of grey": lambda a, b: (a[..., 0] + a[..., 1] + a[..., 2]) / 3,
    "bgr": lambda a, b: a[..., ::-1],
    "slices": lambda a, b: a[:, 1:, ::2, :2],
    "from the end": lambda a, b: a[:, -3:-1],
    "one row": lambda a, b: a[:, 2],
    "last": lambda a, b: a[:, -1, :, -1],
    "new axis": lambda a, b: a[:, None, :, 0],
    "backwards with a step": lambda a, b: a[:, ::-2, 3:0:-1],
    "gate": lambda a, b: a * b[:, :1, :1],
}


def model_of(function: Function) -> Model:
    x, y = Input((4, 5, 3)), Input((4, 5, 3))
    return Model([x, y], function(x, y))


@pytest.mark.parametrize("function", EXPRESSIONS.values(), ids=list(EXPRESSIONS))
def test_an_expression_is_numpys(function: Function) -> None:
    x, y = Input((4, 5, 3)), Input((4, 5, 3))
    out = layers.Identity()(function(x, y))
    used = [s for s in (x, y) if s.call in _calls(out)]
    model = Model(used, out)
    values = [v for v, s in ((A, x), (B, y)) if s in used]
    wanted = function(A, B)
    assert model.output_shape == (None, *wanted.shape[1:])
    got = model(values)
    np.testing.assert_allclose(got.numpy(), wanted, rtol=1e-5, atol=1e-6)
    again = model_from_json(model.to_json())
    assert torch.equal(again(values), got)


def _calls(symbol: Any) -> list[Any]:
    found, waiting = [], [symbol]
    while waiting:
        call = waiting.pop().call
        found.append(call)
        waiting += call.inputs
    return found


def random_key(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """A batch that is whole, then slices, indices and new axes that leave something."""
    while True:
        key: list[Any] = [slice(None)]
        for size in shape[1 : 1 + int(rng.integers(0, len(shape)))]:
            kind = rng.integers(0, 5)
            if kind == 0:
                key.append(int(rng.integers(-size, size)))
            elif kind == 1:
                key += [None, slice(None)]
            else:
                ends = [None if rng.random() < 0.3 else int(v) for v in rng.integers(-8, 8, 2)]
                key.append(slice(*ends, int(rng.choice([-3, -2, -1, 1, 2, 3]))))
        if rng.random() < 0.3:
            key.append(...)
        if np.empty(shape)[tuple(key)].size:
            return tuple(key)


@pytest.mark.parametrize("seed", range(60))
def test_any_slice_is_numpys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    key = random_key(rng, A.shape)
    x = Input(A.shape[1:])
    model = Model(x, x[key])
    wanted = A[key]
    assert model.output_shape == (None, *wanted.shape[1:])
    assert np.array_equal(model(A).numpy(), wanted)


def test_gradients_flow_through() -> None:
    model = model_of(lambda a, b: (a * b - ROW)[:, ::-1, 1:] ** 2)
    a, b = (torch.from_numpy(v).requires_grad_() for v in (A, B))
    model([a, b]).sum().backward()
    rest = (A * B - ROW) * (np.arange(5) >= 1)[:, None]
    np.testing.assert_allclose(a.grad.numpy(), 2 * rest * B, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("dtype", "function", "wanted"),
    [
        ("uint8", lambda x: x + 1, "uint8"),
        ("uint8", lambda x: x + 1.5, "float32"),
        ("uint8", lambda x: x / 255, "float32"),
        ("int32", lambda x: x * np.array([2], dtype="int64"), "int64"),
        ("int64", lambda x: x[:, 0], "int64"),
        ("float64", lambda x: x * 2, "float64"),
    ],
)
def test_number_types_are_promised(dtype: str, function: Any, wanted: str) -> None:
    x = Input((3,), dtype=dtype)
    out = function(x)
    assert out.dtype == wanted
    value = torch.ones(2, 3).to(getattr(torch, dtype))
    assert str(Model(x, out)(value).dtype) == f"torch.{wanted}"


def test_a_tensor_on_the_left_is_a_constant() -> None:
    x = Input((3,))
    model = Model(x, torch.tensor([1.0, 2.0, 3.0]) * x)
    assert model(np.ones((1, 3))).tolist() == [[1.0, 2.0, 3.0]]


def test_a_subclassed_model_with_operators_has_a_graph_of_its_layers() -> None:
    class Residual(Model):
        def __init__(self) -> None:
            super().__init__()
            self.conv = layers.Conv2D(3, 3, padding="same")

        def call(self, inputs: Any) -> Any:
            return inputs + 0.5 * self.conv(inputs)

    model = Residual()
    model.build((None, 4, 5, 3))
    assert [n.kind_name for n in model.graph][1:] == ["Conv2D", "Operation", "Operation"]


def test_open_sizes_stay_open() -> None:
    x = Input((None, None, 3))
    assert (x * 2)[:, 1:, :, :2].shape == (None, None, None, 2)
    assert (x + Input((8, None, 1))).shape == (None, 8, None, 3)


def test_operations_are_named_after_what_they_do() -> None:
    x = Input((3,), name="x")
    model = Model(x, (x + 1) + 1)
    assert [n.name for n in model.graph] == ["x", "add", "add_1"]


def test_a_symbol_is_not_iterable() -> None:
    with pytest.raises(GraphError):
        list(Input((3,)))


X = Input((4, 3))
WRONG = [
    Wrong(
        lambda: X + "1",
        ArgumentError,
        "add: an operand that a model cannot keep. Got operand='1'. Expected a symbol, a number or"
        " a small array.",
    ),
    Wrong(
        lambda: X * torch.nn.Parameter(torch.ones(3)),
        ArgumentError,
        "multiply: a tensor that is trained cannot be kept as a constant. Got operand=Parameter of"
        " shape (3,). Expected a symbol, a number or a small array. Make it a weight of a Layer"
        " subclass: self.add_weight(...).",
    ),
    Wrong(
        lambda: Input((300, 300)) * np.ones((300, 300)),
        ArgumentError,
        "operation (Operation): `operands` is not valid. Got operands='an array of shape"
        " (300, 300)'. Expected at most 65536 values. Make it a weight of a Layer subclass:"
        " self.add_weight(...).",
    ),
    Wrong(
        lambda: X[1:],
        ArgumentError,
        "<Symbol (None, 4, 3) float32 from InputLayer>: cannot be indexed so. Got index='slice(1,"
        " None, None)'. Expected a whole batch or a number first, then numbers, slices of numbers,"
        " None or .... x[:, 1:, ::2, :3].",
    ),
    Wrong(
        lambda: X[:, [0, 1]],
        ArgumentError,
        "<Symbol (None, 4, 3) float32 from InputLayer>: cannot be indexed so. Got index='(slice("
        "None, None, None), [0, 1])'. Expected a whole batch or a number first, then numbers,"
        " slices of numbers, None or .... x[:, 1:, ::2, :3].",
    ),
    Wrong(
        lambda: X[:, 4],
        ShapeError,
        "getitem (Operation): an index out of range. Got index=4, input shape=(None, 4, 3)."
        " Expected -4 to 3.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 4, 3)",
    ),
    Wrong(
        lambda: X[:, 4:],
        ShapeError,
        "getitem (Operation): a slice that is empty. Got slice=(4, None, None), input shape="
        "(None, 4, 3). Expected at least one value.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 4, 3)",
    ),
    Wrong(
        lambda: X * Input((3,)),
        ShapeError,
        "multiply (Operation): symbols with different numbers of dimensions. Got shapes="
        "((None, 4, 3), (None, 3)). Expected as many dimensions in each, the batch first. Give the"
        " smaller one axes of size 1: y[:, None].\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 4, 3)",
    ),
    Wrong(
        lambda: X + np.ones((2, 4, 3)),
        ShapeError,
        "add (Operation): an array that covers the batch. Got array of shape=(2, 4, 3), symbol="
        "(None, 4, 3). Expected at most 2 dimensions, those of one sample.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 4, 3)",
    ),
    Wrong(
        lambda: X + Input((4, 2)),
        ShapeError,
        "add (Operation): shapes that do not go together. Got shapes=((None, 4, 3), (None, 4, 2))."
        " Expected equal sizes, or 1, on every axis from the last to the first.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 4, 3)",
    ),
    Wrong(
        lambda: X @ np.ones((4, 3)),
        ShapeError,
        "matmul (Operation): matrices that do not go together. Got shapes=((None, 4, 3), (4, 3))."
        " Expected the columns of the first as many as the rows of the second.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 4, 3)",
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_use_is_named(wrong: Wrong) -> None:
    wrong.check()


def test_a_sequential_cuts_with_an_operation() -> None:
    model = Sequential([Input((4, 3)), layers.Operation("negative", (("input", 0),))])
    assert model(np.ones((1, 4, 3))).sum() == -12
