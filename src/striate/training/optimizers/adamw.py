"""AdamW."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch as torch  # for the example

from striate.training.optimizers.adam import Adam
from striate.training.optimizers.checks import check_number
from striate.training.optimizers.options import OtherOptions
from striate.training.optimizers.rate import LearningRate

if TYPE_CHECKING:
    from typing import Unpack


class AdamW(Adam):
    """Adam with weight decay that does not pass through the division by the mean square.

    The rule::

        p <- p - weight_decay * learning_rate * p, then Adam's rule

    Every optimizer here decays weights in this way; AdamW does so by default.

    Args:
        learning_rate: a number, schedule or function.
        weight_decay: share of each weight taken away per step and unit of learning rate.
        beta_1: share of the mean kept per step, in [0, 1).
        beta_2: share of the mean square kept per step, in [0, 1).
        epsilon: keeps the divisor away from 0.
        amsgrad: whether steps may only shrink where gradients were large once.
        options: the arguments of every optimizer, see `Optimizer`.

    Raises:
        ArgumentError: an argument is out of range; here `weight_decay=None` is, too.

    Example:
        >>> p = torch.nn.Parameter(torch.tensor([1.0]))
        >>> optimizer = AdamW(0.1, weight_decay=0.5)
        >>> optimizer.build([p])
        >>> p.grad = torch.tensor([0.0])
        >>> optimizer.step()
        >>> round(p.item(), 4)
        0.95

    References:
        Loshchilov, Hutter (2019), https://arxiv.org/abs/1711.05101
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[OtherOptions],
    ) -> None:
        decay = check_number(type(self).__name__, "weight_decay", weight_decay, "[0, inf)")
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=decay, **options
        )
