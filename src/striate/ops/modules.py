"""What is asked of a whole module at every call: where it is, what is inside it.

torch's own `modules()` and `parameters()` build names and sets of what was seen, which for a small
network takes as long as running it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def parts(module: nn.Module) -> list[nn.Module]:
    """The module and all inside it, each once.

    Example:
        >>> [type(part).__name__ for part in parts(nn.Sequential(nn.ReLU(), nn.Flatten()))]
        ['Sequential', 'ReLU', 'Flatten']
    """
    found = [module]
    for part in found:  # grows while it is read
        if part._modules:
            found += [inner for inner in part._modules.values() if inner is not None]
    return list(dict.fromkeys(found))


def first_weight(module: nn.Module) -> Tensor | None:
    """The first of its parameters, which tells device and number type; None without any.

    Example:
        >>> first_weight(nn.Sequential(nn.ReLU(), nn.Linear(3, 2))).shape
        torch.Size([2, 3])
    """
    found = [module]
    for part in found:  # as `parts`, but no further than needed: mostly the first layer has one
        for weight in part._parameters.values():
            if weight is not None:
                return weight
        found += [inner for inner in part._modules.values() if inner is not None]
    return None


def move(module: nn.Module, target: torch.device) -> None:
    """`module.to(target)`, without its work for every tensor where all of them are there.

    Example:
        >>> move(nn.Linear(1, 1), torch.device("cpu"))
    """
    for part in parts(module):
        for held in (part._parameters, part._buffers):
            if any(t is not None and t.device != target for t in held.values()):
                module.to(target)
                return
