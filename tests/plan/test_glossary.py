"""Names of kernels in a plan: those that do not say what they do are explained below its table."""

from __future__ import annotations

import pytest

from benchmarks.networks.workloads import workload
from striate.kernels import library
from striate.plan.glossary import MEANINGS, glossary

pytestmark = pytest.mark.torch

NETWORKS = ("digits", "three_of_32", "deep", "resnet20", "squeezenet", "mobilenet_v2")
PLAIN = {
    "add maps",
    "average pool",
    "copy map",
    "global average pool",
    "max pool",
    "softmax map",
}


def test_lines_are_those_of_the_names_in_the_order_of_the_table() -> None:
    found = glossary(["winograd", "add maps", "direct", "winograd"])
    assert found == [f"{name}: {MEANINGS[name]}" for name in ("direct", "winograd")]


@pytest.mark.native
@pytest.mark.skipif(bool(library.missing()), reason=f"no kernels: {library.missing()}")
def test_plans_explain_every_name_that_is_not_plain() -> None:
    named = set()
    for network in NETWORKS:
        model = workload(network).build()
        for training in (True, False):
            plan = model.plan(training=training, batch_size=32)
            here = {name for step in plan.steps for name in step.kernels}
            text = str(plan)
            for name in here - PLAIN:
                assert f"\n  {name}: " in text, (network, name)
                assert f"<li>{name.replace(chr(39), '&#x27;')}: " in plan._repr_html_()
            named |= here
    assert named - PLAIN == set(MEANINGS)
