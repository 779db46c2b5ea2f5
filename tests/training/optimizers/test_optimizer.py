"""What all optimizers share: binding, stepping, groups, averages, saving."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError, NotBuiltError
from striate.training.optimizers import SGD, Adam, AdamW, Lamb, Optimizer, RMSprop, schedules
from striate.training.optimizers.buckets import StepValues
from tests.training.optimizers import cases

pytestmark = pytest.mark.torch


def one_parameter(value: float = 1.0, grad: float | None = 1.0) -> torch.nn.Parameter:
    p = torch.nn.Parameter(torch.tensor([value]))
    p.grad = None if grad is None else torch.tensor([grad])
    return p


# Binding.


def test_an_optimizer_is_made_without_parameters_and_is_torchs() -> None:
    optimizer = SGD()
    assert isinstance(optimizer, torch.optim.Optimizer)
    assert not optimizer.built
    assert optimizer.param_groups == []


def test_building_again_with_the_same_parameters_changes_nothing() -> None:
    optimizer, params = cases.built(Adam())
    cases.train(optimizer, params, range(2))
    before = optimizer.state[params["dense.kernel"]]["momentum"].clone()
    optimizer.build(params.values())
    assert torch.equal(optimizer.state[params["dense.kernel"]]["momentum"], before)


def test_a_step_before_build_is_an_error() -> None:
    with pytest.raises(NotBuiltError) as caught:
        SGD().step()
    assert str(caught.value) == (
        "SGD: no parameters are bound yet. Call optimizer.build(model.named_parameters())."
    )


def test_parameters_without_gradient_are_left_alone() -> None:
    optimizer, params = cases.built(AdamW(weight_decay=0.5))
    cases.train(optimizer, params, range(2))
    kernel = params["dense.kernel"]
    before, momentum = kernel.detach().clone(), optimizer.state[kernel]["momentum"].clone()
    other = params["dense_1.kernel"].detach().clone()
    for p in params.values():
        p.grad = torch.ones_like(p)
    kernel.grad = None
    optimizer.step()
    assert torch.equal(kernel, before)
    assert torch.equal(optimizer.state[kernel]["momentum"], momentum)
    assert not torch.equal(params["dense_1.kernel"], other)


def test_frozen_parameters_have_no_state_until_they_are_thawed() -> None:
    params = cases.parameters()
    kernel = params["dense.kernel"]
    kernel.requires_grad_(False)
    optimizer = Adam()
    optimizer.build(params.items())
    before = kernel.detach().clone()
    cases.train(optimizer, params, range(2))
    assert kernel not in optimizer.state
    assert torch.equal(kernel, before)
    kernel.requires_grad_(True)
    cases.train(optimizer, params, range(2, 3))
    assert set(optimizer.state[kernel]) == {"momentum", "velocity"}
    assert not torch.equal(kernel, before)
    kernel.requires_grad_(False)  # with a gradient left over
    now = kernel.detach().clone()
    optimizer.step()
    assert torch.equal(kernel, now)


def test_a_step_without_any_gradient_is_an_error() -> None:
    optimizer, _ = cases.built(SGD())
    with pytest.raises(ArgumentError) as caught:
        optimizer.step()
    assert str(caught.value) == (
        "SGD: no parameter has a gradient. Call loss.backward() before optimizer.step()."
    )
    assert optimizer.iterations == 0


def test_sparse_gradients_are_an_error() -> None:
    table = torch.nn.Embedding(4, 2, sparse=True)
    optimizer = SGD()
    optimizer.build(table.named_parameters())
    table(torch.tensor([1])).sum().backward()
    with pytest.raises(ArgumentError) as caught:
        optimizer.step()
    assert str(caught.value) == (
        "SGD: the gradient of weight is sparse. "
        "Use dense gradients, as in torch.nn.Embedding(..., sparse=False)."
    )


@pytest.mark.parametrize("value", [torch.empty(0, 3), torch.tensor(2.0), torch.ones(1)])
def test_empty_and_single_tensors_train(value: torch.Tensor) -> None:
    for name, arguments in cases.CASES:
        if name in ("Muon", "Adafactor") and value.numel() == 0:
            continue  # means of nothing
        p = torch.nn.Parameter(value.clone())
        other = one_parameter()
        optimizer = cases.make(
            name, {**arguments, "exclude_layers": []} if name == "Muon" else arguments
        )
        optimizer.build([p, other])
        p.grad = torch.ones_like(p)
        optimizer.step()
        assert other.item() != 1.0
        assert p.numel() == 0 or p.item() != value.item()


def test_expanded_parameters_are_updated_by_their_elements() -> None:
    # Strides that do not fill memory: the fused kernels must not be used.
    base = torch.arange(8.0)
    p = base[::2].requires_grad_(True).detach().requires_grad_(True)
    optimizer = Adam(0.5)
    optimizer.build([p])
    p.grad = torch.ones(4)
    optimizer.step()
    assert base.tolist() == pytest.approx([-0.5, 1, 1.5, 3, 3.5, 5, 5.5, 7], abs=1e-5)


def test_a_closure_is_called_with_gradients_on() -> None:
    p = one_parameter(3.0, None)
    optimizer = SGD(0.5)
    optimizer.build([p])

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = (p**2).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 9.0
    assert p.item() == 0.0


def test_hooks_of_torch_are_called() -> None:
    optimizer, params = cases.built(SGD())
    calls: list[str] = []
    optimizer.register_step_pre_hook(lambda *_: calls.append("before"))
    optimizer.register_step_post_hook(lambda *_: calls.append("after"))
    cases.train(optimizer, params, range(1))
    assert calls == ["before", "after"]


def test_state_follows_a_model_to_another_dtype() -> None:
    optimizer, params = cases.built(Adam())
    cases.train(optimizer, params, range(2))
    for p in params.values():
        p.data = p.data.double()
        p.grad = torch.ones_like(p)
    optimizer.step()
    assert optimizer.state[params["dense.kernel"]]["momentum"].dtype == torch.float64


# Groups.


def test_groups_have_their_own_rates_and_decays() -> None:
    slow, fast, kept = (one_parameter() for _ in range(3))
    optimizer = SGD(0.5, weight_decay=0.2)
    optimizer.build(
        [
            {"params": [slow], "learning_rate_multiplier": 0.1},
            {"params": fast},
            {"params": [kept], "weight_decay": None},
        ]
    )
    optimizer.step()
    assert slow.item() == pytest.approx((1 - 0.2 * 0.05) - 0.05)
    assert fast.item() == pytest.approx((1 - 0.2 * 0.5) - 0.5)
    assert kept.item() == pytest.approx(1 - 0.5)


def test_multipliers_apply_to_schedules_and_to_later_rates() -> None:
    p = one_parameter()
    optimizer = SGD(schedules.PiecewiseConstantDecay([0], [0.5, 0.25]))
    optimizer.build([{"params": [p], "learning_rate_multiplier": 0.5}])
    optimizer.step()
    assert p.item() == 0.75
    assert optimizer.learning_rate == 0.25
    optimizer.schedule = None
    assert optimizer.learning_rate == 0.25
    optimizer.learning_rate = 1.0
    optimizer.step()
    assert p.item() == 0.25


def test_a_group_can_be_added_later() -> None:
    optimizer, params = cases.built(SGD(0.5))
    cases.train(optimizer, params, range(1))
    late = one_parameter()
    optimizer.add_param_group({"params": [late], "param_names": ["late"]})
    optimizer.step()
    assert late.item() == 0.5


def test_weight_decay_leaves_excluded_parameters_alone() -> None:
    params = {name: one_parameter(1.0, 0.0) for name in ("a.kernel", "a.bias", "b.kernel")}
    optimizer = AdamW(1.0, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[params["b.kernel"]], var_names=["bias"])
    optimizer.build(params.items())
    optimizer.step()
    assert [p.item() for p in params.values()] == [0.5, 1.0, 1.0]
    optimizer.exclude_from_weight_decay(var_names=["^a"])
    optimizer.step()
    assert [p.item() for p in params.values()] == [0.5, 1.0, 0.5]


def test_schedulers_of_torch_change_the_rate() -> None:
    p = one_parameter()
    optimizer = SGD(0.5)
    optimizer.build([p])
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)
    optimizer.step()
    scheduler.step()
    assert optimizer.learning_rate == 0.25
    optimizer.step()
    assert p.item() == 0.25


# Averages of the weights.


def test_averaged_weights_can_be_looked_at_and_taken_over() -> None:
    optimizer, params = cases.built(SGD(0.1, use_ema=True, ema_momentum=0.9))
    cases.train(optimizer, params, range(5))
    raw = cases.values(params)
    average = optimizer.state[params["dense.kernel"]]["average"].clone()
    with optimizer.ema_weights():
        assert torch.equal(params["dense.kernel"], average)
        with pytest.raises(ArgumentError) as caught:
            optimizer.step()
    assert str(caught.value) == (
        "SGD: the weights are their averages now. "
        "Call optimizer.swap_ema() again, or leave the `with` block."
    )
    for name, value in cases.values(params).items():
        np.testing.assert_array_equal(value, raw[name])
    optimizer.finalize_ema()
    assert torch.equal(params["dense.kernel"], average)


def test_weights_come_back_after_an_error() -> None:
    optimizer, params = cases.built(SGD(0.1, use_ema=True))
    cases.train(optimizer, params, range(3))
    raw = params["dense.kernel"].detach().clone()
    with pytest.raises(KeyError), optimizer.ema_weights():
        raise KeyError
    assert torch.equal(params["dense.kernel"], raw)


def test_averages_before_the_first_step_are_the_weights() -> None:
    optimizer, params = cases.built(Adam(use_ema=True))
    raw = cases.values(params)
    optimizer.finalize_ema()
    for name, value in cases.values(params).items():
        np.testing.assert_array_equal(value, raw[name])


def test_swapping_without_averages_is_an_error() -> None:
    optimizer, _ = cases.built(Adam())
    optimizer.finalize_ema()  # as in Keras, nothing to do
    with pytest.raises(ArgumentError) as caught:
        optimizer.swap_ema()
    assert str(caught.value) == (
        "Adam: no averages of the weights are kept. Use Adam(..., use_ema=True)."
    )


def test_a_scaled_loss_gives_the_same_step() -> None:
    p = one_parameter(1.0, None)
    optimizer = SGD(0.1, loss_scale_factor=1024.0)
    optimizer.build([p])
    optimizer.scale_loss((p * 3).sum()).backward()
    assert p.grad is not None
    assert p.grad.item() == 3072.0
    optimizer.step()
    assert p.item() == pytest.approx(0.7)


# Texts, and an algorithm of one's own.


def test_the_repr_is_the_call() -> None:
    assert repr(Lamb()) == "Lamb()"
    schedule = schedules.InverseTimeDecay(0.1, 10, 0.5)
    assert repr(RMSprop(schedule, rho=0.8, clipnorm=1.0)) == (
        "RMSprop(learning_rate=InverseTimeDecay(initial_learning_rate=0.1, decay_steps=10.0, "
        "decay_rate=0.5, staircase=False, name='InverseTimeDecay'), rho=0.8, clipnorm=1.0)"
    )


class Signs(Optimizer):
    """Steps by the sign, remembering how often it did."""

    def __init__(self, learning_rate: float = 0.5, power: float = 1.0, **options: Any) -> None:
        self.power = power
        super().__init__(learning_rate, **options)

    def new_state(self, p: torch.Tensor, kind: str) -> dict[str, torch.Tensor]:
        return {"count": torch.zeros_like(p)}

    def update_one(
        self, p: torch.Tensor, g: torch.Tensor, state: dict[str, torch.Tensor], at: StepValues
    ) -> None:
        state["count"] += 1
        p -= at.learning_rate * torch.sign(g)


def test_an_algorithm_of_ones_own_needs_two_methods() -> None:
    p = one_parameter(1.0, 5.0)
    optimizer = Signs(clipnorm=1.0, use_ema=True)
    optimizer.build([p])
    optimizer.step()
    assert p.item() == 0.5
    assert optimizer.state[p]["count"].item() == 1.0
    assert Signs.from_config(optimizer.get_config()).get_config() == optimizer.get_config()
    assert optimizer.get_config()["power"] == 1.0
