"""One or more cases per layer: what every contract test and the parity with Keras run over.

Adding a layer is adding rows to the file of its family; a layer without a row fails a test.
"""

from __future__ import annotations

from tests.contract.cases import (
    activation,
    arrangement,
    attention,
    augmentation,
    border,
    channels_first,
    convolution,
    dense,
    gating,
    merging,
    normalization,
    pooling,
    preprocessing,
    recurrent,
    regularization,
    resampling,
    shape,
    weight_normalization,
)
from tests.contract.cases.case import Case as Case

FAMILIES = (
    activation,
    attention,
    augmentation,
    border,
    arrangement,
    channels_first,
    convolution,
    dense,
    gating,
    merging,
    normalization,
    pooling,
    preprocessing,
    recurrent,
    regularization,
    resampling,
    shape,
    weight_normalization,
)

CASES: list[Case] = [case for family in FAMILIES for case in family.CASES]

# Layers without a case, and why.
WITHOUT_CASE = {
    "InputLayer": "it has no input",
}
