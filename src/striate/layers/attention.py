"""Attention layers of one head, on a list of query, value and key."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from striate import errors
from striate.graph import kinds
from striate.graph.spec import Spec
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import register
from striate.layers.calling import Calling
from striate.layers.calls import Hole, Template
from striate.layers.random import Random
from striate.ops import attention, regularization


class Attending(Calling, Random):
    """What attention layers share: masks, dropout of scores."""

    kind: kinds.Attending

    def build(self, input_shape: Any, value_shape: Any = None, key_shape: Any = None) -> None:
        """Makes the weights for the shapes of query, value and key, alone or as a list."""
        shapes = list(input_shape) if value_shape is None else [input_shape, value_shape, key_shape]
        specs = tuple(Spec(tuple(s)) for s in shapes if s is not None)
        holes = {role: Hole(i) for i, role in enumerate(self.kind.roles[: len(specs)])}
        self._build_once(specs, Template((), holes))

    def passed_mask(self, template: Template, values: Any) -> Any:
        """The mask of the query: its places are those of the output."""
        hole = template.kwargs.get("query_mask")
        return values[hole.index] if isinstance(hole, Hole) else None

    def dropped(self, scores: Tensor) -> Tensor:
        """Scores of which training drops a share."""
        rate = self.kind.dropout
        if not self.training or rate == 0.0:
            return scores
        return regularization.dropout(scores, rate, None, self.stream(scores))


class OneHead(Attending):
    """What attention layers without projections share: they are called on a list."""

    kind: kinds.OneHead

    def named(self, args: Any, kwargs: Any) -> dict[str, Any]:
        kwargs = dict(kwargs)
        inputs = args[0] if args else kwargs.pop("inputs", None)
        if "query" not in kwargs:
            if not isinstance(inputs, (list, tuple)) or len(inputs) not in (2, 3):
                raise errors.ArgumentError(
                    errors.message(
                        self.where,
                        "not called on a list of query, value and, if it is another, key",
                        got={"inputs": len(inputs) if isinstance(inputs, (list, tuple)) else 1},
                        expected="[query, value] or [query, value, key]",
                    )
                )
            kwargs.update(zip(("query", "value", "key"), inputs, strict=False))
        given = kwargs.pop("mask", None) or ()
        for name, mask in zip(("query_mask", "value_mask"), given, strict=False):
            kwargs[name] = mask
        return super().named((), kwargs)

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        """How well each key matches each query, (N, T, S)."""
        return query @ key.transpose(-2, -1)

    def call(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """The means for each place of the query, and the weights if they are asked for."""
        scores = self.scores(query, value if key is None else key)
        mask = None if value_mask is None else (value_mask != 0).unsqueeze(-2)
        if use_causal_mask:
            order = attention.causal(scores.shape[-2], scores.shape[-1], scores.device)
            mask = order if mask is None else mask & order
        weights = attention.masked_softmax(scores, mask)
        out = self.dropped(weights) @ value
        if query_mask is not None:
            out = out * (query_mask != 0).unsqueeze(-1)
        return (out, weights) if return_attention_scores else out


@register()
class Attention(OneHead):
    """Means of the values, weighted by how well their keys match each query (Luong).

    Each place of the query gets softmax(score(query, key)) value. The score of a pair is its
    product, times a learned number with `use_scale`; or with score_mode="concat" w sum(tanh(s
    (query + key))), w and (with `use_scale`) s learned numbers.

    Called on a list [query, value] or [query, value, key] (the key is the value if it is left
    out), and with: `mask`, a list of masks for query and value (by default those that they
    carry); `use_causal_mask=True`, no place sees those behind it;
    `return_attention_scores=True`, also returns the weights.

    Shapes: (N, T, C), (N, S, V), (N, S, C) -> (N, T, V); scores (N, T, S).

    Args:
        use_scale: a learned factor of the scores.
        score_mode: "dot" or "concat".
        dropout: share of the weights that is dropped in training, in [0, 1].
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: an unknown score_mode, or not called on a list of two or three.
        ShapeError: shapes that do not go together, or a mask that does not fit.

    Example:
        >>> from striate import Input, layers
        >>> words, image = Input((6, 16)), Input((49, 16))
        >>> layers.Attention()([words, image]).shape
        (None, 6, 16)

    References: Luong et al. (2015), https://arxiv.org/abs/1508.04025
    """

    kind: kinds.Attention

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.Attention, keras_arguments(locals()), **kwargs)

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        scale = self.scale if self.kind.use_scale else 1.0
        if self.kind.score_mode == "dot":
            return query @ key.transpose(-2, -1) * scale
        return attention.additive_scores(scale * query, scale * key, self.concat_score_weight)


@register()
class AdditiveAttention(OneHead):
    """Means of the values, weighted by sum(scale tanh(query + key)) (Bahdanau).

    Called as `Attention` is.

    Shapes: (N, T, C), (N, S, V), (N, S, C) -> (N, T, V); scores (N, T, S).

    Args:
        use_scale: a learned factor for each channel of the sum.
        dropout: share of the weights that is dropped in training, in [0, 1].
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: not called on a list of two or three.
        ShapeError: shapes that do not go together, or a mask that does not fit.

    Example:
        >>> from striate import Input, layers
        >>> words, image = Input((6, 16)), Input((49, 16))
        >>> layers.AdditiveAttention()([words, image]).shape
        (None, 6, 16)

    References: Bahdanau et al. (2014), https://arxiv.org/abs/1409.0473
    """

    def __init__(
        self,
        use_scale: bool = True,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.AdditiveAttention, keras_arguments(locals()), **kwargs)

    def scores(self, query: Tensor, key: Tensor) -> Tensor:
        return attention.additive_scores(query, key, self.scale if self.kind.use_scale else 1.0)
