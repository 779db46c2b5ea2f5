"""JSON of strangers: bounded in size and depth, with finite numbers, in any of its wrappings."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from striate.errors import FormatError, message

LARGEST_BYTES = 64 << 20
DEEPEST = 200
LARGEST_NUMBER = 2**63
MOST_WRAPPINGS = 4
MARKS_OF_KERAS_1 = ("nb_filter", "nb_row", "output_dim", "border_mode", "W_regularizer")


def parsed(text: str | bytes, where: str) -> Any:
    """The value of a JSON text.

    Raises:
        FormatError: no JSON, or one that is too large, too deep, or with numbers beyond reason.
    """
    if len(text) > LARGEST_BYTES:
        raise _fault(
            where, f"its JSON is too large ({len(text)} bytes)", f"at most {LARGEST_BYTES} bytes"
        )
    try:
        value = json.loads(text if isinstance(text, str) else text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _fault(where, f"its JSON cannot be read ({str(error)[:100]})") from None
    _check(value, where)
    return value


def _check(value: Any, where: str) -> None:
    """Raises if a value is too deep or holds a number that no model needs."""
    level, depth = [value], 0
    while level:
        if depth > DEEPEST:
            raise _fault(where, "its JSON is nested too deeply", f"at most {DEEPEST} levels")
        deeper: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                deeper += item.values()
            elif isinstance(item, list):
                deeper += item
            elif isinstance(item, int) and abs(item) > LARGEST_NUMBER:
                raise _fault(where, "its JSON holds a number beyond reason", "64-bit numbers")
            elif isinstance(item, float) and math.isnan(item):
                raise _fault(where, "its JSON holds NaN", "numbers")
        level, depth = deeper, depth + 1


def architecture(value: Any, where: str) -> dict[str, Any]:
    """The {class_name, config} of a model, out of the wrappings that people put around it.

    `json.dump(model.to_json())` encodes twice; projects keep it beside fields of their own.

    Raises:
        FormatError: there is none.
    """
    for _ in range(MOST_WRAPPINGS):
        if isinstance(value, str):
            value = parsed(value, where)
        elif isinstance(value, Mapping) and "class_name" not in value:
            inner = [v for v in value.values() if _may_hold(v)]
            value = inner[0] if len(inner) == 1 else None
        else:
            break
    if isinstance(value, dict) and isinstance(value.get("class_name"), str) and "config" in value:
        return value
    raise FormatError(
        message(
            where,
            "its JSON does not describe a model",
            expected='{"class_name": ..., "config": ...}, as model.to_json() gives it',
        )
    )


def _may_hold(value: Any) -> bool:
    if isinstance(value, str):
        return value.lstrip().startswith("{") and '"class_name"' in value
    return isinstance(value, Mapping) and "class_name" in value and "config" in value


def age_of(record: Mapping[str, Any], version: str | None) -> int:
    """The first number of the Keras that wrote an architecture: as stated, or by its words."""
    stated = str(version or record.get("keras_version") or "").partition(".")[0]
    if stated.isdigit():
        return min(max(int(stated), 1), 3)
    text = json.dumps(record.get("config"))
    if any(f'"{mark}"' in text for mark in MARKS_OF_KERAS_1) and '"filters"' not in text:
        return 1
    return 3 if '"registered_name"' in text or '"module"' in record else 2


def _fault(where: str, fault: str, expected: str = "JSON") -> FormatError:
    return FormatError(message(where, fault, expected=expected))
