"""The page: all sections, one file, readable by machines and by people who do not see it."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import striate as st
from striate import layers
from striate.analysis import advice
from striate.app.report.network import advice_part, layer_rows
from striate.app.report.page import SECTIONS
from tests.app.report.conftest import Node

pytestmark = pytest.mark.torch

Invoke = Callable[..., Any]
Read = Callable[[Path], Node]

ALL = [name for name, _, _ in SECTIONS]


def sections(page: Node) -> list[str | None]:
    return [node.attributes["id"] for node in page.every("section")]


def attributes(page: Node) -> list[tuple[str, str, str]]:
    """(element, attribute, value) of the whole page."""
    found = [(page.name, key, value or "") for key, value in page.attributes.items()]
    return found + [entry for child in page.children for entry in attributes(child)]


def test_a_run_has_every_section_but_health(reported: Path, read: Read) -> None:
    page = read(reported)
    assert sections(page) == [name for name in ALL if name != "health"]
    links = [node.attributes["href"] for node in page.every("nav")[0].every("a")]
    assert links == [f"#{name}" for name in sections(page)]


def test_it_is_one_file_that_asks_nothing_of_the_network(reported: Path, read: Read) -> None:
    text = re.sub('base64,[^"]*', "", reported.read_text(encoding="utf-8"))
    assert not re.search(r"https?:|//[a-z]|@import|<script|<link|<iframe", text)
    for element, key, value in attributes(read(reported)):
        if key in ("src", "href", "srcset", "data", "poster", "action"):
            assert value.startswith(
                ("#", "data:image/png;base64,", "data:image/svg+xml;base64,")
            ), (element, key, value[:60])
        assert not key.startswith("on"), (element, key)


def test_it_can_be_read_without_being_seen(reported: Path, read: Read) -> None:
    page = read(reported)
    assert page.every("html")[0].attributes["lang"] == "en"
    for image in page.every("img"):
        assert image.attributes["alt"]
    for svg in page.every("svg"):
        assert svg.attributes["role"] == "img"
        assert svg.attributes["aria-label"]
    for table in page.every("table"):
        assert table.children[0].name == "caption"
        assert all(cell.attributes.get("scope") in ("col", "row") for cell in table.every("th"))
    ids = [value for _, key, value in attributes(page) if key == "id"]
    assert len(ids) == len(set(ids))
    for part in page.every("section"):
        assert part.attributes["aria-labelledby"] in ids
    assert len(page.every("main")) == len(page.every("h1")) == 1


def test_headings_leave_out_no_level(reported: Path, read: Read) -> None:
    def levels(node: Node) -> list[int]:
        own = [int(node.name[1])] if re.fullmatch("h[1-6]", node.name) else []
        return own + [level for child in node.children for level in levels(child)]

    found = levels(read(reported))
    assert found[0] == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(found))


def test_it_says_what_was_measured(reported: Path, trained: Path, read: Read) -> None:
    words = " ".join(read(reported).words().split())
    told = json.loads((trained / "results.json").read_text(encoding="utf-8"))
    assert f"{told['test']['accuracy']:.1%} of 359 test images are classified right" in words
    config = json.loads((trained / "config.json").read_text(encoding="utf-8"))
    assert config["command"] in words
    assert config["data"]["sha256"] in words
    assert "PyTorch" in words
    assert "conv2d (Conv2D)" in words
    rows = {row.every("th")[0].words(): row.every("td") for row in read(reported).every("tr")}
    cells = [cell.words() for cell in rows["conv2d_1 (Conv2D)"]]
    assert cells == ["(None, 4, 4, 64)", "18,432", "50.9%", "294,912", "89.3%", "8", "2"]
    assert "Grad-CAM of" in words


def test_the_same_run_gives_the_same_page(reported: Path, trained: Path, invoke: Invoke) -> None:
    again = reported.with_name("again.html")
    assert invoke("report", trained, "--out", again).exit_code == 0
    assert again.read_bytes() == reported.read_bytes()


def test_a_watched_run_has_its_health_on_it(tmp_path: Path, invoke: Invoke, read: Read) -> None:
    run = tmp_path / "run"
    told = invoke("train", "digits", "--model", "linear", "--epochs", 2, "--watch", "--out", run)
    assert told.exit_code == 0, told.output
    assert invoke("report", run).exit_code == 0
    page = read(run / "report.html")
    found = sections(page)
    assert "health" in found
    assert "seen" not in found, "a network without convolutions has no feature maps"
    words = " ".join(page.words().split())
    assert "The network has no convolution, so Grad-CAM cannot say where it looked." in words
    assert "--watch" in words


def test_a_watched_run_stays_watched_when_it_goes_on(tmp_path: Path, invoke: Invoke) -> None:
    run = tmp_path / "run"
    small = ("--model", "linear", "--verbose", 0)
    assert invoke("train", "digits", *small, "--epochs", 1, "--watch", "--out", run).exit_code == 0
    assert invoke("train", "--resume", "--out", run, "--epochs", 2).exit_code == 0
    health = json.loads((run / "health.json").read_text(encoding="utf-8"))
    assert [epoch["epoch"] for epoch in health["epochs"]] == [0, 1]


def foreign(path: Path, names: list[str]) -> Path:
    """A model and data with names that are code, formulas and no words."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (60, 12, 10, 3), dtype=np.uint8)
    y = np.arange(60) % len(names)
    x[y == 1, 3:9, 3:7] = (250, 120, 0)
    data = path / "<i>data.npz"
    np.savez(data, x_train=x, y_train=y, x_test=x, y_test=y, class_names=np.array(names))
    st.set_seed(0)
    model = st.Sequential(
        [
            layers.Rescaling(1 / 255, input_shape=(12, 10, 3)),
            layers.Conv2D(5, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(len(names)),
        ],
        name="net<b>",
    )
    model.save(path / "net.striate")
    return data


def test_a_model_file_with_data_and_names_that_are_code(
    tmp_path: Path, invoke: Invoke, read: Read
) -> None:
    names = ["<script>alert(1)</script>", "$\\frac$", '"&_'] + [f"_{i}" for i in range(4)]
    data = foreign(tmp_path, names)
    told = invoke("report", tmp_path / "net.striate", data, "--json")
    assert told.exit_code == 0, told.output
    record = json.loads(told.stdout)
    assert record["report"] == str(tmp_path / "net.html")
    assert record["images"] == 60
    page = read(tmp_path / "net.html")
    assert sections(page) == [n for n in ALL if n not in ("training", "health")]
    assert not page.every("script")
    assert not page.every("b")
    assert not page.every("i")
    words = page.words()
    assert all(name in words for name in names)
    assert "where the report was made" in words


def test_a_model_without_mistakes_says_so(trained: Path, tmp_path: Path, invoke: Invoke) -> None:
    from striate.app.samples import read_samples

    samples = read_samples("digits")
    model = st.load_model(trained)
    x, y = samples.train
    right = model.predict(x, verbose=0).argmax(axis=1) == y
    np.savez(tmp_path / "easy.npz", x=x[right][:40], y=y[right][:40])
    out = tmp_path / "easy.html"
    told = invoke("report", trained, tmp_path / "easy.npz", "--out", out)
    assert told.exit_code == 0, told.output
    text = out.read_text(encoding="utf-8")
    assert "There are none: every image is classified right." in text
    assert "No image was taken for another class." in text
    assert "These images were learned from" in text


def test_it_is_told_where_it_went(trained: Path, tmp_path: Path, invoke: Invoke) -> None:
    out = tmp_path / "page.html"
    told = invoke("report", trained, "--out", out, "--examples", 0, "--mistakes", 1)
    lines = told.stdout.splitlines()
    assert lines[0].startswith("small on digits: accuracy 0.")
    assert lines[1].startswith(f"Written to {out}, one file of 0.")
    assert "Feature maps of image" not in out.read_text(encoding="utf-8")


def test_a_run_without_a_model(trained: Path, tmp_path: Path, invoke: Invoke) -> None:
    run = tmp_path / "run"
    shutil.copytree(trained, run)
    (run / "model.striate").unlink()
    told = invoke("report", run)
    assert told.exit_code == 1
    told_before = invoke("evaluate", run)
    assert told.stderr == told_before.stderr
    assert "model.striate" in told.stderr


def test_a_model_file_without_data(trained: Path, invoke: Invoke) -> None:
    told = invoke("report", trained / "model.striate")
    where = trained / "model.striate"
    assert told.exit_code == 1
    assert told.stderr == (
        f"error: {where}: this is a model without a run folder, so its data are not known. "
        f"Name them: striate report {where} digits.\n"
    )


def test_a_part_that_there_is_not(trained: Path, invoke: Invoke) -> None:
    assert invoke("report", trained, "--part", "tset").exit_code == 2


def nested() -> st.Model:
    inner = st.Sequential(
        [layers.Conv2D(4, 3, strides=2, input_shape=(9, 9, 1)), layers.Activation("relu")],
        name="inner",
    )
    return st.Sequential([inner, layers.Flatten(), layers.Dense(3, activation="softmax")])


def test_layers_of_models_inside_have_their_cost_and_field() -> None:
    rows = {row[0].strip(): row[1:] for row in layer_rows(nested().graph)}
    assert rows["inner (Sequential)"] == ["(None, 4, 4, 4)", "40", "", "", "", "3", "2"]
    conv = ["(None, 4, 4, 4)", "40", "17.0%", "576", "75.0%", "3", "2"]
    assert rows["conv2d (Conv2D)"] == conv
    assert rows["dense (Dense)"][-2:] == ["all", "all"]


def test_advice_is_given_where_there_is_any() -> None:
    graph = st.Sequential([layers.Conv2D(8, 3, strides=2, input_shape=(12, 12, 1))]).graph
    found = advice(graph)
    text = advice_part(graph)
    assert text.count("<li>") == len(found) > 0
    assert all(finding.layer in text for finding in found)
    assert advice_part(st.Sequential([layers.Dense(2, input_shape=(2,))]).graph) == ""
