"""MultiHeadAttention: several attentions side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor

from striate.graph import kinds
from striate.graph.kinds import WeightSpec
from striate.layers.arguments import keras_arguments
from striate.layers.attention import Attending
from striate.layers.builtin import register
from striate.ops import attention

PARTS = ("query", "key", "value", "gate", "output")


@register()
class MultiHeadAttention(Attending):
    """Every place takes means of other places, several at once, each by a view of its own.

    Query, key and value are projected to `num_heads` heads: q = query W_q + b_q, likewise k and v.
    Each head gives softmax(q k^T / sqrt(key_dim)) v, and what the heads give is projected
    to the output by W_o. It is what transformers, and hybrids of them with convolutions, are
    made of. A place that may look nowhere gets zeros from the heads.

    Called on `(query, value, key=value)`, and with: `attention_mask` (N, T, S), True where a
    place of the query may look; `query_mask`, `value_mask`, `key_mask` (by default those that
    they carry); `use_causal_mask=True`, no place sees those behind it;
    `return_attention_scores=True`, also returns the weights. torch's kernel is used, which keeps
    no weights, unless they are asked for or dropped.

    Shapes: (N, T, C), (N, S, V), (N, S, K) -> (N, T, C), or (N, T) + output_shape; scores
        (N, num_heads, T, S). More axes than T and S may be looked over: see `attention_axes`.

    Args:
        num_heads: number of heads.
        key_dim: channels of query and key in each head.
        value_dim: channels of the value in each head; key_dim by default.
        dropout: share of the weights that is dropped in training, in [0, 1].
        use_bias: adds the b.
        output_shape: channels of the output, one number or several; those of the query by default.
        attention_axes: the axes over which places look; all but batch and channels by default.
        sliding_window: places see only those less than so many places away.
        flash_attention: of Keras; the fastest kernel is chosen anyway.
        kernel_initializer: how the W start.
        bias_initializer: how the b start.
        kernel_regularizer: penalty on the W.
        bias_regularizer: penalty on the b.
        activity_regularizer: penalty on each projection, per sample.
        kernel_constraint: projection of the W after each step.
        bias_constraint: projection of the b after each step.
        use_gate: multiplies what the heads give by sigmoid(query W_g + b_g).
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: a size below 1, attention_axes that are not there, an order of places over
            several axes.
        ShapeError: shapes that do not go together, or a mask that does not fit.

    Example:
        >>> from striate import Input, layers
        >>> map = Input((14, 14, 64))
        >>> places = layers.Reshape((196, 64))(map)
        >>> layers.MultiHeadAttention(num_heads=4, key_dim=16)(places, places).shape
        (None, 196, 64)

    References: Vaswani et al. (2017), https://arxiv.org/abs/1706.03762
    """

    kind: kinds.MultiHeadAttention
    choices_of = {  # noqa: RUF012 - read only
        f"{part}_{what}": what for part in PARTS for what in ("kernel", "bias")
    }

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: int | Sequence[int] | None = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        arguments = keras_arguments(locals())
        del arguments["flash_attention"]
        super().__init__(kinds.MultiHeadAttention, arguments, **kwargs)

    def memory_order(self, spec: WeightSpec) -> Sequence[int]:
        # outputs outermost, so that the kernel as a matrix (outputs, inputs) is a view
        rank = len(spec.shape)
        first = 2 if spec.name == "output_kernel" else 1
        return (*range(first, rank), *range(first)) if "kernel" in spec.name else range(rank)

    def part(self, name: str, x: Tensor, axes: int = 1) -> Tensor:
        """One projection of x."""
        bias = getattr(self, f"{name}_bias") if self.kind.use_bias else None
        out = attention.projected(x, getattr(self, f"{name}_kernel"), bias, axes)
        penalty = self._choices["activity_regularizer"]
        if penalty is not None:
            self.penalise(penalty(out) / max(1, out.shape[0]))
        return out

    def call(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """What each place of the query takes, and the weights if they are asked for."""
        k = self.kind
        axes = k.axes(query.dim())
        projections = (("query", query), ("key", value if key is None else key), ("value", value))
        q, ks, v = (attention.places_last(self.part(n, x), axes) for n, x in projections)
        alone = [attention_mask, query_mask, value_mask, key_mask, k.sliding_window]
        is_causal = use_causal_mask and all(m is None for m in alone)
        keeps = return_attention_scores or (self.training and k.dropout > 0.0)
        steps = (query_mask, value_mask, key_mask)
        mask = None
        if keeps or not is_causal:
            mask = self.mask(q, ks, attention_mask, steps, use_causal_mask, len(axes))
        scale = k.key_dim**-0.5
        if keeps:
            out, scores = attention.plain_attend(q, ks, v, mask, scale, self.dropped)
        else:
            out = attention.attend(q, ks, v, mask, scale, is_causal)
        out = attention.places_back(out, axes, query.shape[:-1])
        if k.use_gate:
            out = out * self.part("gate", query).sigmoid()
        out = self.part("output", out, 2)
        if not return_attention_scores:
            return out
        looks = [[x.shape[i] for i in axes] for x in (query, value)]
        return out, scores.unflatten(-1, looks[1]).unflatten(-1 - len(axes), looks[0])

    def mask(
        self,
        query: Tensor,
        key: Tensor,
        given: Tensor | None,
        steps: Sequence[Tensor | None],
        use_causal_mask: bool,
        count: int,
    ) -> Tensor | None:
        """All masks as one for heads whose places, of `count` axes, are in a row; None for none."""
        found = []
        rank = query.dim()
        if given is not None:
            found.append(attention.over_heads(given != 0, rank - 2 + 2 * count, count))
        for mask, axis in zip(steps, (-1, -2, -2), strict=True):
            if mask is not None:
                found.append(attention.over_heads((mask != 0).unsqueeze(axis), rank, 1))
        places = (query.shape[-2], key.shape[-2])
        if use_causal_mask:
            found.append(attention.causal(*places, query.device))
        if self.kind.sliding_window is not None:
            found.append(attention.banded(*places, self.kind.sliding_window, query.device))
        return reduce(torch.logical_and, found) if found else None
