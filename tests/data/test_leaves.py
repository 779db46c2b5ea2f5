"""Every form of array becomes one, without a copy where that can be; the rest is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from striate.data.leaves import as_array, as_nested, is_numbers, shared_tensor, tensors
from striate.errors import DataError

pytestmark = pytest.mark.torch


def test_arrays_and_tensors_are_shared() -> None:
    import torch

    array = np.zeros((3, 2), np.float32)
    shared_tensor(as_array("x", array))[0, 0] = 1
    assert array[0, 0] == 1
    tensor = torch.zeros(3, requires_grad=True)
    assert as_array("x", tensor).data_ptr() == tensor.data_ptr()
    assert not as_array("x", tensor).requires_grad


@pytest.mark.parametrize(
    "dtype", ["u1", "i1", "i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8"]
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_number_type_and_byte_order_keeps_its_values(dtype: str, order: str) -> None:
    array = np.array([[0, 1], [100, 2]], np.dtype(dtype).newbyteorder(order))
    assert shared_tensor(as_array("x", array)).tolist() == array.tolist()


def test_reversed_and_frozen_arrays_are_taken() -> None:
    array = np.arange(6, dtype=np.float32)
    assert shared_tensor(as_array("x", array[::-1])).tolist() == [5, 4, 3, 2, 1, 0]
    array.flags.writeable = False
    assert shared_tensor(as_array("x", array)).tolist() == [0, 1, 2, 3, 4, 5]
    record = np.zeros(3, [("a", "u1"), ("b", "<f4")])["b"]
    assert shared_tensor(as_array("x", record)).tolist() == [0, 0, 0]


def test_pandas_is_taken() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1, 2], "b": [0.5, 1.5]}, index=["p", "q"])
    assert as_array("x", frame).tolist() == [[1, 0.5], [2, 1.5]]
    assert as_array("y", frame["a"]).tolist() == [1, 2]
    with pytest.raises(DataError, match="does not hold real numbers"):
        as_array("y", pandas.Series(["cat", "dog"]))


def test_h5py_is_taken(tmp_path: Any) -> None:
    import h5py

    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset("x", data=np.arange(4))
        assert as_array("x", data).tolist() == [0, 1, 2, 3]


def test_sparse_matrices_are_taken() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    assert as_array("x", sparse.csr_matrix([[0, 1], [2, 0]])).tolist() == [[0, 1], [2, 0]]


def test_lists_are_several_inputs_only_if_they_hold_arrays() -> None:
    a, b = np.zeros((3, 2)), np.zeros((3, 1))
    assert isinstance(as_nested("x", [a, b]), tuple)
    assert isinstance(as_nested("x", (a, [1, 2, 3])), tuple)
    assert as_nested("x", [a]) is a
    assert as_nested("x", [[1, 2], [3, 4]]).shape == (2, 2)
    assert as_nested("x", [np.float32(1), np.float32(2)]).shape == (2,)
    assert set(as_nested("x", {"a": a, "b": [1, 2, 3]})) == {"a", "b"}
    assert as_nested("x", None) is None


def test_numbers_are_recognised_at_any_depth() -> None:
    assert is_numbers([[1, 2]])
    assert is_numbers([np.int64(1)])
    assert is_numbers([])
    assert not is_numbers(["a"])
    assert not is_numbers([np.zeros(3)])


@pytest.mark.parametrize(
    ("role", "dtype", "expected"),
    [
        ("x", "uint8", "uint8"),
        ("x", "int32", "int32"),
        ("x", "float64", "float32"),
        ("x", "float16", "float32"),
        ("x", "bool", "float32"),
        ("y", "uint8", "int64"),
        ("y", "bool", "int64"),
        ("y", "int32", "int64"),
        ("y", "float64", "float32"),
        ("sample_weight", "int64", "float32"),
    ],
)
def test_a_batch_has_the_type_of_its_role(role: Any, dtype: str, expected: str) -> None:
    tensor = tensors("a", np.ones(2, dtype), role)
    assert str(tensor.dtype) == f"torch.{expected}"


def test_what_is_no_array_is_refused() -> None:
    import torch

    cases: list[tuple[Any, str]] = [
        (
            [[1, 2], [3]],
            "x: the rows of this list have different lengths. Expected the same shape for every "
            "sample. Pad or cut the samples to one shape first.",
        ),
        (
            np.array([None]),
            "x: this array does not hold real numbers. Got dtype='object'. Expected integers, "
            "floats or booleans. Convert it first, for example with `.astype('float32')`.",
        ),
        (
            torch.zeros(2, dtype=torch.complex64),
            "x: this array does not hold real numbers. Got dtype='torch.complex64'. Expected "
            "integers, floats or booleans. Convert it first, for example with "
            "`.astype('float32')`.",
        ),
        (
            object(),
            "x: this is no array. Got type='object'. Expected a numpy array, a tensor, a list of "
            "numbers, or several of them.",
        ),
    ]
    for value, text in cases:
        with pytest.raises(DataError) as caught:
            as_array("x", value)
        assert str(caught.value) == text
