"""One flat order for outputs that come as a tensor, a tuple or a dict."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError, DataError
from striate.training.outputs import as_tensor, first_tensor, layout_of, map_tensors, to_batch

pytestmark = pytest.mark.torch

A, B = torch.zeros(2, 3), torch.ones(2, 1)


def test_one_tensor() -> None:
    layout = layout_of(A, None)
    assert (layout.names, layout.form, layout.count) == (("output",), "tensor", 1)
    assert layout.flatten(A) == (A,)
    assert layout.pack(["x"]) == "x"
    assert layout.spread(B, "y") == (B,)
    assert layout.spread((B,), "y") == (B,)
    assert layout.spread({"anything": B}, "y") == (B,)
    assert layout.spread(None, "y") == (None,)
    assert layout_of(A, ["probabilities"]).names == ("probabilities",)


def test_a_sequence_has_the_modules_names_or_numbers() -> None:
    assert layout_of((A, B), ["a", "b"]).names == ("a", "b")
    layout = layout_of([A, B], None)
    assert layout.names == ("output_1", "output_2")
    assert layout.flatten([A, B]) == (A, B)
    assert layout.pack([1, 2]) == (1, 2)
    assert layout.spread({"output_2": B, "output_1": A}, "y") == (A, B)
    assert layout.spread(B, "weights", share=True) == (B, B)


def test_a_dict_has_its_keys_in_the_modules_order() -> None:
    layout = layout_of({"b": B, "a": A}, ["a", "b"])
    assert layout.names == ("a", "b")
    assert layout.flatten({"b": B, "a": A}) == (A, B)
    assert layout.pack([1, 2]) == {"a": 1, "b": 2}
    assert layout.spread((A, B), "y") == (A, B)


def test_targets_of_another_number() -> None:
    with pytest.raises(DataError) as caught:
        layout_of((A, B), ["a", "b"]).spread((A, B, A), "fit (y)")
    assert str(caught.value) == (
        "fit (y): these do not match the outputs of the module. Got number=3. Expected one for "
        "each of the 2 outputs ('a', 'b'). Pass a tuple in this order, or a dict with these names."
    )
    with pytest.raises(DataError, match=r"Got number=1\."):
        layout_of((A, B), None).spread(A, "fit (y)")
    with pytest.raises(DataError, match=r"Got names=\('a', 'c'\)\."):
        layout_of((A, B), ["a", "b"]).spread({"a": A, "c": B}, "fit (y)")


def test_outputs_that_are_no_tensors() -> None:
    for outputs, kind in ((None, "NoneType"), ((A, 3), "int"), ({"a": "x"}, "str")):
        with pytest.raises(ArgumentError) as caught:
            layout_of(outputs, None)
        assert str(caught.value) == (
            f"fit: the module returned something that is not a tensor. Got type='{kind}'. "
            "Expected a tensor, or a tuple, list or dict of tensors."
        )


def test_arrays_become_tensors() -> None:
    assert as_tensor(np.zeros((2, 2))).dtype is torch.float32
    assert as_tensor(np.zeros(2, np.uint8)).dtype is torch.uint8
    assert as_tensor([1, 2]).dtype is torch.int64
    backwards = np.arange(3)[::-1]
    backwards.flags.writeable = False
    assert as_tensor(backwards).tolist() == [2, 1, 0]
    assert as_tensor(A) is A


def test_a_list_of_arrays_is_several_inputs_and_a_list_of_numbers_one() -> None:
    assert isinstance(to_batch([np.zeros(2), np.zeros(3)]), tuple)
    assert to_batch([[1, 2], [3, 4]]).shape == (2, 2)
    assert list(to_batch({"a": np.zeros(2)})) == ["a"]
    assert to_batch(None) is None


def test_the_first_tensor_tells_the_number_of_samples() -> None:
    assert first_tensor({"x": (B, A)}) is B
    assert map_tensors({"x": (B, None)}, len) == {"x": (2, None)}
