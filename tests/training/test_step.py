"""One batch: logits, penalties, constraints, checks and several outputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from striate import training
from striate.errors import ArgumentError, DataError
from striate.training.step import Stepper
from tests.training.small_runs import Line, compiled_line

pytestmark = pytest.mark.torch
CPU = torch.device("cpu")


class Headed(nn.Module):
    """A network that ends in an activation and says so."""

    def __init__(self, *activations: str | None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.heads = nn.ModuleList(nn.Linear(4, 3) for _ in activations)
        self.activations = activations
        self.output_names = [f"head_{i}" for i in range(len(activations))]
        self.calls: list[str] = []

    def logits_split(self) -> tuple[str | None, ...]:
        return self.activations

    def forward_logits(self, x: torch.Tensor) -> Any:
        self.calls.append("logits")
        outputs = tuple(head(x) for head in self.heads)
        return outputs if len(outputs) > 1 else outputs[0]

    def forward(self, x: torch.Tensor) -> Any:
        self.calls.append("forward")
        outputs = [head(x) for head in self.heads]
        done = tuple(
            torch.softmax(o, -1) if a == "softmax" else torch.sigmoid(o) if a else o
            for o, a in zip(outputs, self.activations, strict=True)
        )
        return done if len(done) > 1 else done[0]


X = torch.randn(6, 4, generator=torch.Generator().manual_seed(1))
LABELS = torch.tensor([0, 1, 2, 0, 1, 2])
BITS = (X[:, :3] > 0).float()


def stepper(module: nn.Module, **arguments: Any) -> Stepper:
    optimizer = torch.optim.SGD(module.parameters(), lr=0.5)
    return Stepper(module, training.compile(optimizer, **arguments), CPU, "fit")


def test_a_final_softmax_is_trained_from_its_logits() -> None:
    module, plain = Headed("softmax"), Headed("softmax")
    step = stepper(module, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.5)
    for _ in range(3):
        assert step.train(X, LABELS, None)
        loss = nn.functional.cross_entropy(plain.heads[0](X), LABELS)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert set(module.calls) == {"logits"}
    assert torch.equal(module.heads[0].weight, plain.heads[0].weight)
    assert set(step.results()) == {"accuracy", "loss"}


def test_extreme_logits_keep_their_gradient() -> None:
    module = Headed("softmax")
    with torch.no_grad():
        module.heads[0].weight.mul_(400.0)
    before = module.heads[0].weight.detach().clone()
    stepper(module, loss="sparse_categorical_crossentropy").train(X, 2 - LABELS, None)
    assert torch.isfinite(module.heads[0].weight).all()
    assert not torch.equal(module.heads[0].weight, before)


def test_outputs_whose_loss_takes_no_logits_get_their_activation() -> None:
    module, plain = Headed("softmax", "sigmoid", None), Headed("softmax", "sigmoid", None)
    losses = ["sparse_categorical_crossentropy", "mse", "mse"]
    step = stepper(module, loss=losses, metrics=[["accuracy"], ["mae"], ["mae"]])
    targets = (LABELS, BITS, BITS)
    assert step.train(X, targets, None)
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.5)
    one, two, three = (head(X) for head in plain.heads)
    mae = float((torch.sigmoid(two.detach()) - BITS).abs().mean())
    loss = nn.functional.cross_entropy(one, LABELS)
    loss = loss + nn.functional.mse_loss(torch.sigmoid(two), BITS)
    (loss + nn.functional.mse_loss(three, BITS)).backward()
    optimizer.step()
    for found, expected in zip(module.heads, plain.heads, strict=True):
        torch.testing.assert_close(found.weight, expected.weight, rtol=1e-6, atol=1e-7)
    assert step.results()["head_1_mae"] == pytest.approx(mae, rel=1e-6)


def test_an_output_without_a_loss_still_has_metrics_of_predictions() -> None:
    module = Headed("softmax", "sigmoid")
    step = stepper(
        module, loss={"head_0": "sparse_categorical_crossentropy"}, metrics={"head_1": ["mae"]}
    )
    with torch.no_grad():
        step.test(X, (LABELS, BITS), None)
        expected = float((torch.sigmoid(module.heads[1](X)) - BITS).abs().mean())
    assert step.results()["head_1_mae"] == pytest.approx(expected, rel=1e-6)


def test_losses_without_a_form_for_logits_leave_the_module_alone() -> None:
    module = Headed("softmax")
    stepper(module, loss="mse").train(X, BITS, None)
    assert module.calls == ["forward"]


class Regularised(Line):
    """A penalty on its weight, which must not grow above 0.3."""

    def training_losses(self) -> list[torch.Tensor]:
        return [0.5 * self.scale.weight.square().sum(), torch.tensor(0.25)]

    def apply_constraints(self) -> None:
        self.scale.weight.clamp_(max=0.3)


def test_penalties_are_part_of_the_loss_in_training_and_evaluation() -> None:
    module = Regularised()
    with torch.no_grad():
        module.scale.weight.fill_(0.2)
    step = stepper(module, loss="mse")
    x = torch.ones(4, 1)
    step.train(x, 2 * x, None)
    assert step.results()["loss"] == pytest.approx(1.8**2 + 0.5 * 0.04 + 0.25)
    assert module.scale.weight.item() == pytest.approx(0.3)
    step = stepper(module, loss="mse")
    with torch.no_grad():
        step.test(x, 2 * x, None)
    assert step.results()["loss"] == pytest.approx(1.7**2 + 0.5 * 0.09 + 0.25)


def test_penalties_alone_can_be_minimised() -> None:
    module = Regularised()
    with torch.no_grad():
        module.scale.weight.fill_(0.2)
    stepper(module).train(torch.ones(2, 1), None, None)
    assert module.scale.weight.item() == pytest.approx(0.1)


def test_sample_weights_count() -> None:
    x, y = torch.ones(2, 1), torch.tensor([[1.0], [3.0]])
    step = stepper(Line(), loss="mse", metrics=["mse"], weighted_metrics=["mae"])
    with torch.no_grad():
        step.test(x, y, torch.tensor([1.0, 0.0]))
    found = step.results()
    assert found == {"loss": 0.5, "mae": 1.0, "mse": 5.0}


def test_several_inputs_and_outputs_as_dicts() -> None:
    class Swap(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.factor = nn.Parameter(torch.ones(()))

        def forward(self, x: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
            return {"sum": self.factor * (x["a"] + x["b"]), "same": x["a"]}

    step = stepper(Swap(), loss={"sum": "mse"})
    step.train({"a": X, "b": X}, {"sum": X, "same": X}, None)
    assert step.results()["loss"] == pytest.approx(float(X.square().mean()), rel=1e-6)


def test_nothing_to_minimise() -> None:
    with pytest.raises(ArgumentError) as caught:
        stepper(Line()).train(torch.ones(2, 1), torch.ones(2, 1), None)
    assert str(caught.value) == (
        "fit: there is no loss to minimise. Got loss=None. Expected a loss in compile(), or "
        'penalties in the layers. Call compile(loss="sparse_categorical_crossentropy").'
    )


def test_no_targets() -> None:
    with pytest.raises(DataError) as caught:
        stepper(Line(), loss="mse").train(torch.ones(2, 1), None, None)
    assert str(caught.value) == "fit (y): there are no targets. Expected one per sample."


def test_no_trainable_weights() -> None:
    module = Line()
    step = stepper(module, loss="mse")
    module.requires_grad_(False)
    with pytest.raises(ArgumentError) as caught:
        step.train(torch.ones(2, 1), torch.ones(2, 1), None)
    assert str(caught.value) == (
        "fit: the module has no trainable weights. Expected at least one parameter with "
        "requires_grad. Set layer.trainable = True, or use evaluate()."
    )


def test_labels_are_checked_on_the_host() -> None:
    module = Headed("softmax")
    step = stepper(module, loss="sparse_categorical_crossentropy")
    with pytest.raises(DataError, match=r"fit \(y\): class number 3 at"):
        step.train(X, LABELS + 1, None)


def test_a_criterion_of_torch_works_in_torchs_order() -> None:
    weight = torch.tensor([1.0, 2.0, 3.0])
    module, plain = nn.Linear(4, 3), nn.Linear(4, 3)
    plain.load_state_dict(module.state_dict())
    step = stepper(module, loss=nn.CrossEntropyLoss(weight=weight), metrics=["accuracy"])
    step.train(X, LABELS, None)
    expected = nn.CrossEntropyLoss(weight=weight)(plain(X), LABELS)
    assert step.results()["loss"] == pytest.approx(expected.item(), rel=1e-6)
    with pytest.raises(ArgumentError) as caught:
        step.train(X, LABELS, torch.ones(6))
    assert str(caught.value) == (
        "CrossEntropyLoss: a criterion of torch.nn takes no sample weights. Expected a loss of "
        "striate where sample_weight or class_weight is used. Use "
        'loss="sparse_categorical_crossentropy".'
    )


def test_loss_scaling_of_the_optimizer_is_undone_by_it() -> None:
    def weight(**options: Any) -> float:
        module = Line()
        compiled = training.compile(training.optimizers.SGD(0.1, **options), "mse")
        training.train_on_batch(module, compiled, np.ones((4, 1), "f"), np.ones((4, 1), "f"))
        return module.scale.weight.item()

    assert weight(loss_scale_factor=64.0) == pytest.approx(weight(), rel=1e-6)


def test_the_guard_decides_before_the_update() -> None:
    module = Line()
    step = Stepper(module, compiled_line(module), CPU, "fit")
    step.guard = lambda loss, x, y: False
    assert not step.train(torch.ones(2, 1), torch.ones(2, 1), None)
    assert module.scale.weight.item() == 0.0
    assert step.refused == 1.0
