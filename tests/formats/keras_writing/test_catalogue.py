"""Every layer that Keras has, through both kinds of file: into the real Keras, and back."""

from __future__ import annotations

from pathlib import Path

import pytest

import striate as st
from striate.formats.keras_writing.table import RENAMED, SAME
from tests.contract.cases import CASES, Case
from tests.contract.keras_parity import assert_close, many, numbers
from tests.formats.keras_writing.parity import model_of, opened, same_outputs

pytestmark = [pytest.mark.torch, pytest.mark.keras]

ELSEWHERE = ("Operation", "GELU", "ChannelsFirst")
HELD = [c for c in CASES if c.layer in {*SAME, *RENAMED, *ELSEWHERE}]
# Keras on torch computes something else, or nothing: `keras` is False for these cases, with a note.
COMPARED = [c for c in HELD if c.keras or c.layer in RENAMED]
REFUSED = (
    "padding='full'",
    "padding='causal'",
    "activation '",
    "`rms_scaling`",
    "GELU",
    "channels",
)
LIST_OF_STATES = "StackedRNNCells"  # called by itself; the reader takes it inside RNN alone


def written(model: st.Model, path: Path) -> bool:
    """Whether a model could be written; if not, the error says why."""
    refused = ""
    try:
        model.save(path)
    except st.errors.FormatError as error:
        refused = str(error)
    assert not refused or any(reason in refused for reason in REFUSED), refused
    return not refused


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("case", COMPARED, ids=str)
def test_keras_gives_the_same_outputs(case: Case, suffix: str, tmp_path: Path) -> None:
    inputs = case.inputs()
    model = model_of(case, inputs)
    if written(model, tmp_path / f"a{suffix}"):
        same_outputs(model, opened(model, tmp_path / f"b{suffix}"), inputs)


@pytest.mark.parametrize("case", HELD, ids=str)
def test_striate_gets_the_same_model_back(case: Case, tmp_path: Path) -> None:
    inputs = case.inputs()
    model = model_of(case, inputs)
    path = tmp_path / ("a.keras" if len(str(case)) % 2 else "a.h5")
    if case.layer == LIST_OF_STATES or not written(model, path):
        return
    again = st.load_model(path)
    given = inputs if len(inputs) > 1 else inputs[0]
    for ours, theirs in zip(many(model(given)), many(again(given)), strict=True):
        assert_close(numbers(theirs), numbers(ours), "output", 1e-6)
    assert [n.layer for n in again.graph] == [n.layer for n in model.graph]
    flags = [w.requires_grad for w in model.weights]
    assert [w.requires_grad for w in again.weights] == flags


LACKING = {c.layer: c for c in CASES if c.layer not in {*SAME, *RENAMED, *ELSEWHERE}}


@pytest.mark.parametrize("name", sorted(LACKING))
def test_a_layer_that_keras_lacks_is_refused_by_name(name: str, tmp_path: Path) -> None:
    model = model_of(LACKING[name], LACKING[name].inputs())
    with pytest.raises(st.errors.FormatError) as caught:
        model.save(tmp_path / "a.keras")
    assert f"({name})" in str(caught.value)
    assert not list(tmp_path.iterdir())
