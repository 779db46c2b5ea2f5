"""Arrays come back as they went in, and damaged bytes are named."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from striate.errors import ArgumentError, FormatError
from striate.storage import decode_tensors, encode_tensors, tensor_specs, tensor_writer

_NAMES = "float64 float32 float16 int64 uint64 int32 uint32 int16 uint16 int8 uint8 bool"
DTYPES = [np.dtype(name) for name in _NAMES.split()]


def _arrays() -> st.SearchStrategy[dict[str, Any]]:
    shapes = npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    array = st.sampled_from(DTYPES).flatmap(lambda dtype: npst.arrays(dtype, shapes))
    name = st.text(st.characters(codec="utf-8"), max_size=12)
    return st.dictionaries(name, array, max_size=5)


@settings(max_examples=60, deadline=None)
@given(_arrays())
def test_arrays_return_equal_writable_and_the_safetensors_library_agrees(
    arrays: dict[str, Any],
) -> None:
    data = encode_tensors(arrays)
    assert data == safetensors.numpy.save({k: np.array(v, order="C") for k, v in arrays.items()})
    for back in (decode_tensors(data), decode_tensors(data, names=list(arrays))):
        assert list(back) == sorted(arrays)
        for name, array in arrays.items():
            assert back[name].dtype == array.dtype
            assert back[name].shape == array.shape
            assert back[name].tobytes() == array.tobytes()
            assert back[name].flags.writeable


def test_complex_numbers_return_where_the_library_knows_them() -> None:
    data = encode_tensors({"a": np.array([1 + 2j], np.complex64)})
    assert decode_tensors(data, ["a"])["a"].tolist() == [1 + 2j]
    try:
        safetensors.numpy.load(data)
    except safetensors.SafetensorError:
        pytest.skip("this version of safetensors has no complex numbers")
    assert decode_tensors(data)["a"].tolist() == [1 + 2j]


def test_strides_and_byte_order_do_not_change_the_bytes() -> None:
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    expected = encode_tensors({"a": array})
    assert encode_tensors({"a": np.asfortranarray(array)}) == expected
    assert encode_tensors({"a": array.astype(">f4")}) == expected
    assert encode_tensors({"a": np.repeat(array, 2, axis=2)[..., ::2]}) == expected


def test_order_of_the_mapping_does_not_change_the_bytes() -> None:
    a, b = np.zeros(3, np.float32), np.ones(2, np.float32)
    meta = {"one": "1", "two": "2", "three": "3"}
    backwards = dict(reversed(meta.items()))
    assert encode_tensors({"a": a, "b": b}, meta) == encode_tensors({"b": b, "a": a}, backwards)


def test_the_writer_streams_the_same_bytes_in_pieces() -> None:
    arrays = {"a": np.arange(5_000_000, dtype=np.float32), "b": np.ones((), np.int64)}
    file = io.BytesIO()
    tensor_writer(arrays)(file)
    assert file.getvalue() == encode_tensors(arrays)


def test_bfloat16_becomes_float32_exactly() -> None:
    header = b'{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}'
    data = len(header).to_bytes(8, "little") + header + b"\x80\x3f\x20\xc0"
    for back in (decode_tensors(data), decode_tensors(data, ["a"])):
        assert back["a"].dtype == np.float32
        assert back["a"].tolist() == [1.0, -2.5]


def test_header_alone_gives_names_types_and_shapes() -> None:
    data = encode_tensors({"b": np.zeros((2, 3), np.float32), "a": np.zeros(1, np.uint8)})
    found = [(spec.name, spec.dtype, spec.shape) for spec in tensor_specs(data)]
    assert found == [("a", "U8", (1,)), ("b", "F32", (2, 3))]


def test_a_type_numpy_lacks_is_named() -> None:
    header = b'{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}'
    data = len(header).to_bytes(8, "little") + header + b"\0\0"
    with pytest.raises(FormatError) as caught:
        decode_tensors(data)
    assert str(caught.value) == "tensor a: a number type numpy does not have. Got dtype='F8_E4M3'."


def test_a_missing_tensor_is_named() -> None:
    with pytest.raises(FormatError) as caught:
        decode_tensors(encode_tensors({}), ["kernel"])
    assert str(caught.value) == "tensor kernel: it is not in this file."


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (
            '{"dtype":"F32","shape":[3],"data_offsets":[0,4]}',
            "tensor a: its bytes do not fit its shape.",
        ),
        (
            '{"dtype":"F32","shape":[2],"data_offsets":[0,8]}',
            "tensor a: its bytes lie outside the file.",
        ),
        (
            '{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}',
            "safetensors: not a valid header: tensor a has the shape (-1,).",
        ),
    ],
)
def test_impossible_headers_are_refused(entry: str, text: str) -> None:
    header = ('{"a":' + entry + "}").encode()
    data = len(header).to_bytes(8, "little") + header + bytes(4)
    with pytest.raises(FormatError) as caught:
        tensor_specs(data)
    assert str(caught.value) == text
    with pytest.raises(FormatError):
        decode_tensors(data)


def test_truncated_bytes_are_refused() -> None:
    with pytest.raises(FormatError) as caught:
        decode_tensors(b"")
    # The end of the sentence is the library's and differs between its versions.
    assert str(caught.value).startswith("safetensors: not a valid file: Error while deserializing")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=0, max_size=3), st.booleans())
def test_damage_gives_arrays_or_a_format_error(position: int, patch: bytes, cut: bool) -> None:
    data = encode_tensors({"k": np.ones((3, 3), np.float32), "b": np.ones(3, np.int64)})
    position %= len(data)
    damaged = data[:position] + patch + (b"" if cut else data[position + len(patch) :])
    for names in (None, ["k"]):
        with contextlib.suppress(FormatError):
            decode_tensors(damaged, names)


def test_object_arrays_are_refused() -> None:
    with pytest.raises(ArgumentError) as caught:
        encode_tensors({"a": np.array([None])})
    assert str(caught.value) == (
        "tensor a: only arrays of plain numbers can be stored. Got dtype='object'. Expected a "
        "numpy array of one of: float64, float32, float16, int64, uint64, int32, uint32, int16, "
        "uint16, int8, uint8, bool, complex64."
    )


def test_the_reserved_name_is_refused() -> None:
    with pytest.raises(ArgumentError) as caught:
        encode_tensors({"__metadata__": np.zeros(1)})
    assert str(caught.value) == (
        "encode_tensors: this name cannot be used. Got name='__metadata__'."
    )
