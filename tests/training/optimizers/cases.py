"""Optimizers with the arguments that tests run them with, and weights and gradients for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from striate.training import optimizers
from striate.training.optimizers import schedules

# Name of the optimizer, arguments. A schedule is (name, arguments).
CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.9, "rho": 0.8, "epsilon": 1e-3}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"centered": True, "momentum": 0.5}),
    ("Adagrad", {}),
    ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.0, "epsilon": 1e-3}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Adadelta", {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-4}),
    ("Adam", {}),
    ("Adam", {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-2}),
    ("Adam", {"amsgrad": True, "beta_2": 0.9}),
    ("AdamW", {}),
    ("AdamW", {"weight_decay": 0.1, "amsgrad": True}),
    ("Adamax", {}),
    ("Adamax", {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-2}),
    ("Nadam", {}),
    ("Nadam", {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-2}),
    ("Lion", {}),
    ("Lion", {"beta_1": 0.5, "beta_2": 0.8}),
    ("Lamb", {}),
    ("Lamb", {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-2}),
    ("Ftrl", {"learning_rate": 0.1}),
    (
        "Ftrl",
        {
            "learning_rate": 0.1,
            "learning_rate_power": -0.7,
            "l1_regularization_strength": 0.1,
            "l2_regularization_strength": 0.2,
            "l2_shrinkage_regularization_strength": 0.3,
            "beta": 0.4,
        },
    ),
    ("Adafactor", {}),
    ("Adafactor", {"beta_2_decay": -0.5, "epsilon_2": 0.5, "clip_threshold": 0.2}),
    ("Muon", {}),
    ("Muon", {"nesterov": False, "rms_rate": None, "adam_lr_ratio": 0.5, "ns_steps": 3}),
    ("Muon", {"exclude_layers": ["dense_1"], "adam_weight_decay": None, "weight_decay": 0.1}),
]

# What all optimizers share, each with one that has state and one that has none.
SHARED: list[tuple[str, dict[str, Any]]] = [
    (name, {**arguments, **own})
    for name, own in (("SGD", {}), ("Adam", {}), ("Nadam", {"beta_1": 0.5}))
    for arguments in (
        {"weight_decay": 0.5},
        {"clipnorm": 0.5},
        {"clipvalue": 0.05},
        {"global_clipnorm": 0.5, "weight_decay": 0.1},
        {"loss_scale_factor": 16.0},
        {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 3},
        {"use_ema": True},
        {"gradient_accumulation_steps": 3, "clipnorm": 0.5, "weight_decay": 0.1},
        {
            "gradient_accumulation_steps": 4,
            "use_ema": True,
            "ema_momentum": 0.8,
            "ema_overwrite_frequency": 2,
        },
        {
            "gradient_accumulation_steps": 2,
            "learning_rate": (
                "ExponentialDecay",
                {"initial_learning_rate": 0.05, "decay_steps": 5, "decay_rate": 0.5},
            ),
        },
        {
            "weight_decay": 0.1,
            "learning_rate": (
                "PiecewiseConstantDecay",
                {"boundaries": [4, 9], "values": [0.05, 0.02, 0.001]},
            ),
        },
    )
]

SHAPES = {
    "conv2d.kernel": (3, 3, 4, 8),
    "conv2d.bias": (8,),
    "dense.kernel": (40, 6),
    "dense_1.kernel": (6, 12),
    "dense_1.bias": (12,),
}


def case_id(case: object) -> str:
    """A readable id of one part of a case."""
    return str(case).replace(" ", "") if isinstance(case, (str, dict)) else ""


def make(
    name: str, arguments: dict[str, Any], module: Any = optimizers, of_schedules: Any = schedules
) -> Any:
    """An optimizer of ours, or of another module with the same names."""
    made = dict(arguments)
    if isinstance(made.get("learning_rate"), tuple):
        schedule, settings = made["learning_rate"]
        made["learning_rate"] = getattr(of_schedules, schedule)(**settings)
    return getattr(module, name)(**made)


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    """Start weights: kernels with values, biases of zeros (their norms are special in LAMB)."""
    random = np.random.default_rng(seed)
    return {
        name: np.zeros(shape, "float32")
        if name.endswith("bias")
        else (0.5 * random.standard_normal(shape)).astype("float32")
        for name, shape in SHAPES.items()
    }


def gradients(step: int) -> dict[str, np.ndarray]:
    """The gradients of a step; their size changes a hundredfold from step to step."""
    random = np.random.default_rng(1000 + step)
    return {
        name: (random.standard_normal(shape) * 10 ** random.uniform(-2, 0)).astype("float32")
        for name, shape in SHAPES.items()
    }


def stored(array: np.ndarray) -> torch.Tensor:
    """A tensor in the memory order that striate's layers give their kernels."""
    tensor = torch.tensor(array)
    if tensor.ndim == 4:
        return tensor.permute(3, 0, 1, 2).contiguous().permute(1, 2, 3, 0)
    return tensor.t().contiguous().t() if tensor.ndim == 2 else tensor


def parameters(seed: int = 0) -> dict[str, torch.nn.Parameter]:
    """The start weights as parameters."""
    return {name: torch.nn.Parameter(stored(w)) for name, w in weights(seed).items()}


def built(optimizer: Any) -> tuple[Any, dict[str, torch.nn.Parameter]]:
    """An optimizer bound to the start weights, and these."""
    params = parameters()
    optimizer.build(params.items())
    return optimizer, params


def train(
    optimizer: torch.optim.Optimizer,
    params: dict[str, torch.nn.Parameter],
    steps: range = range(20),
) -> None:
    """Steps with the gradients of some steps."""
    for step in steps:
        for name, gradient in gradients(step).items():
            params[name].grad = stored(gradient)
        optimizer.step()


def values(params: dict[str, torch.nn.Parameter]) -> dict[str, np.ndarray]:
    """Copies of the parameters as arrays."""
    return {name: p.detach().numpy().copy() for name, p in params.items()}


def assert_close(
    found: dict[str, np.ndarray],
    expected: dict[str, np.ndarray],
    *,
    rounding: float = 2e-6,
    of_rate: float = 0.0,
    share: float = 3e-4,
) -> None:
    """Weights are equal within what rounding can do.

    Args:
        found: the weights.
        expected: what they should be.
        rounding: allowed difference; some 20 roundings of weights up to 2, of 1.2e-7 at most.
        of_rate: allowed relative error of step lengths, where the other side rounds those.
        share: no difference may be a larger share of the movement than this, so that a wrong rule
            with short steps does not pass.
    """
    start = weights()
    for name, value in found.items():
        gap = np.abs(value - expected[name])
        moved = np.abs(expected[name] - start[name]).max()
        worst = np.unravel_index(gap.argmax(), gap.shape)
        text = f"{name}{[int(i) for i in worst]}: off by {gap.max():.2g}, moved by {moved:.2g}"
        assert gap.max() <= rounding + of_rate * moved, text
        assert gap.max() <= share * moved, text
