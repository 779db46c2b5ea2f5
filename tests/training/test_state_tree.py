"""State without pickle: values, number types and strides come back as they were."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.errors import CheckpointError, FormatError
from striate.storage import decode_tensors, encode_tensors
from striate.training.state_tree import flatten, rebuild

pytestmark = pytest.mark.torch


def round_trip(value: Any) -> Any:
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(flatten(value, arrays, "state"), allow_nan=False)
    return rebuild(json.loads(text), decode_tensors(encode_tensors(arrays)))


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.dictionaries(st.sampled_from(["%", "name", "a.b", "a"]), inner)
    ),
    max_leaves=20,
)


@given(plain)
def test_plain_values_come_back(value: Any) -> None:
    assert repr(round_trip(value)) == repr(value)


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.bool]
)
def test_tensors_keep_type_shape_and_values(dtype: torch.dtype) -> None:
    for shape in ((), (0, 3), (5,), (2, 3, 4)):
        tensor = (torch.randn(shape) * 3).to(dtype)
        back = round_trip({"t": tensor})["t"]
        assert back.dtype is dtype
        assert back.shape == tensor.shape
        assert torch.equal(back, tensor)


def test_tensors_keep_their_strides() -> None:
    kernel = torch.randn(8, 4, 3, 3).to(memory_format=torch.channels_last).permute(2, 3, 1, 0)
    every_second = torch.randn(6, 2)[::2]
    back = round_trip([kernel, every_second])
    assert back[0].stride() == kernel.stride()
    assert torch.equal(back[0], kernel)
    assert torch.equal(back[1], every_second)


def test_arrays_and_numpy_numbers() -> None:
    back = round_trip({"a": np.arange(3, dtype=np.uint64), "b": np.float32(0.5), "c": math.inf})
    assert back["a"].dtype == np.uint64
    assert type(back["b"]) is np.float32
    assert back["c"] == math.inf


def test_equal_paths_do_not_collide() -> None:
    value = {"a.b": torch.ones(1), "a": {"b": torch.zeros(1)}}
    back = round_trip(value)
    assert (back["a.b"].item(), back["a"]["b"].item()) == (1.0, 0.0)


def test_what_cannot_be_kept_is_named() -> None:
    with pytest.raises(CheckpointError) as caught:
        flatten({"inner": [object()]}, {}, "callback")
    assert str(caught.value) == (
        "callback.inner.0: this cannot be put into a checkpoint. Got type='object'. Expected "
        "numbers, text, lists, dicts, arrays or tensors. Return only these from state_dict()."
    )
    with pytest.raises(CheckpointError) as caught:
        flatten({1.5: 2}, {}, "callback")
    assert str(caught.value) == (
        "callback: a key of this dict cannot be put into a checkpoint. Got key='1.5', "
        "type='float'. Expected text or integers as keys."
    )
    with pytest.raises(CheckpointError) as caught:
        flatten(torch.zeros(1, dtype=torch.complex128), {}, "callback")
    assert str(caught.value) == (
        "callback: a tensor of this type cannot be put into a checkpoint. Got dtype='complex128'."
    )


def test_records_that_do_not_fit_their_arrays() -> None:
    arrays: dict[str, np.ndarray] = {}
    record = flatten({"t": torch.zeros(2)}, arrays, "state")
    with pytest.raises(FormatError) as caught:
        rebuild(record, {})
    assert str(caught.value) == "tensor state.t: it is missing or has another shape."
    with pytest.raises(FormatError) as caught:
        rebuild({"%": "code"}, {})
    assert str(caught.value) == "state: an unknown kind of record. Got kind='code'."
