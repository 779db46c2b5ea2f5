"""Content is compared by array, files by their checksum."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from striate.data.datasets.records import RemoteFile
from striate.data.datasets.verify import check_arrays, check_file, content_digest
from striate.errors import FormatError
from tests.data.datasets import toy


def test_the_digest_sees_name_type_shape_and_bytes_but_not_the_layout() -> None:
    array = np.arange(6, dtype=np.int32).reshape(2, 3)
    digest = content_digest("a", array)
    assert content_digest("a", np.asfortranarray(array)) == digest
    assert content_digest("a", array.astype(">i4")) == digest
    others = [
        content_digest("b", array),
        content_digest("a", array.reshape(3, 2)),
        content_digest("a", array.astype(np.int64)),
        content_digest("a", array + 1),
    ]
    assert digest not in others
    assert content_digest("n", np.array(1.0)) != content_digest("n", np.array([1.0]))


def _text(record: Any, arrays: Any) -> str:
    with pytest.raises(FormatError) as caught:
        check_arrays(record, arrays)
    return str(caught.value)


def test_each_fault_of_an_array_is_named() -> None:
    record = toy.record()
    check_arrays(record, toy.ARRAYS)
    changed = toy.ARRAYS["x_test"].copy()
    changed[0, 0, 0] ^= 1
    assert _text(record, {**toy.ARRAYS, "x_test": changed}) == (
        "toy, x_test: its content is not the published one."
    )
    assert _text(record, {**toy.ARRAYS, "x_test": changed[:3].astype(float)}) == (
        "toy, x_test: another shape or type than published. Got shape=(3, 4, 4), "
        "dtype='float64'. Expected (6, 4, 4), uint8."
    )
    assert _text(record, {}) == "toy, x_train: the array is missing."


def test_without_digests_shapes_and_counts_are_checked() -> None:
    record = toy.record(by_content=False)
    check_arrays(record, toy.ARRAYS)
    assert not record.is_known_by_content
    labels = np.zeros(6, np.uint8)
    assert _text(record, {**toy.ARRAYS, "y_test": labels}) == (
        "toy, y_test: other numbers of samples per class than published."
    )


def test_a_file_is_compared_with_the_stronger_checksum_there_is(tmp_path: Path) -> None:
    path = toy.put(tmp_path, "a.gz.part", b"content")
    md5 = hashlib.md5(b"content").hexdigest()
    sha256 = hashlib.sha256(b"content").hexdigest()
    file = RemoteFile("a.gz")
    check_file(file, path)
    check_file(replace(file, md5=md5), path)
    check_file(replace(file, md5="0" * 32, sha256=sha256), path)
    for wrong, method, found in (
        (replace(file, md5="0" * 32), "md5", md5),
        (replace(file, md5=md5, sha256="0" * 64), "sha256", sha256),
    ):
        with pytest.raises(FormatError) as caught:
            check_file(wrong, path)
        assert str(caught.value) == (
            f"a.gz: its {method.upper()} is not the published one; the file is damaged or "
            f"another. Got {method}='{found}'. Expected {'0' * len(found)}."
        )
