"""How weights start, with Keras 3's names, defaults and distributions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from striate import errors
from striate.graph.named import Named
from striate.ops import registry

Shape = Sequence[int]


class Initializer:
    """Base: subclass it and write `__call__(shape, dtype=None)`.

    Example:
        >>> from striate import initializers
        >>> tuple(initializers.HeNormal(seed=0)((3, 3, 1, 32)).shape)
        (3, 3, 1, 32)
    """

    def __call__(self, shape: Shape, dtype: torch.dtype | None = None) -> Tensor:
        raise TypeError(f"{type(self).__name__} must define __call__(shape, dtype=None)")

    def get_config(self) -> dict[str, Any]:
        """Its arguments."""
        return {k: v for k, v in vars(self).items() if not k.startswith("_")}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Initializer:
        """The initialiser of these arguments."""
        return cls(**config)

    def __repr__(self) -> str:
        return registry.show(self)


class Seeded(Initializer):
    """Draws numbers: from its own stream if it has a seed, else from torch's."""

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed

    def _generator(self) -> torch.Generator | None:
        return None if self.seed is None else torch.Generator().manual_seed(self.seed)

    def _empty(self, shape: Shape, dtype: torch.dtype | None) -> Tensor:
        return torch.empty(tuple(shape), dtype=dtype or torch.float32)


class Zeros(Initializer):
    """All 0."""

    def __call__(self, shape: Shape, dtype: torch.dtype | None = None) -> Tensor:
        return torch.zeros(tuple(shape), dtype=dtype or torch.float32)


class Ones(Initializer):
    """All 1."""

    def __call__(self, shape: Shape, dtype: torch.dtype | None = None) -> Tensor:
        return torch.ones(tuple(shape), dtype=dtype or torch.float32)


class Constant(Initializer):
    """All `value`, a number or an array of the weight's shape."""

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    def __call__(self, shape: Shape, dtype: torch.dtype | None = None) -> Tensor:
        value = torch.as_tensor(self.value, dtype=dtype or torch.float32)
        return value.expand(tuple(shape)).clone()

    def get_config(self) -> dict[str, Any]:
        value = self.value
        return {"value": value.tolist() if hasattr(value, "tolist") else value}


class RandomNormal(Seeded):
    """Normal with `mean` and `stddev`."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def __call__(self, shape: Shape, dtype: torch.dtype | None = None) -> Tensor:
        return self._empty(shape, dtype).normal_(
            self.mean, self.stddev, generator=self._generator()
        )


class TruncatedNormal(RandomNormal):
    """Normal, drawn again beyond two standard deviations."""

    def __call__(self, shape: Shape, dtype: torch.dtype | None = None) -> Tensor:
        m, s = self.mean, self.stddev
        return fill_truncated(self._empty(shape, dtype), m, s, self._generator())


class RandomUniform(Seeded):
    """Uniform between `minval` and `maxval`."""

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None
    ) -> None:
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def __call__(self, shape: Shape, dtype: torch.dtype | None = None) -> Tensor:
        return self._empty(shape, dtype).uniform_(
            self.minval, self.maxval, generator=self._generator()
        )


class VarianceScaling(Seeded):
    """Zero mean and variance scale / n, n from the number of inputs and outputs of a unit.

    Args:
        scale: numerator.
        mode: "fan_in", "fan_out" or "fan_avg" (their mean).
        distribution: "truncated_normal", "untruncated_normal" or "uniform".
        seed: for a stream of its own.
    """

    MODES = ("fan_in", "fan_out", "fan_avg")
    DISTRIBUTIONS = ("truncated_normal", "untruncated_normal", "uniform")

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        super().__init__(seed)
        self.scale, self.mode = scale, mode
        self.distribution = "truncated_normal" if distribution == "normal" else distribution
        self._check()

    def _check(self) -> None:
        for name, value, good in (
            ("scale", self.scale, self.scale > 0),
            ("mode", self.mode, self.mode in self.MODES),
            ("distribution", self.distribution, self.distribution in self.DISTRIBUTIONS),
        ):
            if not good:
                allowed = {"mode": self.MODES, "distribution": self.DISTRIBUTIONS}.get(name)
                expected = "a number above 0" if allowed is None else f"one of {allowed}"
                raise errors.ArgumentError(
                    errors.message(
                        type(self).__name__,
                        f"`{name}` is not valid",
                        got={name: value},
                        expected=expected,
                    )
                )

    def __call__(self, shape: Shape, dtype: torch.dtype | None = None) -> Tensor:
        fan_in, fan_out = fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, n)
        out, generator = self._empty(shape, dtype), self._generator()
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return out.uniform_(-limit, limit, generator=generator)
        if self.distribution == "untruncated_normal":
            return out.normal_(0.0, math.sqrt(variance), generator=generator)
        # cutting a normal at two deviations leaves this share of its deviation
        return fill_truncated(out, 0.0, math.sqrt(variance) / 0.87962566103423978, generator)


class _Preset(VarianceScaling):
    """A `VarianceScaling` with a name of its own; only the seed is free."""

    preset: tuple[float, str, str] = (1.0, "fan_in", "truncated_normal")

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(*self.preset, seed=seed)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


class GlorotUniform(_Preset):
    """Uniform within sqrt(6 / (in + out)) (Glorot & Bengio 2010)."""

    preset = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Preset):
    """Truncated normal of variance 2 / (in + out) (Glorot & Bengio 2010)."""

    preset = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Preset):
    """Uniform within sqrt(6 / in), for ReLU (He et al. 2015, arXiv:1502.01852)."""

    preset = (2.0, "fan_in", "uniform")


class HeNormal(_Preset):
    """Truncated normal of variance 2 / in, for ReLU (He et al. 2015, arXiv:1502.01852)."""

    preset = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Preset):
    """Uniform within sqrt(3 / in) (LeCun et al. 1998)."""

    preset = (1.0, "fan_in", "uniform")


class LecunNormal(_Preset):
    """Truncated normal of variance 1 / in, for selu (Klambauer et al. 2017)."""

    preset = (1.0, "fan_in", "truncated_normal")


class Orthogonal(Seeded):
    """Orthonormal rows or columns times `gain` (Saxe et al. 2013, arXiv:1312.6120)."""

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape: Shape, dtype: torch.dtype | None = None) -> Tensor:
        if len(shape) < 2:
            raise errors.ShapeError(
                errors.message(
                    "Orthogonal",
                    "the weight has too few dimensions",
                    got={"shape": tuple(shape)},
                    expected="2 or more",
                )
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = torch.empty(max(rows, columns), min(rows, columns))
        q, r = torch.linalg.qr(tall.normal_(generator=self._generator()))
        q = q * torch.sign(torch.diagonal(r))
        basis: Tensor = self.gain * (q.T if rows < columns else q)
        return basis.reshape(tuple(shape)).to(dtype or torch.float32)


class Identity(Initializer):
    """`gain` on the diagonal of a matrix (of the centre of a convolution kernel: "dirac")."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: Shape, dtype: torch.dtype | None = None) -> Tensor:
        if len(shape) < 2:
            raise errors.ShapeError(
                errors.message(
                    "Identity",
                    "the weight has too few dimensions",
                    got={"shape": tuple(shape)},
                    expected="2 or more",
                )
            )
        out = torch.zeros(tuple(shape), dtype=dtype or torch.float32)
        out[tuple((n - 1) // 2 for n in shape[:-2])].fill_diagonal_(self.gain)
        return out


def fans(shape: Shape) -> tuple[float, float]:
    """Inputs and outputs of a unit: a kernel's window counts with its channels.

    Example:
        >>> fans((3, 3, 64, 128))
        (576, 1152)
    """
    if len(shape) < 1:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


def fill_truncated(
    out: Tensor, mean: float, stddev: float, generator: torch.Generator | None
) -> Tensor:
    """Fills `out` from a normal cut at two standard deviations, by drawing again what lies beyond.

    Only that twentieth is drawn again; drawing all of them each time takes four times as long.
    """
    with torch.no_grad():
        flat = out.normal_(generator=generator).view(-1)
        beyond = flat.abs().gt_(2.0).nonzero()[:, 0]
        while len(beyond):
            drawn = flat.new_empty(len(beyond)).normal_(generator=generator)
            flat[beyond] = drawn
            beyond = beyond[drawn.abs() > 2.0]
        return out.mul_(stddev).add_(mean)


zeros, ones, constant, identity = Zeros, Ones, Constant, Identity  # Keras's other names
random_normal, random_uniform = RandomNormal, RandomUniform
truncated_normal = TruncatedNormal
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
he_uniform, he_normal = HeUniform, HeNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal
variance_scaling, orthogonal = VarianceScaling, Orthogonal

initializers: registry.Registry[Initializer] = registry.Registry("initializer")
for _class, *_aliases in (
    (Zeros, "zero"),
    (Ones, "one"),
    (Constant,),
    (RandomNormal, "random_normal", "normal"),
    (TruncatedNormal, "truncated_normal"),
    (RandomUniform, "random_uniform", "uniform"),
    (VarianceScaling, "variance_scaling"),
    (GlorotUniform, "glorot_uniform"),
    (GlorotNormal, "glorot_normal"),
    (HeUniform, "he_uniform"),
    (HeNormal, "he_normal"),
    (LecunUniform, "lecun_uniform"),
    (LecunNormal, "lecun_normal"),
    (Orthogonal, "OrthogonalInitializer"),
    (Identity, "IdentityInitializer", "dirac"),
):
    initializers.add(_class.__name__, _class, *_aliases)


def get(choice: Any, where: str = "") -> Any:
    """The initialiser for a name, config, class or object.

    Raises:
        UnknownNameError: no such initialiser; the nearest names are listed.
    """
    return initializers.resolve(choice, where)


def named(choice: Any, resolved: Any) -> Named:
    """The pure-data form of an initialiser."""
    return initializers.named(choice, resolved)
