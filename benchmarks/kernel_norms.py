"""Cases of `benchmarks.kernels`: batch normalisation with what follows it, forward and backward."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.kernels.batch_norm import BatchNorm

# Title, (N, C, H, W), activation, whether a map is added, type of the maps: as they occur in the
# training of ResNet-20 (batch 64), ResNet-18 and MobileNetV2 (batch 32, 64 px).
ROWS = [
    ("64x32x32x16 relu", (64, 16, 32, 32), "relu", False, torch.float32),
    ("64x32x32x16 + map, relu", (64, 16, 32, 32), "relu", True, torch.float32),
    ("64x8x8x64 + map, relu", (64, 64, 8, 8), "relu", True, torch.float32),
    ("32x32x32x64 relu", (32, 64, 32, 32), "relu", False, torch.float32),
    ("32x32x32x64 + map, relu", (32, 64, 32, 32), "relu", True, torch.float32),
    ("32x4x4x512 + map, relu", (32, 512, 4, 4), "relu", True, torch.float32),
    ("32x32x32x96 relu6", (32, 96, 32, 32), "capped_relu", False, torch.float32),
    ("32x16x16x144 relu6", (32, 144, 16, 16), "capped_relu", False, torch.float32),
    ("32x16x16x24 + map", (32, 24, 16, 16), "linear", True, torch.float32),
    ("32x2x2x1280 relu6", (32, 1280, 2, 2), "capped_relu", False, torch.float32),
    ("32x32x32x96 relu6, bfloat16", (32, 96, 32, 32), "capped_relu", False, torch.bfloat16),
    ("32x16x16x144 relu6, bfloat16", (32, 144, 16, 16), "capped_relu", False, torch.bfloat16),
    ("32x16x16x24 + map, bfloat16", (32, 24, 16, 16), "linear", True, torch.bfloat16),
]

Pair = tuple[Callable[[], Tensor], Callable[[], Tensor]]


def pair(sizes: tuple[int, int, int, int], activation: str, adds: bool, dtype: torch.dtype) -> Pair:
    """A forward and a backward pass, ours and torch's best form; they return the gradient of x."""
    torch.manual_seed(0)
    maps = [torch.randn(sizes).contiguous(memory_format=torch.channels_last) for _ in range(3)]
    x, g, other = (t.to(dtype) for t in maps)
    gamma, beta = torch.rand(sizes[1]) + 0.5, torch.randn(sizes[1])
    norm = BatchNorm(activation, 6.0, adds, 1e-3, 0.9)
    moving = [(torch.zeros(sizes[1]), torch.ones(sizes[1])) for _ in range(2)]
    add = other if adds else None

    def ours() -> Tensor:
        _, statistics, bits = norm.forward(x, gamma, beta, add, moving[0], True)
        dx = norm.backward(x, gamma, beta, statistics, bits, g, (True, adds))[0]
        return x if dx is None else dx

    leaves = [t.clone().requires_grad_() for t in (x, gamma, beta, *([other] if adds else []))]

    def theirs() -> Tensor:
        with torch.enable_grad():
            out = F.batch_norm(leaves[0], *moving[1], *leaves[1:3], True, 0.1, 1e-3)
            out = out.add_(leaves[3]) if adds else out
            if activation == "relu":
                out = F.relu_(out)
            elif activation == "capped_relu":
                out = F.hardtanh(out, 0.0, 6.0)  # the form in place keeps what it overwrites
            return torch.autograd.grad(out, leaves, g)[0]

    return ours, theirs
