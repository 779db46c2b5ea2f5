"""CIFAR's pickles open; every pickle that asks for more than arrays is refused."""

from __future__ import annotations

import builtins
import collections
import functools
import os
import pickle
import shutil
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.data.datasets.cifar_pickle import load_pickle
from striate.errors import FormatError


def python2_pickle(array: Any, labels: list[int]) -> bytes:
    """What Python 2 and its numpy wrote: `{"data": array, "labels": labels}`, protocol 2."""
    raw = array.tobytes()
    shape = b"".join(b"I%d\n" % n for n in array.shape)
    dtype = b"cnumpy\ndtype\n(U\x02u1I0\nI1\ntR(I3\nU\x01|NNNI-1\nI-1\nI0\ntb"
    state = b"(I1\n(" + shape + b"t" + dtype + b"I00\nT" + struct.pack("<i", len(raw)) + raw + b"tb"
    made = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntU\x01btR" + state
    numbers = b"(" + b"".join(b"I%d\n" % n for n in labels) + b"l"
    return b"\x80\x02}(U\x04data" + made + b"U\x06labels" + numbers + b"u."


ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 12)


def test_a_pickle_of_python_2_opens() -> None:
    found = load_pickle(python2_pickle(ARRAY, [3, 9]), "batch")
    assert list(found) == [b"data", b"labels"]
    np.testing.assert_array_equal(found[b"data"], ARRAY)
    assert found[b"labels"] == [3, 9]
    found[b"data"][0] = 1  # writable, and of its own memory


@pytest.mark.parametrize("protocol", range(2, 5))
@pytest.mark.parametrize("dtype", ["u1", "<i4", ">i4", "<f8", "?"])
def test_pickles_of_python_3_open(protocol: int, dtype: str) -> None:
    array = np.asfortranarray(np.arange(6).reshape(2, 3).astype(dtype))
    found = load_pickle(pickle.dumps({"data": array, "names": ["a"]}, protocol), "batch")
    np.testing.assert_array_equal(found[b"data"], array)
    assert found[b"data"].dtype == array.dtype


class _Call:
    """Pickles as a call of any function."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.call = function, args

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    ("function", "args", "name"),
    [
        (os.system, ("true",), "posix.system"),
        (builtins.eval, ("1",), "builtins.eval"),
        (builtins.getattr, ("", "x"), "builtins.getattr"),
        (shutil.rmtree, ("x",), "shutil.rmtree"),
        (np.load, ("x",), "numpy.load"),
        (np.frombuffer, (b"x",), "numpy.frombuffer"),
        (functools.partial, (int,), "functools.partial"),
        (collections.OrderedDict, (), "collections.OrderedDict"),
    ],
)
def test_no_other_name_is_looked_up(protocol: int, function: Any, args: Any, name: str) -> None:
    data = pickle.dumps({"data": _Call(function, *args)}, protocol)
    name = name.replace("builtins.", "__builtin__.") if protocol < 3 else name
    with pytest.raises(FormatError) as caught:
        load_pickle(data, "batch")
    found = str(caught.value).replace("multiarray.", "").replace("numpy._core.", "numpy.")
    found = found.replace("numpy.core.", "numpy.")
    assert found == (
        f"pickle: it asks for {name}, which is not opened. Expected arrays of numbers, lists, "
        "dicts, numbers and strings only."
    )


RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            pickle.dumps({"data": np.array([None, "x"])}, 2),
            "pickle: an array of something other than numbers.",
        ),
        (
            pickle.dumps({"data": np.zeros(2, "S3")}, 2),
            "pickle: an array of something other than numbers.",
        ),
        (
            pickle.dumps({"data": np.zeros(2, [("a", "u1")])}, 2),
            "pickle: an array of something other than numbers.",
        ),
        (
            b"\x80\x02}(U\x04data(I1\ntcnumpy\ndtype\n(U\x02u1I0\nI1\ntR(I3\nU\x01|N(U\x01atNI-1\nI-1\nI0\ntbu.",
            "pickle: an array with fields.",
        ),
        (
            python2_pickle(ARRAY, [1]).replace(b"(I2\nI12\nt", b"(I2\nI99\nt"),
            "pickle: an array whose bytes do not fit its shape.",
        ),
        (
            python2_pickle(ARRAY, [1]).replace(b"(I2\nI12\nt", b"(I-2\nI-12\nt"),
            "pickle: an array that is not made of plain bytes.",
        ),
        (
            b"\x80\x02}(U\x01a" + RECONSTRUCT + b"(tRu.",
            "batch: an array without content.",
        ),
        (
            b"\x80\x02" + RECONSTRUCT + b"(N}U\x01aU\x01bstb.",
            "pickle: it tries to change a function.",
        ),
        (
            b"\x80\x02c_codecs\nencode\n(U\x01aU\x03ziptR.",
            "pickle: text in an encoding that arrays do not use.",
        ),
        (pickle.dumps([1], 2), "batch: the pickle holds no dict. Got type='list'."),
        (b"", "batch: the pickle cannot be read: Ran out of input."),
        (b"\x80\x02}(U\x04data", "batch: the pickle cannot be read: Ran out of input."),
    ],
)
def test_everything_else_is_refused(data: bytes, text: str) -> None:
    with pytest.raises(FormatError) as caught:
        load_pickle(data, "batch")
    assert str(caught.value) == text


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_damage_gives_a_dict_or_a_format_error(position: int, flip: int) -> None:
    data = bytearray(python2_pickle(ARRAY, [3, 9]))
    data[position % len(data)] ^= flip
    try:
        assert isinstance(load_pickle(bytes(data), "batch"), dict)
    except FormatError:
        return
