"""One or more cases per layer: what every contract test and the parity with Keras run over.

Adding a layer is adding rows here; a layer without a row fails a test.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from striate import layers


@dataclass(frozen=True)
class Case:
    """One layer with arguments and the shapes of its inputs (without the batch).

    Args:
        layer: class name in `striate.layers`.
        arguments: constructor arguments, the same for Keras.
        shapes: one input shape, or several.
        keras: False where Keras has no such layer or another meaning (said in the note).
        random: True if training draws random numbers, so that values cannot be compared.
        whole: largest whole number of the inputs where the layer takes whole numbers.
        smooth: False if the function has kinks on a grid that a gradient check may hit.
        copies: True if the operation rearranges values, so that another layout is no accident.
        note: why a flag is set.
    """

    layer: str
    arguments: dict[str, Any] = field(default_factory=dict)
    shapes: tuple[tuple[int, ...], ...] = ((5, 6, 3),)
    keras: bool = True
    random: bool = False
    whole: int | None = None
    smooth: bool = True
    copies: bool = False
    note: str = ""

    def make(self) -> layers.Layer:
        layer: layers.Layer = getattr(layers, self.layer)(**self.arguments)
        return layer

    def inputs(self, seed: int = 0, batch: int = 2) -> list[np.ndarray]:
        rng = np.random.default_rng(seed)
        if self.whole is not None:
            return [rng.integers(0, self.whole, (batch, *s)) for s in self.shapes]
        return [rng.normal(size=(batch, *s)).astype("float32") for s in self.shapes]

    def __str__(self) -> str:
        arguments = ",".join(f"{k}={v}" for k, v in self.arguments.items())
        return f"{self.layer}({arguments})".replace(" ", "")


# Keras on torch repeats the border and counts it; on TensorFlow, as here, padding is not counted.
NOT_TORCH_KERAS: dict[str, Any] = {
    "keras": False,
    "note": "Keras on torch counts padding in the mean; tested with the slow definition",
}
IMAGE = ((5, 6, 3),)
FLAT = ((7,),)

CASES: list[Case] = [
    Case("Conv2D", {"filters": 4, "kernel_size": 3}),
    Case("Conv2D", {"filters": 4, "kernel_size": (3, 2), "padding": "same", "activation": "relu"}),
    Case("Conv2D", {"filters": 4, "kernel_size": 2, "strides": (2, 3), "padding": "same"}),
    Case("Conv2D", {"filters": 4, "kernel_size": 2, "dilation_rate": 2, "use_bias": False}),
    Case("Conv2D", {"filters": 6, "kernel_size": 3, "groups": 3, "activation": "softmax"}),
    Case("MaxPooling2D", {}),
    Case("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}),
    Case("MaxPooling2D", {"pool_size": (2, 3), "strides": (1, 2), "padding": "same"}),
    Case("AveragePooling2D", {"pool_size": 2}),
    Case("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, **NOT_TORCH_KERAS),
    Case(
        "AveragePooling2D",
        {"pool_size": (2, 4), "strides": 1, "padding": "same"},
        **NOT_TORCH_KERAS,
    ),
    Case("GlobalMaxPooling2D", {}),
    Case("GlobalMaxPooling2D", {"keepdims": True}),
    Case("GlobalAveragePooling2D", {}),
    Case("GlobalAveragePooling2D", {"keepdims": True}),
    Case("Dense", {"units": 4, "activation": "tanh"}, FLAT),
    Case("Dense", {"units": 4, "use_bias": False}, IMAGE),
    Case("Flatten", {}),
    Case("Flatten", {}, FLAT),
    Case("Reshape", {"target_shape": (9, -1)}),
    Case("Reshape", {"target_shape": (3, 2, 15)}, copies=True),
    Case("ZeroPadding2D", {"padding": ((1, 0), (2, 3))}),
    Case("Activation", {"activation": "silu"}),
    Case("Activation", {"activation": "softmax"}),
    Case("ReLU", {}),
    Case("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}),
    Case("LeakyReLU", {}),
    Case("ELU", {"alpha": 0.7}),
    Case("Softmax", {}),
    Case("Softmax", {"axis": (1, 2)}, copies=True),
    Case("PReLU", {"alpha_initializer": "ones"}),
    Case("PReLU", {"shared_axes": [1, 2]}),
    Case("BatchNormalization", {}),
    Case("BatchNormalization", {"momentum": 0.8, "epsilon": 0.01, "scale": False}, FLAT),
    Case("BatchNormalization", {"axis": 1}, copies=True),
    Case("Add", {}, IMAGE * 3),
    Case("Add", {}, ((5, 6, 3), (1, 1, 3))),
    Case("Concatenate", {}, ((5, 6, 3), (5, 6, 2))),
    Case("Concatenate", {"axis": 1}, ((5, 6, 3), (2, 6, 3))),
    Case("Dropout", {"rate": 0.5}, random=True),
    Case("Dropout", {"rate": 0.5, "noise_shape": (None, 1, 1, None), "seed": 3}, random=True),
    Case("Rescaling", {"scale": 0.5, "offset": -1.0}),
    Case(
        "Rescaling",
        {"scale": (1.0, 2.0, 3.0), "offset": (0.0, 1.0, 2.0)},
        keras=False,
        note="Keras needs arrays there",
    ),
]

# Layers without a case, and why.
WITHOUT_CASE = {
    "InputLayer": "it has no input",
}
