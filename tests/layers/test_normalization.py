from __future__ import annotations

import pytest

from striate import Input, layers
from striate.errors import ArgumentError, ShapeError
from tests.layers.messages import Wrong

pytestmark = pytest.mark.torch

WRONG = [
    Wrong(
        lambda: layers.BatchNormalization(momentum=2),
        ArgumentError,
        "batch_normalization (BatchNormalization): `momentum` is not valid. Got momentum=2."
        " Expected a number in [0, 1].",
    ),
    Wrong(
        lambda: layers.BatchNormalization(epsilon=0),
        ArgumentError,
        "batch_normalization (BatchNormalization): `epsilon` is not valid. Got epsilon=0."
        " Expected a number above 0.",
    ),
    Wrong(
        lambda: layers.BatchNormalization(synchronized=True),
        ArgumentError,
        "BatchNormalization: no such option here. Got synchronized=True. Expected False.",
    ),
    Wrong(
        lambda: layers.BatchNormalization(renorm=True),
        ArgumentError,
        "BatchNormalization: no such option here. Got renorm=True. Expected False.",
    ),
    Wrong(
        lambda: layers.BatchNormalization(axis="channels"),
        ArgumentError,
        "batch_normalization (BatchNormalization): `axis` is not valid. Got axis='channels'."
        " Expected one axis as a whole number, -1 for channels.",
    ),
    Wrong(
        lambda: layers.LayerNormalization(axis=[1, 2.5]),
        ArgumentError,
        "layer_normalization (LayerNormalization): `axis` is not valid. Got axis=(1, 2.5)."
        " Expected a whole number or several of them.",
    ),
    Wrong(
        lambda: layers.LayerNormalization(axis=4)(Input((5, 5, 3))),
        ShapeError,
        "layer_normalization (LayerNormalization): no such axis. Got axis=4, input shape="
        "(None, 5, 5, 3). Expected 1 to 3, or -1 to -3; axis 0 is the batch.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 5, 5, 3)",
    ),
    Wrong(
        lambda: layers.LayerNormalization(axis=(1, 2))(Input((None, 5, 3))),
        ShapeError,
        "layer_normalization (LayerNormalization): the normalised axis is open, but its weights"
        " need it. Got axis=(1, 2), input shape=(None, None, 5, 3). Expected a known size there.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, None, 5, 3)",
    ),
    Wrong(
        lambda: layers.GroupNormalization(groups=0),
        ArgumentError,
        "group_normalization (GroupNormalization): `groups` is not valid. Got groups=0."
        " Expected a positive whole number.",
    ),
    Wrong(
        lambda: layers.GroupNormalization(groups=4)(Input((5, 5, 6))),
        ShapeError,
        "group_normalization (GroupNormalization): `groups` does not divide the channels."
        " Got groups=4, input shape=(None, 5, 5, 6). Expected a divisor of 6, or -1 for one group"
        " per channel.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 5, 5, 6)",
    ),
    Wrong(
        lambda: layers.InstanceNormalization()(Input((6,))),
        ShapeError,
        "instance_normalization (InstanceNormalization): wrong input rank. Got input shape="
        "(None, 6). Expected at least 3 dimensions.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 6)",
    ),
    Wrong(
        lambda: layers.RMSNormalization(epsilon=-1.0),
        ArgumentError,
        "rms_normalization (RMSNormalization): `epsilon` is not valid. Got epsilon=-1.0."
        " Expected a number above 0.",
    ),
    Wrong(
        lambda: layers.UnitNormalization(axis=2)(Input((6,))),
        ShapeError,
        "unit_normalization (UnitNormalization): no such axis. Got axis=2, input shape=(None, 6)."
        " Expected 1 to 1, or -1 to -1; axis 0 is the batch.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 6)",
    ),
    Wrong(
        lambda: layers.LocalResponseNormalization(depth_radius=-1),
        ArgumentError,
        "local_response_normalization (LocalResponseNormalization): `depth_radius` is not valid."
        " Got depth_radius=-1. Expected a whole number >= 0.",
    ),
    Wrong(
        lambda: layers.LocalResponseNormalization(bias=0.0),
        ArgumentError,
        "local_response_normalization (LocalResponseNormalization): `bias` is not valid."
        " Got bias=0.0. Expected a number above 0.",
    ),
    Wrong(
        lambda: layers.GlobalResponseNormalization()(Input((5, None))),
        ShapeError,
        "global_response_normalization (GlobalResponseNormalization): the normalised axis is open,"
        " but its weights need it. Got axis=-1, input shape=(None, 5, None). Expected a known size"
        " there.\n"
        "How it came to this:\n"
        "  input_layer (InputLayer) (None, 5, None)",
    ),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_use_is_named(wrong: Wrong) -> None:
    wrong.check()
