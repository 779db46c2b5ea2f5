"""Cases of the layers in `striate/layers/attention.py` and `multi_head_attention.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.contract.cases.case import Case

THREE = ((4, 3), (5, 3), (5, 3))
NAMES = ("query", "value", "key")
MAPS = ((3, 4, 2), (3, 4, 2))
SMALL: dict[str, Any] = {"num_heads": 2, "key_dim": 3}
COPIES: dict[str, Any] = {"copies": True, "note": "scores have heads first"}


def masked(*shapes: tuple[int, ...]) -> Any:
    """Makes float inputs and, last, a mask under which every query sees the first key."""

    def make(seed: int, batch: int) -> list[np.ndarray]:
        rng = np.random.default_rng(seed)
        values = [rng.normal(size=(batch, *s)).astype("float32") for s in shapes[:-1]]
        mask = rng.random((batch, *shapes[-1])) > 0.5
        mask[..., 0] = True
        return [*values, mask]

    return make


def with_mask(
    name: str, shape: tuple[int, ...], arguments: dict[str, Any], **settings: Any
) -> Case:
    return Case(
        "MultiHeadAttention",
        arguments,
        ((4, 3), (5, 2), shape),
        names=("query", "value", name),
        data=masked((4, 3), (5, 2), shape),
        settings=settings,
    )


CASES = [
    Case("Attention", {}, THREE[:2]),
    Case("Attention", {"use_scale": True}, THREE),
    Case("Attention", {"score_mode": "concat", "use_scale": True}, THREE),
    Case("Attention", {"dropout": 0.5, "seed": 1}, THREE, random=True),
    Case("AdditiveAttention", {}, THREE),
    Case("AdditiveAttention", {"use_scale": False}, THREE[:2]),
    Case("MultiHeadAttention", SMALL, ((4, 3), (5, 2)), names=NAMES[:2]),
    Case(
        "MultiHeadAttention",
        {**SMALL, "value_dim": 5, "output_shape": (2, 3), "use_bias": False},
        ((4, 3), (5, 2), (5, 4)),
        names=NAMES,
    ),
    Case(
        "MultiHeadAttention",
        SMALL,
        ((4, 3), (5, 2)),
        names=NAMES[:2],
        settings={"return_attention_scores": True},
        **COPIES,
    ),
    Case(
        "MultiHeadAttention",
        {**SMALL, "use_gate": True, "output_shape": 4, "kernel_regularizer": "l2"},
        ((4, 3), (4, 3)),
        names=NAMES[:2],
        settings={"use_causal_mask": True},
    ),
    Case("MultiHeadAttention", {**SMALL, "sliding_window": 2}, ((4, 3),) * 2, names=NAMES[:2]),
    Case("MultiHeadAttention", {**SMALL, "attention_axes": (1, 2)}, MAPS, names=NAMES[:2]),
    Case("MultiHeadAttention", {**SMALL, "attention_axes": 2}, MAPS, names=NAMES[:2]),
    Case(
        "MultiHeadAttention",
        {**SMALL, "attention_axes": (2, 1)},
        ((3, 4, 2), (3, 4, 2)),
        names=NAMES[:2],
        settings={"return_attention_scores": True},
        **COPIES,
    ),
    Case("MultiHeadAttention", {**SMALL, "dropout": 0.5}, MAPS, names=NAMES[:2], random=True),
    with_mask("attention_mask", (4, 5), SMALL),
    with_mask("attention_mask", (2, 4, 5), {**SMALL, "sliding_window": 4}, use_causal_mask=True),
    with_mask("attention_mask", (1, 5), SMALL, return_attention_scores=True),
    with_mask("value_mask", (5,), SMALL),
    with_mask("key_mask", (5,), {**SMALL, "activity_regularizer": "l2"}),
]
