"""What holds for every network of the zoo; registering one enrols it here.

The suite runs a few networks; `--slow=all` runs all of them, each in less than 2 GB.
"""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import zoo
from striate.diagrams import plot_model
from striate.graph import Graph
from striate.zoo import Architecture

pytestmark = pytest.mark.torch

SAMPLE = {"lenet5", "resnet20", "squeezenet1_1"}
EVERY = [
    pytest.param(a, id=a.name, marks=() if a.name in SAMPLE else pytest.mark.slow)
    for a in zoo.ARCHITECTURES.values()
]
CLASSES = 5


@pytest.fixture
def model(architecture: Architecture) -> st.Model:
    """The paper's form, as wide as it is, at a small size for few classes."""
    gc.collect()  # the last one's weights
    st.set_seed(0)
    side = max(32, architecture.smallest)
    shape = (side, side, architecture.input_shape[2])
    return architecture(input_shape=shape, classes=CLASSES)


def images(model: st.Model, batch: int) -> torch.Tensor:
    made = np.random.default_rng(0).random((batch, *model.input_shape[1:])).astype("float32")
    scales = model.graph.nodes[1].kind_name in ("Rescaling", "Normalization")
    return torch.from_numpy(made * 255 if scales else made)


def listed(out: Any) -> list[torch.Tensor]:
    return list(out) if isinstance(out, (list, tuple)) else [out]


@pytest.mark.parametrize("architecture", EVERY)
def test_its_graph_is_summarized_counted_and_drawn(model: st.Model, tmp_path: Path) -> None:
    graph = model.graph
    assert Graph.from_json(graph.to_json()) == graph
    found = st.analysis.summary(graph)
    assert found.num_parameters == model.count_params()
    assert str(found).count("\n") > len(graph.nodes)
    cost = st.analysis.cost(graph)
    assert cost.macs > 0
    assert sum(row.macs or 0 for row in cost.layers) == cost.macs
    assert cost.uncounted == ()
    assert st.analysis.memory(graph, 2).to_dict()
    drawing = plot_model(graph, tmp_path / "x.svg", show_shapes=True)
    assert drawing.width > 0
    assert (tmp_path / "x.svg").stat().st_size > 1000


@pytest.mark.parametrize("architecture", EVERY)
def test_all_it_computes_is_finite_and_its_scores_are_probabilities(model: st.Model) -> None:
    symbols = [s for made in model.symbols().values() for s in made]
    whole = st.Model(model.input, symbols)
    with torch.no_grad():
        values = whole(images(model, 2))
    assert len(values) == len(symbols)
    assert all(bool(torch.isfinite(v).all()) for v in values)
    with torch.no_grad():
        for scores in listed(model(images(model, 2))):
            assert scores.shape[-1] == CLASSES
            torch.testing.assert_close(scores.sum(-1), torch.ones(scores.shape[:-1]))


@pytest.mark.parametrize("architecture", EVERY)
def test_the_plan_gives_what_the_layers_give(model: st.Model) -> None:
    x = images(model, 2)
    found = []
    with torch.no_grad():
        for plan in (True, False):
            with model.executing(plan, "float32", "float32", "test"):
                found.append(listed(model.forward_logits(x)))
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5 + 1e-4 * float(b.abs().max()))
    plan = model.plan(training=True)
    assert json.loads(json.dumps(plan.to_dict()))["steps"]


@pytest.mark.parametrize("architecture", EVERY)
def test_it_is_saved_and_loaded(
    model: st.Model, architecture: Architecture, tmp_path: Path
) -> None:
    model.save(tmp_path / "m.striate")
    x, shape = images(model, 1), model.input_shape[1:]
    graph = model.graph
    with torch.no_grad():
        wanted = listed(model(x))
        del model  # one at a time: some have hundreds of megabytes
        again = st.load_model(tmp_path / "m.striate")
        assert again.graph == graph
        assert all(map(torch.equal, listed(again(x)), wanted))
        del again
        other = architecture(tmp_path / "m.striate", input_shape=shape, classes=CLASSES)
        assert all(map(torch.equal, listed(other(x)), wanted))


@pytest.mark.parametrize("architecture", EVERY)
def test_a_few_steps_lower_the_loss_on_random_labels(model: st.Model) -> None:
    batch = 2 if model.name == "unet" else 8
    x, model = images(model, batch), model.train()
    classes = torch.randint(0, CLASSES, (batch,), generator=torch.manual_seed(1))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-4)
    losses = []
    trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
    reached = dict.fromkeys(trained, False)
    for _ in range(8):
        torch.manual_seed(2)  # the same units are dropped each time, so that losses compare
        optimizer.zero_grad()
        scores = [torch.log_softmax(y, -1) for y in listed(model.forward_logits(x))]
        chosen = classes.reshape(batch, *[1] * (scores[0].dim() - 1))
        loss = sum(-y.gather(-1, chosen.expand(*y.shape[:-1], 1)).mean() for y in scores)
        loss.backward()
        for name, weight in trained.items():
            assert weight.grad is not None, name
            assert bool(torch.isfinite(weight.grad).all()), name
            reached[name] |= bool(weight.grad.any())
        optimizer.step()
        losses.append(float(loss.detach()))
    assert np.isfinite(losses).all()
    assert min(losses[-2:]) < losses[0], losses
    assert [name for name, any_value in reached.items() if not any_value] == []
