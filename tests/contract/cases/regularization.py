"""Cases of the layers in `striate/layers/regularization.py` and `noise.py`."""

from __future__ import annotations

from tests.contract.cases.case import FLAT, NOT_IN_KERAS, Case

SEQUENCE = ((6, 4),)
VOLUME = ((3, 4, 2, 4),)

CASES = [
    Case("Dropout", {"rate": 0.5}, random=True),
    Case("Dropout", {"rate": 0.5, "noise_shape": (None, 1, 1, None), "seed": 3}, random=True),
    Case("Dropout", {"rate": 0.0}),
    Case("SpatialDropout1D", {"rate": 0.5}, SEQUENCE, random=True),
    Case("SpatialDropout2D", {"rate": 0.5, "seed": 2}, random=True),
    Case("SpatialDropout3D", {"rate": 0.5, "seed": 1}, VOLUME, random=True),
    Case("StochasticDepth", {"rate": 0.7, "seed": 1}, random=True, **NOT_IN_KERAS),
    Case("StochasticDepth", {"rate": 0.7}, FLAT, random=True, **NOT_IN_KERAS),
    Case("DropBlock2D", {"rate": 0.5, "block_size": 2}, random=True, **NOT_IN_KERAS),
    Case(
        "DropBlock2D", {"rate": 0.5, "block_size": (9, 3), "seed": 3}, random=True, **NOT_IN_KERAS
    ),
    Case("GaussianNoise", {"stddev": 0.5}, random=True),
    Case("GaussianNoise", {"stddev": 0.1, "seed": 3}, FLAT, random=True),
    Case("GaussianDropout", {"rate": 0.5}, random=True),
    Case("GaussianDropout", {"rate": 0.3, "seed": 3}, FLAT, random=True),
    Case("AlphaDropout", {"rate": 0.5}, random=True),
    Case("AlphaDropout", {"rate": 0.3, "noise_shape": (None, 1), "seed": 3}, FLAT, random=True),
    Case("ActivityRegularization", {"l1": 0.1, "l2": 0.2}),
]
