"""The measured networks have the parameters they claim, and arithmetic as by hand."""

from __future__ import annotations

import pytest

from benchmarks.networks import WORKLOADS, digits
from benchmarks.work import forward_macs, training_macs

pytestmark = pytest.mark.torch


@pytest.mark.slow
@pytest.mark.parametrize("name", list(WORKLOADS))
def test_a_network_has_the_parameters_of_its_row(name: str) -> None:
    load = WORKLOADS[name]
    assert load.build().graph.num_parameters == load.parameters


def test_multiply_adds_are_those_of_the_definition() -> None:
    first = 26 * 26 * 64 * 9
    others = 11 * 11 * 64 * 9 * 64 + 3 * 3 * 128 * 9 * 64 + 1152 * 128 + 128 * 10
    graph = digits().graph
    assert forward_macs(graph) == first + others
    # forward, the gradient of the weights, and but for the first the gradient of the input
    assert training_macs(graph) == 2 * first + 3 * others
