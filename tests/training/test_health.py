"""Training health: what is measured equals its definition, changes nothing, and is put in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import layers, training
from striate.errors import ArgumentError
from striate.training import HealthReport, TrainingHealth
from tests.training.small_runs import SmallCNN, digits

pytestmark = pytest.mark.torch

X = np.random.default_rng(0).normal(size=(64, 6, 6, 1)).astype(np.float32)
Y = (X.mean(axis=(1, 2, 3)) > 0).astype(np.int64)


def network(*inner: Any, seed: int = 0) -> st.Sequential:
    st.set_seed(seed)
    first = layers.Rescaling(1.0, input_shape=(6, 6, 1))
    return st.Sequential([first, *inner, layers.Dense(2, activation="softmax")])


def usual(seed: int = 0) -> st.Sequential:
    return network(
        layers.Conv2D(4, 3, use_bias=False, name="conv"),
        layers.BatchNormalization(name="norm"),
        layers.Activation("relu", name="relu"),
        layers.Dropout(0.3),
        layers.Flatten(),
        layers.Dense(8, activation="tanh", name="hidden"),
        seed=seed,
    )


def fit(model: st.Model, optimizer: Any = "sgd", **options: Any) -> training.History:
    model.compile(optimizer, "sparse_categorical_crossentropy")
    given = {"epochs": 2, "batch_size": 16, "verbose": 0, "seed": 0, "watch": 2, **options}
    return model.fit(X, Y, **given)


def last(history: training.History) -> dict[str, Any]:
    assert history.health is not None
    found: dict[str, Any] = history.health.epochs[-1]["layers"]
    return found


def findings(history: training.History) -> dict[str, str]:
    assert history.health is not None
    return {finding.layer: finding.finding for finding in history.health.advice()}


def test_every_layer_has_its_measurements() -> None:
    found = last(fit(usual()))
    assert list(found) == ["conv", "norm", "relu", "hidden", "dense"]
    assert set(found["conv"]) == {"gradient", "gradient_max", "update", "weight", "values"}
    assert (found["relu"]["units"], found["relu"]["activation"]) == (4, "relu")
    assert {"saturated", "gradient"} <= set(found["hidden"])
    assert "saturated" not in found["dense"], "a softmax at the end may be sure"


def test_gradients_and_updates_equal_their_definitions() -> None:
    model = network(layers.Flatten(name="flat"))
    kernel = model.layers[-1].kernel.detach().clone()
    found = last(fit(model, st.optimizers.SGD(0.5), epochs=1, batch_size=64))["dense"]
    x = torch.from_numpy(X).flatten(1)
    free = kernel.clone().requires_grad_()
    bias = torch.zeros(2, requires_grad=True)
    torch.nn.functional.cross_entropy(x @ free + bias, torch.from_numpy(Y)).backward()
    norm = float(torch.cat([free.grad.flatten(), bias.grad]).norm())  # type: ignore[union-attr]
    assert found["gradient"] == pytest.approx(norm, rel=1e-4)
    assert found["update"] == pytest.approx(0.5 * norm / float(kernel.norm()), rel=1e-4)
    assert found["weight"] == pytest.approx(float(kernel.norm()))
    assert found["values"] == 74


def test_a_scaled_loss_does_not_show_in_the_gradient() -> None:
    plain = last(fit(usual(), st.optimizers.SGD(0.1)))
    scaled = last(fit(usual(), st.optimizers.SGD(0.1, loss_scale_factor=1024.0)))
    assert scaled["conv"]["gradient"] == pytest.approx(plain["conv"]["gradient"], rel=1e-3)


@pytest.mark.parametrize("plan", [True, False])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_training_ends_with_the_same_bits_as_without(optimizer: str, plan: bool) -> None:
    watched, alone = usual(), usual()
    fit(watched, optimizer, plan=plan, watch=1)
    history = fit(alone, optimizer, plan=plan, watch=False)
    assert history.health is None
    for name, value in alone.state_dict().items():
        assert torch.equal(watched.state_dict()[name], value), name


class Stop(st.callbacks.Callback):
    """Stops the process's training at one batch, as Ctrl-C would."""

    def __init__(self, at: int) -> None:
        self.left = at

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


@pytest.mark.parametrize("stop", [3, 4, 6])
def test_a_resumed_run_has_the_measurements_of_one_not_stopped(stop: int, tmp_path: Path) -> None:
    folder = {"checkpoint_dir": tmp_path / "run", "save_every": 1}
    whole, parts = usual(), usual()
    wanted = fit(whole).health
    with pytest.raises(KeyboardInterrupt):
        fit(parts, callbacks=[Stop(stop)], **folder)
    got = fit(usual(seed=5), resume=True, **folder).health
    assert got is not None
    assert got == wanted


def test_dead_units_are_found() -> None:
    def kill(model: st.Model) -> st.Model:
        with torch.no_grad():
            model.get_layer("conv").bias[:3] = -100.0
        return model

    model = kill(network(layers.Conv2D(4, 3, activation="relu", name="conv"), layers.Flatten()))
    history = fit(model)
    assert (last(history)["conv"]["dead"], last(history)["conv"]["units"]) == (3, 4)
    assert findings(history) == {"conv": "3 of 4 units are dead"}


def test_a_unit_that_fires_for_one_sample_is_not_dead() -> None:
    model = network(layers.Conv2D(1, 3, activation="relu", name="conv"), layers.Flatten())
    with torch.no_grad():
        kernel = model.get_layer("conv").kernel
        kernel.zero_()
        kernel[1, 1] = 1.0
        model.get_layer("conv").bias.fill_(-float(np.sort(X[:, 1:-1, 1:-1].max((1, 2, 3)))[-2]))
    watch = TrainingHealth(every=1)
    fit(model, st.optimizers.SGD(0.0), epochs=1, watch=watch)
    assert watch.report.epochs[0]["layers"]["conv"]["dead"] == 0


def test_saturated_tanh_is_found() -> None:
    model = network(layers.Flatten(), layers.Dense(8, activation="tanh", name="hidden"))
    model.get_layer("hidden").kernel.data.mul_(200)
    history = fit(model, st.optimizers.SGD(1e-4))
    assert last(history)["hidden"]["saturated"] > 0.9
    assert findings(history)["hidden"].endswith("% of its tanh values are saturated")


def test_gradients_that_explode_and_updates_too_large_are_found() -> None:
    scale = layers.Rescaling(1000.0, name="scale")  # inputs far too large
    model = network(scale, layers.Flatten(), layers.Dense(8, name="hidden"))
    history = fit(model, st.optimizers.SGD(0.01))
    kinds = " ".join(f.finding for f in history.health.advice())  # type: ignore[union-attr]
    assert "its gradient is large: norm" in kinds
    assert "a step changes its weights by" in kinds


def test_gradients_that_are_not_finite_are_found() -> None:
    model = network(layers.Flatten(), layers.Dense(4, name="hidden"))
    model.get_layer("hidden").kernel.data.fill_(1e38)
    with pytest.warns(UserWarning, match="the loss is not finite"):
        history = fit(model)
    assert "its gradient was not finite in" in findings(history)["hidden"]


def test_gradients_that_vanish_are_found() -> None:
    inner = [layers.Dense(8, activation="sigmoid", name=f"deep{i}") for i in range(9)]
    history = fit(network(layers.Flatten(), *inner))
    assert findings(history)["deep0"].startswith("its gradient vanishes: ")
    assert "deep8" not in findings(history)


def test_a_network_that_hardly_moves_is_found() -> None:
    history = fit(usual(), st.optimizers.SGD(1e-9))
    assert findings(history)["all layers"].startswith("a step changes weights by at most ")


def test_a_healthy_network_has_no_findings() -> None:
    history = fit(usual(), "adam", epochs=4)
    assert history.health is not None
    assert history.health.advice() == []
    assert str(history.health) == "training health: 5 layers, 4 epochs, nothing found"


def test_a_plain_torch_module_is_watched_too() -> None:
    module = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(64, 6), torch.nn.ReLU(), torch.nn.Linear(6, 3)
    )
    with torch.no_grad():
        module[1].bias[:6] = torch.tensor([-99.0] * 4 + [9.0] * 2)  # type: ignore[index]
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01)
    compiled = training.compile(optimizer, st.losses.SparseCategoricalCrossentropy(True))
    watch = TrainingHealth(every=3)
    history = training.fit(module, compiled, digits(), callbacks=[watch], verbose=0, device="cpu")
    found = last(history)
    assert set(found) == {"1", "2", "3"}
    assert (found["2"]["dead"], found["2"]["units"]) == (4, 6)
    assert found["1"]["gradient"] > 0


def test_functions_that_are_no_layers_are_not_seen() -> None:
    compiled = training.compile("sgd", "sparse_categorical_crossentropy")
    history = training.fit(SmallCNN(), compiled, digits(), watch=True, verbose=0, device="cpu")
    assert set(last(history)) == {"conv", "norm", "head"}


def test_only_every_so_many_steps_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    measure: Callable[..., Any] = TrainingHealth._measure_units
    monkeypatch.setattr(
        TrainingHealth,
        "_measure_units",
        lambda self, x: seen.append(x.shape[0]) or measure(self, x),  # type: ignore[func-returns-value]
    )
    fit(usual(), epochs=2, batch_size=4, watch=5)
    assert len(seen) == 2 * 4, "steps 0, 5, 10, 15 of 16 in each of two epochs"


def test_a_report_survives_json() -> None:
    found = fit(usual()).health
    assert found is not None
    text = json.dumps(found.to_dict(), allow_nan=False)
    assert HealthReport.from_dict(json.loads(text)) == found


def test_the_plot_has_a_panel_per_measurement() -> None:
    found = fit(usual()).health
    assert found is not None
    titles = ["gradient norm", "update / weights", "dead units", "saturated values"]
    assert [axes.get_title() for axes in found.plot().axes] == titles
    assert found.measured == ["gradient", "update", "dead", "saturated"]
    (axes,) = found.plot_one("dead").axes
    assert [line.get_label() for line in axes.lines] == ["relu"]
    assert axes.lines[0].get_xdata().tolist() == [1, 2]


def test_of_many_layers_the_extremes_are_named() -> None:
    rows = {f"layer{i}": {"gradient": float(i + 1)} for i in range(30)}
    (axes,) = HealthReport(({"epoch": 0, "layers": rows},)).plot().axes
    named = [t.get_text() for t in axes.get_legend().get_texts()]
    assert named == [f"layer{i}" for i in (29, 28, 27, 26, 25, 4, 3, 2, 1, 0)]
    assert len(axes.lines) == 30


def test_nothing_measured() -> None:
    assert str(HealthReport()) == "training health: nothing was measured"
    assert HealthReport().plot().axes == []


def test_findings_as_text_and_html() -> None:
    rows = {"<conv>": {"activation": "relu", "units": 8, "dead": 6}}
    report = HealthReport(({"epoch": 0, "layers": rows},))
    assert str(report) == (
        "training health: 1 layers, 1 epochs\n"
        "<conv>: 6 of 8 units are dead. They give 0 for every sample seen, so no gradient reaches "
        "their weights. Lower the learning rate, put BatchNormalization before the activation, "
        'use kernel_initializer="he_normal", or activation="leaky_relu".'
    )
    assert "<td>&lt;conv&gt;</td>" in report._repr_html_()


@pytest.mark.parametrize(("name", "value"), [("every", 0), ("every", 1.5), ("samples", -1)])
def test_what_is_out_of_range(name: str, value: Any) -> None:
    with pytest.raises(ArgumentError) as caught:
        TrainingHealth(**{name: value})
    assert str(caught.value) == (
        f"TrainingHealth: {name} is out of its range. Got {name}={value}. "
        "Expected a whole number of 1 or more."
    )
