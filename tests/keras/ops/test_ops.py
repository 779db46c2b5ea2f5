"""keras.ops: the real Keras's values and types on data, and the same through recorded symbols."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from striate import Input, Model
from striate.errors import StriateError
from striate.graph.kinds import Fault, Operation
from striate.graph.kinds.functions import FUNCTIONS
from striate.graph.named import Items
from striate.keras import ops
from striate.models import clone_model, model_from_json
from tests.keras.ops.cases import CASES, DATA, WHOLE, A, B, Case

pytestmark = pytest.mark.torch

TOLERANCE = 3e-5
PLACES_OF_LARGEST = "top_k"  # int32 as on TensorFlow; Keras on torch says int64


def arrays(value: Any) -> list[np.ndarray]:
    found = value if isinstance(value, (list, tuple)) else [value]
    return [
        np.asarray(v.detach().cpu()) if isinstance(v, torch.Tensor) else np.asarray(v)
        for v in found
    ]


def assert_same(ours: Any, theirs: Any, types: bool = True) -> None:
    mine, other = arrays(ours), arrays(theirs)
    assert len(mine) == len(other)
    for a, b in zip(mine, other, strict=True):
        assert a.shape == b.shape
        assert not types or a.dtype == b.dtype, (a.dtype, b.dtype)
        np.testing.assert_allclose(a.astype("float64"), b.astype("float64"), TOLERANCE, TOLERANCE)


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")  # of Keras on torch
@pytest.mark.parametrize("name", CASES)
def test_values_and_types_are_keras(name: str) -> None:
    from tests.keras_oracle import keras

    case = CASES[name]
    theirs = case(keras.ops, *(keras.ops.convert_to_tensor(v) for v in (A, B, WHOLE)))
    ours = case(ops, *(ops.convert_to_tensor(v) for v in (A, B, WHOLE)))
    assert_same(ours, theirs, types=name != PLACES_OF_LARGEST)


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", DATA.values(), ids=list(DATA))
def test_values_on_data_only_are_keras(case: Any) -> None:
    from tests.keras_oracle import keras

    assert_same(case(ops), case(keras.ops))


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_recorded_function_keeps_its_promise_and_its_file(case: Case) -> None:
    inputs = [Input((4, 6, 3), batch_size=2), Input((4, 6, 3), batch_size=2)]
    inputs.append(Input((4, 6, 3), batch_size=2, dtype="int32"))
    made = case(ops, *inputs)
    promised = list(made) if isinstance(made, (list, tuple)) else [made]
    used = [s for s in inputs if any(s.call is c for o in promised for c in _calls(o))]
    model = Model(used, promised)
    values = [v for v, s in zip((A, B, WHOLE), inputs, strict=True) if s in used]
    wanted = arrays(case(ops, A, B, WHOLE))
    for again in (model, model_from_json(model.to_json()), clone_model(model)):
        out = again(values if len(values) > 1 else values[0])
        for o, w, symbol in zip(arrays(out), wanted, promised, strict=True):
            assert tuple(symbol.shape) == o.shape
            assert symbol.dtype == str(o.dtype) == str(w.dtype)
            np.testing.assert_allclose(o.astype("float64"), w.astype("float64"), 1e-6, 1e-6)


def test_every_function_of_the_table_has_a_case() -> None:
    recorded: set[str] = set()
    for case in CASES.values():
        inputs = [Input((4, 6, 3), batch_size=2) for _ in range(2)]
        made = case(ops, *inputs, Input((4, 6, 3), batch_size=2, dtype="int32"))
        for symbol in made if isinstance(made, (list, tuple)) else [made]:
            recorded |= {getattr(c.kind, "operation", "") for c in _calls(symbol)}
    assert set(FUNCTIONS) - recorded <= {"gradient", "amax", "amin", "arccosh"}


def test_what_keras_on_torch_says_otherwise_is_numpys() -> None:
    amounts = ((0, 0), (1, 2), (0, 1), (0, 0))
    assert_same(ops.pad(A, amounts, mode="symmetric"), np.pad(A, amounts, mode="symmetric"))
    assert_same(ops.count_nonzero(WHOLE, axis=1), np.count_nonzero(WHOLE, axis=1), types=False)
    assert_same(ops.nonzero(WHOLE), np.nonzero(WHOLE), types=False)
    assert_same(ops.where(WHOLE > 3), np.nonzero(WHOLE > 3), types=False)
    assert ops.one_hot([0, 5, -1], 2).numpy().tolist() == [[1, 0], [0, 0], [0, 0]]


def test_open_sizes_stay_open() -> None:
    x = Input((None, None, 3))
    assert ops.mean(x, axis=(1, 2)).shape == (None, 3)
    assert ops.reshape(x, (-1, 3)).shape == (None, 3)
    assert ops.reshape(ops.mean(x, 1), (None, -1, 1)).shape == (None, None, 1)
    assert ops.shape(x) == (None, None, None, 3)
    assert ops.pad(x, ((0, 0), (1, 1), (0, 0), (0, 0))).shape == (None, None, None, 3)
    assert ops.max_pool(x, 2).shape == (None, None, None, 3)
    flat = ops.reshape(Input((4, 6, 3)), (-1, 72))
    assert flat.shape == (None, 72)


def test_matrices_are_counted() -> None:
    x = Input((5, 8))
    made = ops.einsum("ntc,nsc->nts", x, x)
    kind = made.call.kind
    assert kind.macs(x.spec, x.spec) == 5 * 5 * 8
    assert ops.dot(x, np.ones((8, 3), "float32")).call.kind.macs(x.spec) == 5 * 8 * 3
    image = Input((8, 8, 3))
    convolved = ops.conv(image, np.ones((3, 3, 3, 4), "float32"))
    assert convolved.call.kind.macs(image.spec) == 6 * 6 * 27 * 4


# a call on a symbol (None, 4, 6, 3) -> the first line of the error
REFUSED: list[tuple[Callable[[Any], Any], str]] = [
    (
        lambda x: ops.mean(x, axis=4),
        "mean (Operation): an axis that is not there. Got axis=4, dimensions=4. Expected -4 to 3.",
    ),
    (
        lambda x: ops.reshape(ops.mean(x, axis=0), (5, -1)),
        "reshape (Operation): the values do not fill the new shape. Got input shape=(4, 6, 3), "
        "newshape=(5, -1). Expected as many values, at most one -1.",
    ),
    (
        lambda x: ops.transpose(x, (0, 1, 1, 2)),
        "transpose (Operation): not an order of the axes. Got axes=(0, 1, 1, 2), input "
        "shape=(None, 4, 6, 3). Expected each of 0 to 3 once.",
    ),
    (
        lambda x: ops.squeeze(x, 1),
        "squeeze (Operation): an axis that is not of size 1 cannot be squeezed. Got axis=1, input "
        "shape=(None, 4, 6, 3). Expected a size of 1 there.",
    ),
    (
        lambda x: ops.pad(x, ((1, 1), (1, 1))),
        "pad (Operation): another number of paddings than axes. Got pad_width=((1, 1), (1, 1)), "
        "input shape=(None, 4, 6, 3). Expected 4 pairs.",
    ),
    (
        lambda x: ops.concatenate([x, x[:, 1:]]),
        "concatenate (Operation): shapes that do not go together. Got shapes=((None, 4, 6, 3), "
        "(None, 3, 6, 3)). Expected equal sizes but for the axis along which they are joined.",
    ),
    (
        lambda x: ops.stack([x, x[:, 1:]]),
        "stack (Operation): shapes that do not go together. Got shapes=((None, 4, 6, 3), "
        "(None, 3, 6, 3)). Expected equal shapes.",
    ),
    (
        lambda x: ops.split(x, 4, axis=2),
        "split (Operation): an axis that cannot be split so. Got input shape=(None, 4, 6, 3), "
        "axis=2, parts=4. Expected a known size, and a number of parts that divides it.",
    ),
    (
        lambda x: ops.unstack(x, axis=0),
        "unstack (Operation): an axis of open size cannot be unstacked. Got input "
        "shape=(None, 4, 6, 3).",
    ),
    (
        lambda x: ops.dot(x, np.ones((4, 2))),
        "dot (Operation): shapes that do not go together. Got shapes=((None, 4, 6, 3), (4, 2)). "
        "Expected equal sizes of the axes that are summed over.",
    ),
    (
        lambda x: ops.tensordot(x, np.ones((4, 2)), 1),
        "tensordot (Operation): shapes that do not go together. Got shapes=((None, 4, 6, 3), "
        "(4, 2)). Expected equal sizes of the axes that are summed over.",
    ),
    (
        lambda x: ops.einsum("nhwc->nc", x, x),
        "einsum (Operation): not as many terms as tensors. Got subscripts='nhwc->nc'.",
    ),
    (
        lambda x: ops.einsum("nhc->nc", x),
        "einsum (Operation): a term with another number of letters than axes. Got "
        "subscripts='nhc->nc', input shape=(None, 4, 6, 3).",
    ),
    (
        lambda x: ops.einsum("abcd,bd->a", x, np.ones((3, 3))),
        "einsum (Operation): shapes that do not go together. Got shapes=((None, 4, 6, 3), "
        "(3, 3)). Expected equal sizes of the axes that are summed over.",
    ),
    (
        lambda x: ops.max_pool(x, 2, data_format="channels_first"),
        "max_pool (Operation): recorded functions are channels last. Got "
        "data_format='channels_first'.",
    ),
    (
        lambda x: ops.conv(x, Input((3, 3, None))),
        "conv (Operation): a kernel of open size. Got kernel=(None, 3).",
    ),
    (
        lambda x: ops.top_k(x, k="a"),
        "top_k (Operation): arguments that do not fit (ValueError: invalid literal for int() with "
        "base 10: 'a'). Got k='a', sorted=True. Expected those of top_k.",
    ),
    (
        lambda x: ops.clip(x, 0.0, x),
        "clip: `x_max` is not plain data, and a model could not keep it. Got x_max=Symbol of "
        "shape (None, 4, 6, 3). Expected numbers, text and tuples of them.",
    ),
    (
        lambda x: ops.quantile(x, 0.5),
        "keras.ops.quantile: it has no rule for the shape of symbols. Got symbol=(None, 4, 6, 3). "
        "Expected data. Call it inside a Layer subclass or a Lambda, and that on the symbol.",
    ),
]


@pytest.mark.parametrize(("call", "text"), REFUSED)
def test_what_cannot_be_recorded_is_said(call: Callable[[Any], Any], text: str) -> None:
    with pytest.raises(StriateError) as caught:
        call(Input((4, 6, 3)))
    assert str(caught.value).partition("\n")[0] == text


def test_a_file_with_arguments_of_another_function_is_refused() -> None:
    with pytest.raises(Fault, match="`arguments` is not valid"):
        Operation(operation="add", arguments=Items((("axis", 1),)))


def _calls(symbol: Any) -> list[Any]:
    from striate.graph.record import ancestors

    return ancestors([symbol])
