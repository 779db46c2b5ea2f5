"""Cases of the poolings: `striate/layers/pooling*.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.contract.cases.case import Case

SEQUENCE = ((9, 4),)
VOLUME = ((4, 5, 6, 2),)

# Keras on torch repeats the border and counts it; on TensorFlow, as here, padding is not counted.
NOT_TORCH_KERAS: dict[str, Any] = {
    "keras": False,
    "note": "Keras on torch counts padding in the mean; tested with the slow definition",
}
OURS: dict[str, Any] = {"keras": False, "note": "Keras has no such layer"}


def pooled(seed: int, batch: int) -> list[np.ndarray]:
    """Values and the places that a pooling of 2 by 2 could have found them at, in rows of 6."""
    rng = np.random.default_rng(seed)
    shape = (batch, 2, 3, 4)
    rows = 2 * np.arange(2).reshape(1, 2, 1, 1) + rng.integers(0, 2, shape)
    columns = 2 * np.arange(3).reshape(1, 1, 3, 1) + rng.integers(0, 2, shape)
    return [rng.normal(size=shape).astype("float32"), rows * 6 + columns]


def pooled_and_map(seed: int, batch: int) -> list[np.ndarray]:
    """The same with the map that was pooled."""
    like = np.random.default_rng(seed + 1).normal(size=(batch, 5, 6, 3)).astype("float32")
    return [*pooled(seed, batch), like]


WINDOWED = [
    Case("MaxPooling1D", {}, SEQUENCE),
    Case("MaxPooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}, SEQUENCE),
    Case("MaxPooling2D", {}),
    Case("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}),
    Case("MaxPooling2D", {"pool_size": (2, 3), "strides": (1, 2), "padding": "same"}),
    Case("MaxPooling3D", {"pool_size": (1, 2, 3), "strides": 2}, VOLUME),
    Case("MaxPooling3D", {"pool_size": (2, 3, 2), "strides": 1, "padding": "same"}, VOLUME),
    Case("AveragePooling1D", {"pool_size": 4, "strides": 3}, SEQUENCE),
    Case(
        "AveragePooling1D",
        {"pool_size": 4, "strides": 1, "padding": "same"},
        SEQUENCE,
        **NOT_TORCH_KERAS,
    ),
    Case("AveragePooling2D", {"pool_size": 2}),
    Case("AveragePooling2D", {"pool_size": 3, "strides": 1, "padding": "same"}),
    Case("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, **NOT_TORCH_KERAS),
    Case(
        "AveragePooling2D",
        {"pool_size": (2, 4), "strides": 1, "padding": "same"},
        **NOT_TORCH_KERAS,
    ),
    Case("AveragePooling3D", {"pool_size": (2, 3, 2), "strides": (1, 2, 2)}, VOLUME),
    Case("AveragePooling3D", {"padding": "same"}, VOLUME, **NOT_TORCH_KERAS),
    Case("MinPooling1D", {"pool_size": 3}, SEQUENCE, **OURS),
    Case("MinPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, **OURS),
    Case("MinPooling3D", {}, VOLUME, **OURS),
    Case("L2Pooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}, SEQUENCE, **OURS),
    Case("L2Pooling2D", {}, **OURS),
    Case("L2Pooling3D", {"pool_size": (2, 1, 3)}, VOLUME, **OURS),
    Case("LpPooling1D", {"p": 3, "strides": 1}, SEQUENCE, **OURS),
    Case("LpPooling2D", {"p": 1.5, "pool_size": (2, 3), "padding": "same"}, **OURS),
    Case("LpPooling3D", {"p": 4}, VOLUME, **OURS),
    Case("StochasticPooling1D", {"pool_size": 3}, SEQUENCE, random=True, **OURS),
    Case("StochasticPooling2D", {"seed": 5}, random=True, **OURS),
    Case("StochasticPooling2D", {"pool_size": 3, "padding": "same"}, random=True, **OURS),
    Case("StochasticPooling3D", {"strides": 1}, VOLUME, random=True, **OURS),
    Case("BlurPool1D", {"pool_size": 4}, SEQUENCE, **OURS),
    Case("BlurPool2D", {}, **OURS),
    Case("BlurPool2D", {"pool_size": 5, "strides": (1, 3)}, **OURS),
    Case("BlurPool3D", {"pool_size": 3, "strides": (1, 2, 2)}, VOLUME, **OURS),
    Case("DepthwiseMaxPooling", {"pool_size": 2}, ((3, 3, 4),), **OURS),
    Case("DepthwiseMaxPooling", {"pool_size": 3, "strides": 2, "padding": "same"}, **OURS),
    Case("DepthwiseAveragePooling", {"pool_size": 3}, ((7,),), **OURS),
    Case("DepthwiseAveragePooling", {"pool_size": 2, "padding": "same"}, SEQUENCE, **OURS),
    Case("MaxPoolingWithArgmax2D", {}, **OURS),
    Case("MaxPoolingWithArgmax2D", {"pool_size": 3, "strides": 1, "padding": "same"}, **OURS),
    Case("MaxUnpooling2D", {}, ((2, 3, 4),) * 2, data=pooled, **OURS),
    Case("MaxUnpooling2D", {"output_size": (5, 6)}, ((2, 3, 4),) * 2, data=pooled, **OURS),
    Case("MaxUnpooling2D", {}, ((2, 3, 4), (2, 3, 4), (5, 6, 3)), data=pooled_and_map, **OURS),
]

WHOLE = [
    Case(f"{kind}{rank}D", {"keepdims": keepdims}, shape, keras=known, note=note)
    for rank, shape in ((1, SEQUENCE), (2, ((5, 6, 3),)), (3, VOLUME))
    for keepdims in (False, True)
    for kind, known, note in (
        ("GlobalMaxPooling", True, ""),
        ("GlobalAveragePooling", True, ""),
        ("GlobalMinPooling", False, "Keras has no such layer"),
        ("GlobalL2Pooling", False, "Keras has no such layer"),
    )
]

BINS = [
    *(
        Case(f"Adaptive{kind}Pooling{rank}D", {"output_size": size}, shape)
        for kind in ("Max", "Average")
        for rank, shape, size in (
            (1, SEQUENCE, 4),
            (2, ((5, 6, 3),), (2, 4)),
            (2, ((5, 6, 3),), 7),
            (3, VOLUME, (3, 2, 4)),
        )
    ),
    Case("SpatialPyramidPooling2D", {"bins": (3, 1)}, **OURS),
    Case("SpatialPyramidPooling2D", {"bins": (2, 1), "mode": "average"}, **OURS),
]

CASES = [*WINDOWED, *WHOLE, *BINS]
