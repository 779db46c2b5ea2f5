"""`zoo.list`: its numbers are counted again, it prints, sorts and finds."""

from __future__ import annotations

import json

import pytest

from striate import zoo
from striate.errors import ArgumentError
from striate.zoo.counted import COUNTED
from striate.zoo.counting import count

pytestmark = pytest.mark.torch

EVERY = list(zoo.ARCHITECTURES.values())


def test_every_network_was_counted() -> None:
    assert list(COUNTED) == list(zoo.ARCHITECTURES), "run: python tools/zoo_table.py"


@pytest.mark.slow
@pytest.mark.parametrize("architecture", EVERY, ids=lambda a: a.name)
def test_what_was_counted_is_counted_again(architecture: zoo.Architecture) -> None:
    counted = COUNTED[architecture.name]
    assert counted == count(architecture), "run: python tools/zoo_table.py"


def test_a_row_says_what_is_published_and_what_is_counted() -> None:
    row = zoo.list()["vgg16"]
    assert row.to_dict() == {
        "name": "vgg16",
        "parameters": 138_357_544,
        "counted": "all",
        "num_weights": 138_357_544,
        "size_mb": 553.430176,
        "macs": 15_470_264_320,
        "receptive_field_px": (212, 212),
        "top1": 0.713,
        "data": "ImageNet",
        "input_shape": (224, 224, 3),
        "smallest_px": 32,
        "smallest_small_px": 8,
        "classes": 1000,
        "year": 2014,
        "paper": zoo.vgg16.paper,
        "about": "16 layers of weights",
    }


def test_it_prints_as_text_as_html_and_as_json() -> None:
    table = zoo.list("lenet5")
    assert str(table) == (
        "name           parameters   MB   GMACs  sees px  top-1 %  data   input    paper\n"
        "lenet5             60,000  0.2  0.0003       32     99.1  MNIST  32x32x1  "
        "LeCun et al. (1998)\n"
        "lenet5_modern      61,706  0.2  0.0004       16           MNIST  28x28x1  "
        "LeCun et al. (1998)"
    )
    assert "<td>lenet5_modern</td>" in table._repr_html_()
    assert [r["name"] for r in json.loads(table.to_json())["models"]] == ["lenet5", "lenet5_modern"]
    assert table[0].name == "lenet5"


@pytest.mark.parametrize(
    ("pattern", "count"), [(None, 67), ("vgg", 9), ("VGG1?", 4), ("*v2", 5), ("no such", 0)]
)
def test_a_pattern_is_part_of_a_name_or_has_stars(pattern: str | None, count: int) -> None:
    assert len(zoo.list(pattern)) == count


def test_it_is_sorted_by_any_field_and_what_lacks_it_comes_last() -> None:
    by_accuracy = [row.top1 for row in zoo.list(sort="top1", descending=True)]
    known = [value for value in by_accuracy if value is not None]
    assert known == sorted(known, reverse=True)
    assert by_accuracy[len(known) :] == [None] * (67 - len(known))
    years = [row.year for row in zoo.list(sort="year")]
    assert years == sorted(years)
    with pytest.raises(ArgumentError) as caught:
        zoo.list(sort="size")
    assert str(caught.value).startswith(
        "zoo.list: there is nothing of this name to sort by. Got sort='size'. Expected name, "
        "parameters, counted, num_weights, size_mb, macs,"
    )
