"""Kinds of attention: each place takes a mean of others, weighted by how well they match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from striate import errors
from striate.graph.kinds.base import (
    Fault,
    WeightSpec,
    bad_argument,
    chosen,
    float_dtype,
    fraction,
    known_channels,
    register,
    seed_or_none,
    whole,
)
from striate.graph.kinds.calling import Calling
from striate.graph.named import Named
from striate.graph.reach import Reach
from striate.graph.spec import Shape, Spec, product, total

ROLES = ("query", "value", "key")


@dataclass(frozen=True)
class Attending(Calling):
    """What looks from a query at a value, by a key."""

    roles: ClassVar[tuple[str, ...]] = ROLES
    min_rank: ClassVar[int] = 3
    passes_mask: ClassVar[bool] = True
    sees_all: ClassVar[bool] = True
    dropout: float = 0.0
    seed: int | None = None

    def check(self) -> None:
        dropout = fraction("dropout", self.dropout, one=True)
        self.replace(dropout=dropout, seed=seed_or_none(self.seed))

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        return None

    def three(self, inputs: tuple[Spec, ...]) -> tuple[Spec, Spec, Spec]:
        """Query, value and key; a `Fault` if they do not go together."""
        given = self.called(inputs)
        query, value = given["query"], given["value"]
        key = given.get("key", value)
        if len({query.rank, value.rank, key.rank}) > 1:
            raise _misfit("query, value and key have different numbers of dimensions", given)
        if not _agree(value.shape[1:-1], key.shape[1:-1]):
            raise _misfit("value and key differ besides their channels", given)
        self.check_masks(given, query, value)
        return query, value, key

    def check_masks(self, given: dict[str, Any], query: Spec, value: Spec) -> None:
        """A `Fault` for a mask that has not one value per step of what it is of."""
        for name, of in (("query_mask", query), ("value_mask", value), ("key_mask", value)):
            mask = given.get(name)
            if mask is not None and not (mask.rank == 2 and _agree(mask.shape[1:], of.shape[1:2])):
                raise Fault(
                    f"`{name}` does not fit",
                    got={"mask shape": mask.shape, "input shape": of.shape},
                    expected=f"{of.shape[:2]}, one value per step",
                )


def _misfit(fault: str, given: dict[str, Any]) -> Fault:
    shapes = {f"{role} shape": given[role].shape for role in ROLES if role in given}
    return Fault(fault, got=shapes, expected="shapes as (N, T, C), (N, S, V), (N, S, K)")


def _agree(a: Shape, b: Shape) -> bool:
    pairs = zip(a, b, strict=False)
    return len(a) == len(b) and all(n == m or n is None or m is None for n, m in pairs)


@dataclass(frozen=True)
class OneHead(Attending):
    """Attention without projections."""

    use_scale: bool = False

    def output(self, *inputs: Spec) -> Spec | tuple[Spec, ...]:
        query, value, key = self.three(inputs)
        if query.channels != key.channels:
            raise _misfit("query and key have different channels", self.called(inputs))
        out = Spec((*query.shape[:-1], value.channels), float_dtype(query))
        if not self.called(inputs).get("return_attention_scores"):
            return out
        return out, Spec((*query.shape[:-1], value.shape[-2]), out.dtype)

    def macs(self, *inputs: Spec) -> int | None:
        """T S (K + V): scores of T queries and S keys of K channels, means of V channels.

        Whole, also where a mask hides keys. Where scores are sums, K is 0, but for
        `AdditiveAttention` with its scale, a factor for each channel in them.
        """
        query, value, _ = self.three(inputs)
        channels = total((self.score_channels(query), value.channels))
        return product((*query.shape[1:-1], value.shape[-2], channels))

    def macs_inside(self, *inputs: Spec) -> int | None:
        return self.macs(*inputs)

    def score_channels(self, query: Spec) -> int | None:
        """How many products each score is a sum of."""
        return query.channels


@register
@dataclass(frozen=True)
class Attention(OneHead):
    """Products of query and key, or sums of bent sums, as weights of values."""

    score_mode: str = "dot"

    def check(self) -> None:
        super().check()
        self.replace(score_mode=chosen("score_mode", self.score_mode, ("dot", "concat")))

    def score_channels(self, query: Spec) -> int | None:
        return query.channels if self.score_mode == "dot" else 0

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        scale = WeightSpec("scale", (), Named("Ones"))
        concat = WeightSpec("concat_score_weight", (), Named("Ones"))
        asked = (self.use_scale, scale), (self.score_mode == "concat", concat)
        return tuple(weight for wanted, weight in asked if wanted)


@register
@dataclass(frozen=True)
class AdditiveAttention(OneHead):
    """Sums of bent sums of query and key as weights of values."""

    use_scale: bool = True

    def score_channels(self, query: Spec) -> int | None:
        return query.channels if self.use_scale else 0

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        channels = known_channels(self.three(inputs)[0])
        return (WeightSpec("scale", (channels,), Named("GlorotUniform")),) if self.use_scale else ()


@register
@dataclass(frozen=True)
class MultiHeadAttention(Attending):
    """Several attentions side by side, each on projections of its own."""

    num_heads: int = 1
    key_dim: int = 1
    value_dim: int | None = None
    use_bias: bool = True
    output_shape: tuple[int, ...] | None = None
    attention_axes: tuple[int, ...] | None = None
    sliding_window: int | None = None
    kernel_initializer: Named = Named("GlorotUniform")
    bias_initializer: Named = Named("Zeros")
    kernel_regularizer: Named | None = None
    bias_regularizer: Named | None = None
    activity_regularizer: Named | None = None
    kernel_constraint: Named | None = None
    bias_constraint: Named | None = None
    use_gate: bool = False

    def check(self) -> None:
        super().check()
        self.replace(
            num_heads=whole("num_heads", self.num_heads), key_dim=whole("key_dim", self.key_dim)
        )
        for name in ("value_dim", "sliding_window"):
            if getattr(self, name) is not None:
                self.replace(**{name: whole(name, getattr(self, name))})
        shape, axes = self.output_shape, self.attention_axes
        if shape is not None:
            many = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
            self.replace(output_shape=tuple(whole("output_shape", n) for n in many) or None)
        if axes is not None:
            many = tuple(axes) if isinstance(axes, (tuple, list)) else (axes,)
            if not many or not all(type(a) is int and a != 0 for a in many):
                raise bad_argument("attention_axes", axes, "axes between the batch and channels")
            self.replace(attention_axes=many)

    @property
    def heads(self) -> tuple[int, int]:
        """How many heads, and the channels of the values of each."""
        return self.num_heads, self.value_dim or self.key_dim

    def axes(self, rank: int) -> tuple[int, ...]:
        """The axes over which places look at each other, counted from 0."""
        asked = self.attention_axes or tuple(range(1, rank - 1))
        axes = tuple(a + rank if a < 0 else a for a in asked)
        if len(set(axes)) < len(axes) or not all(0 < a < rank - 1 for a in axes):
            raise Fault(
                "`attention_axes` are not between the batch and the channels",
                got={"attention_axes": asked},
                expected=f"different ones of 1 to {rank - 2}",
                error=errors.ArgumentError,
            )
        return axes

    def output(self, *inputs: Spec) -> Spec | tuple[Spec, ...]:
        query, value, _ = self.three(inputs)
        given = self.called(inputs)
        axes = self.axes(query.rank)
        rest = [i for i in range(query.rank - 1) if i not in axes]
        self.check_order(given, axes)
        if not _agree(*(tuple(s.shape[i] for i in rest[1:]) for s in (query, value))):
            raise _misfit("query and value differ on an axis without attention", given)
        out = Spec((*query.shape[:-1], *(self.output_shape or query.shape[-1:])))
        lead = tuple(query.shape[i] for i in rest)
        looks = tuple(s.shape[i] for s in (query, value) for i in axes)
        scores = Spec((*lead, self.num_heads, *looks))
        self.check_attention_mask(given.get("attention_mask"), scores, len(axes))
        return (out, scores) if given.get("return_attention_scores") else out

    def macs(self, *inputs: Spec) -> int | None:
        """T H K Q + S H K C + S H V D + T H V O + T A H (K + V), and T H V Q with a gate.

        For T queries and S keys of Q and C channels, values of D and outputs of O channels, and H
        heads with keys of K and values of V numbers: the projections, each as many as its kernel
        has values at each place, then scores and means. Each query looks at A keys: all S, or
        those along `attention_axes`. Whole, also where a mask or `sliding_window` hides keys.
        """
        query, value, _ = self.three(inputs)
        places = {"key": value.spatial, "value": value.spatial}
        projections = (
            product((*places.get(w.name.removesuffix("_kernel"), query.spatial), w.size))
            for w in self.weights(*inputs)
            if w.name.endswith("_kernel")
        )
        return total((*projections, self._scores_and_means(query, value)))

    def macs_inside(self, *inputs: Spec) -> int | None:
        """T A H (K + V) + T H V O: all but the projections of the inputs."""
        query, value, _ = self.three(inputs)
        last = next(w.size for w in self.weights(*inputs) if w.name == "output_kernel")
        return total((self._scores_and_means(query, value), product((*query.spatial, last))))

    def _scores_and_means(self, query: Spec, value: Spec) -> int | None:
        looks = (value.shape[i] for i in self.axes(value.rank))
        per_pair = self.num_heads * (self.key_dim + self.heads[1])
        return product((*query.spatial, *looks, per_pair))

    def check_order(self, given: dict[str, Any], axes: tuple[int, ...]) -> None:
        """A `Fault` if places are counted along an axis, and attention is over others."""
        masks = [name for name in given if name.endswith("_mask") and name != "attention_mask"]
        asked = [name for name in masks if given[name]]
        if self.sliding_window is not None:
            asked.append("sliding_window")
        if asked and axes != (1,):
            raise Fault(
                "what counts steps needs attention over one axis, the first",
                got={"asked for": " and ".join(asked), "attention axes": axes},
                expected="attention_axes=1, or an attention_mask of all places",
                error=errors.ArgumentError,
            )

    def check_attention_mask(self, mask: Any, scores: Spec, count: int) -> None:
        """A `Fault` for a mask that cannot be repeated to the scores."""
        if mask is None:
            return
        looks, lead = 2 * count, scores.rank - 2 * count
        fits = looks <= mask.rank <= scores.rank
        wanted = (*scores.shape[: mask.rank - looks], *scores.shape[lead:])
        pairs = zip(mask.shape, wanted, strict=False)
        if not fits or not all(n in (1, None, m) or m is None for n, m in pairs):
            raise Fault(
                "`attention_mask` does not fit",
                got={"mask shape": mask.shape, "scores": scores.shape},
                expected=f"(N, queries, keys), here {(scores.shape[0], *scores.shape[lead:])}",
            )

    def weights(self, *inputs: Spec) -> tuple[WeightSpec, ...]:
        query, value, key = (known_channels(spec) for spec in self.three(inputs))
        keys, values = (self.num_heads, self.key_dim), self.heads
        parts: list[tuple[str, tuple[int, ...], tuple[int, ...]]]
        parts = [("query", (query,), keys), ("key", (key,), keys)]
        if self.use_gate:
            parts.append(("gate", (query,), values))
        parts.append(("value", (value,), values))
        parts.append(("output", values, self.output_shape or (query,)))
        return tuple(w for name, before, after in parts for w in self.part(name, before, after))

    def part(
        self, name: str, before: tuple[int, ...], after: tuple[int, ...]
    ) -> tuple[WeightSpec, ...]:
        """Kernel and bias of one projection."""
        kernel = WeightSpec(
            f"{name}_kernel",
            (*before, *after),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        bias = WeightSpec(
            f"{name}_bias",
            after,
            self.bias_initializer,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
        )
        return (kernel, bias) if self.use_bias else (kernel,)
