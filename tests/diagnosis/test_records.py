"""Answers as text, HTML and JSON; everything foreign is escaped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from striate.diagnosis import ClassifierEvaluation, mcnemar
from striate.diagnosis.records import number, plain
from tests.diagnosis.predictions import predictions

pytestmark = pytest.mark.torch


def records() -> dict[str, Any]:
    found = predictions()
    return {
        "report": found.report(),
        "confusion": found.confusion_matrix(),
        "calibration": found.calibration(),
        "temperature": found.temperature_scaling(),
        "mistakes": found.worst_mistakes(3),
        "slices": found.slices(found.labels % 2, "odd"),
        "comparison": mcnemar(found, predictions()),
    }


@pytest.mark.parametrize("name", list(records()))
def test_a_record_has_text_a_table_and_json_values(name: str) -> None:
    record = records()[name]
    lines = str(record).splitlines()
    assert lines[0] == record.title
    assert len(lines) >= 2 + len(record.cells()) + len(record.notes())
    assert all(len(row) == len(record.header()) for row in record.cells())
    assert record._repr_html_().count("<tr>") == 1 + len(record.cells())
    json.dumps(record.to_dict(), allow_nan=False)


def test_names_are_escaped_in_html() -> None:
    names = ["<script>alert(1)</script>", "a&b"]
    found = ClassifierEvaluation([0, 1, 0], [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], names)
    for record in (found.report(), found.confusion_matrix(), found.worst_mistakes()):
        assert "<script>" not in record._repr_html_()
    assert "&lt;script&gt;" in found.report()._repr_html_()


def test_what_is_not_a_number_is_a_dash_and_null() -> None:
    assert number(float("nan")) == "-"
    assert plain([1.0, float("nan")]) == [1.0, None]
