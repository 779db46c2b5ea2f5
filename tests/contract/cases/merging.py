"""Cases of the layers in `striate/layers/merging.py` and `operation.py`."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import IMAGE, Case

FLAT2 = ((7,), (7,))
X, Y = ("input", 0), ("input", 1)
BY_OPERATOR: dict[str, Any] = {
    "keras": False,
    "note": "an operator, no layer, in Keras; compared with NumPy",
}
KEY = (
    ("slice", None, None, None),
    ("slice", 1, None, None),
    ("slice", None, None, -2),
    ("new",),
    ("index", -1),
)

CASES = [
    Case("Add", {}, IMAGE * 3),
    Case("Add", {}, ((5, 6, 3), (1, 1, 3))),
    Case("Subtract", {}, IMAGE * 2),
    Case("Subtract", {}, ((5, 6, 3), (6, 3)), keras=False, note="Keras has the ranks equal here"),
    Case("Multiply", {}, ((5, 6, 3), (1, 1, 3))),
    Case("Multiply", {}, ((5, 6, 3), (3,))),
    Case("Average", {}, IMAGE * 3),
    Case("Maximum", {}, IMAGE * 3),
    Case("Minimum", {}, FLAT2),
    Case("Concatenate", {}, ((5, 6, 3), (5, 6, 2))),
    Case("Concatenate", {"axis": 1}, ((5, 6, 3), (2, 6, 3))),
    Case("Dot", {"axes": 1}, FLAT2),
    Case("Dot", {"axes": -1, "normalize": True}, FLAT2),
    Case("Dot", {"axes": (2, 1)}, ((4, 5), (5, 3))),
    Case("Dot", {"axes": (1, 2)}, ((5,), (4, 5))),
    Case("Dot", {"axes": (3, 1)}, ((2, 3, 5), (5, 4))),
    Case("Operation", {"operation": "divide", "operands": (X, ("number", 3))}, **BY_OPERATOR),
    Case("Operation", {"operation": "subtract", "operands": (("number", 2.0), X)}, **BY_OPERATOR),
    Case("Operation", {"operation": "multiply"}, ((5, 6, 3), (1, 1, 3)), **BY_OPERATOR),
    Case(
        "Operation",
        {
            "operation": "add",
            "operands": (("array", "float32", (6, 1), (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)), X),
        },
        **BY_OPERATOR,
    ),
    Case("Operation", {"operation": "absolute", "operands": (X,)}, **BY_OPERATOR),
    Case("Operation", {"operation": "matmul"}, ((4, 5), (5, 3)), **BY_OPERATOR),
    Case(
        "Operation",
        {"operation": "getitem", "operands": (X,), "key": KEY},
        copies=True,
        **BY_OPERATOR,
    ),
]
