"""PyTorch's `Optimizer`, without the import of its compiler."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any

import torch


def _without_compiler(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of PyTorch's that does not import `torch._dynamo`.

    PyTorch decorates it (`torch._disable_dynamo`) so that compiled functions do not trace it, and
    the decorator imports the compiler when it is first called: half a second before the first
    step. Nothing is compiled as long as nobody has imported it, so the bare method does the same.
    """
    bare = inspect.unwrap(method)

    @functools.wraps(bare)
    def call(*args: Any, **kwargs: Any) -> Any:
        return (method if "torch._dynamo" in sys.modules else bare)(*args, **kwargs)

    return call


class TorchOptimizer(torch.optim.Optimizer):
    """`torch.optim.Optimizer`; a process that compiles nothing does not load the compiler."""

    add_param_group = _without_compiler(torch.optim.Optimizer.add_param_group)
    zero_grad = _without_compiler(torch.optim.Optimizer.zero_grad)
    state_dict = _without_compiler(torch.optim.Optimizer.state_dict)
    load_state_dict = _without_compiler(torch.optim.Optimizer.load_state_dict)
