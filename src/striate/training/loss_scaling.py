"""Loss scaling: float16 ends at 6e-8 below, and most gradients are smaller than that."""

from __future__ import annotations

from typing import Any

import torch

FIRST = 2.0**15
GROWTH_STEPS = 2000


def loss_scaling(
    module: torch.nn.Module, compiled: Any, device: torch.device
) -> torch.amp.GradScaler | None:
    """The scale of the loss for a module with float16 gradients; None where none are.

    The loss is multiplied by the scale before the backward pass, gradients are divided by it
    afterwards. If one of them is not finite, the step is left out and the scale halved; after
    2000 steps without that it is doubled. To know, the host waits for the device at each step.

    Args:
        module: its `scales_loss` says whether it is needed.
        compiled: its `auto_scale_loss` may forbid it.
        device: where losses are.

    References: Micikevicius et al. (2018), https://arxiv.org/abs/1710.03740
    """
    if not getattr(module, "scales_loss", False) or not compiled.auto_scale_loss:
        return None
    return torch.amp.GradScaler(device.type, init_scale=FIRST, growth_interval=GROWTH_STEPS)
