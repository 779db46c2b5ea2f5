"""Summaries: Keras's columns by default, further ones when asked, in every form."""

from __future__ import annotations

import json
import time

import pytest

import striate as st
from striate import analysis, errors, layers
from tests import networks

pytestmark = pytest.mark.torch


def small() -> st.Sequential:
    conv = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")
    return st.Sequential(
        [layers.Input((28, 28, 1)), conv, layers.Flatten(), layers.Dense(10)], name="small"
    )


def nested() -> st.Model:
    x = st.Input((28, 28, 1))
    return st.Model(x, layers.Dense(2)(small()(x)), name="outer")


ALL = ("window", "macs", "activations", "receptive_field")
TEXT = """\
Model: "small"
┏━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━┳━━━━━━━━━━━━━━━┳━━━━━━┓
┃ Layer (type)      ┃ Output Shape      ┃ Param # ┃ Window       ┃   MACs ┃ Kept / sample ┃ Sees ┃
┡━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━╇━━━━━━━━━━━━━━━╇━━━━━━┩
│ conv2d (Conv2D)   │ (None, 14, 14, 8) │      80 │ 3x3 / 2 same │ 14,112 │       9.41 KB │    3 │
├───────────────────┼───────────────────┼─────────┼──────────────┼────────┼───────────────┼──────┤
│ flatten (Flatten) │ (None, 1568)      │       0 │ -            │      - │             - │  all │
├───────────────────┼───────────────────┼─────────┼──────────────┼────────┼───────────────┼──────┤
│ dense (Dense)     │ (None, 10)        │  15,690 │ -            │ 15,680 │             - │  all │
└───────────────────┴───────────────────┴─────────┴──────────────┴────────┴───────────────┴──────┘
 Total params: 15,770 (61.60 KB)
 Trainable params: 15,770 (61.60 KB)
 Non-trainable params: 0 (0.00 B)"""


def test_further_columns_say_window_cost_memory_and_sight() -> None:
    lines: list[str] = []
    small().summary(columns=ALL, print_fn=lines.append)
    assert "\n".join(lines) == TEXT


def test_records_html_and_json_have_the_further_columns() -> None:
    found = analysis.summary(small().graph, columns=ALL)
    assert found.records()[0]["extras"] == {
        "window": "3x3 / 2 same",
        "macs": 14112,
        "activations": 9636,
        "receptive_field": "3",
    }
    assert json.loads(found.to_json())["rows"][2]["extras"]["macs"] == 15680
    assert "<th>Sees</th>" in found._repr_html_()


def test_layers_of_nested_models_have_them_too() -> None:
    found = analysis.summary(nested().graph, expand_nested=True, columns=ALL)
    extras = {row.name: dict(row.extras) for row in found.rows}
    assert extras["conv2d"]["window"] == "3x3 / 2 same"
    assert extras["conv2d"]["macs"] == 14112
    assert extras["conv2d"]["receptive_field"] == "3"


def test_positions_say_where_columns_end() -> None:
    shares = analysis.summary(small().graph).to_text(80, positions=[0.5, 0.8, 1.0])
    places = analysis.summary(small().graph).to_text(80, positions=[40, 64, 80])
    assert shares == places
    assert max(map(len, shares.splitlines())) <= 80
    wider = analysis.summary(small().graph).to_text(80, positions=[0.3, 0.8, 1.0])
    assert wider.splitlines()[2].index("Output") < shares.splitlines()[2].index("Output")


def test_an_unknown_column_is_an_error_with_the_nearest() -> None:
    with pytest.raises(errors.UnknownNameError) as caught:
        small().summary(columns=["mac"])
    assert str(caught.value) == "summary: unknown column. Got 'mac'. Did you mean 'macs'?"


def test_a_deep_network_is_summarised_at_once() -> None:
    graph = networks.resnet(152, 32).graph
    best = 1.0
    for _ in range(5):
        start = time.perf_counter()
        analysis.summary(graph)
        best = min(best, time.perf_counter() - start)
    assert best < 0.05
