"""Random configurations of windows, and their comparison with the real Keras."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from striate import layers
from striate.errors import StriateError

RANKS = 3  # numbers drawn per configuration; a layer of rank 1 takes the first of them


@dataclass(frozen=True)
class Configuration:
    """Numbers that a window layer of any rank can be made from."""

    size: tuple[int, ...]
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    output_padding: tuple[int, ...] | None
    padding: str
    groups: int
    channels: int
    filters: int
    depth_multiplier: int
    use_bias: bool

    def __str__(self) -> str:
        def numbers(values: tuple[int, ...]) -> str:
            return ".".join(map(str, values))

        return (
            f"n{numbers(self.size)}-k{numbers(self.kernel)}-s{numbers(self.strides)}"
            f"-d{numbers(self.dilation)}-{self.padding}-g{self.groups}c{self.channels}"
        )

    def input(self, rank: int) -> np.ndarray:
        """A batch of two for a layer of this rank; volumes are cut to a side of 8."""
        sizes = [min(n, 8) for n in self.size] if rank == 3 else self.size[:rank]
        rng = np.random.default_rng(1)
        return rng.normal(size=(2, *sizes, self.channels)).astype("float32")


def configurations(seed: int, count: int) -> list[Configuration]:
    """Sizes 1 to 17, kernels 1 to 7, strides 1 to 4; some cannot be built, which counts, too."""
    rng = np.random.default_rng(seed)

    def axes(least: int, most: int) -> tuple[int, ...]:
        return tuple(int(n) for n in rng.integers(least, most + 1, RANKS))

    found = []
    for _ in range(count):
        # Keras refuses strides with dilation: mostly one or the other, or too little is compared
        strides = axes(1, 4) if rng.random() < 0.6 else (1,) * RANKS
        dilated = max(strides) == 1 or rng.random() < 0.1
        groups = int(rng.integers(1, 4))
        added = tuple(int(rng.integers(0, s + (rng.random() < 0.1))) for s in strides)
        # a group count that does not divide, now and then
        odd = int(rng.random() < 0.05)
        found.append(
            Configuration(
                size=axes(1, 17),
                kernel=axes(1, 7),
                strides=strides,
                dilation=axes(1, 3) if dilated else (1,) * RANKS,
                output_padding=added if rng.random() < 0.4 else None,
                padding=("valid", "same", "causal")[int(rng.choice(3, p=(0.45, 0.45, 0.1)))],
                groups=groups,
                channels=groups * int(rng.integers(1, 3)) + odd,
                filters=groups * int(rng.integers(1, 3)),
                depth_multiplier=int(rng.integers(1, 3)),
                use_bias=bool(rng.random() < 0.7),
            )
        )
    return found


def same_as_keras(name: str, arguments: dict[str, Any], x: np.ndarray) -> bool:
    """Compares one layer with Keras's; False where both refuse.

    What Keras makes an empty output of counts as refused.
    """
    from tests.contract.keras_parity import compare, keras_layer

    ours = getattr(layers, name)
    try:
        theirs = keras_layer(name, arguments)
        theirs.build(x.shape)
        refused = 0 in theirs.compute_output_shape(x.shape)
    except ValueError:
        refused = True
    if refused:
        with pytest.raises(StriateError):
            ours(**arguments).build(x.shape)
        return False
    compare(ours(**arguments), theirs, [x])
    return True
