"""keras.ops.nn: functions of networks."""

from __future__ import annotations

from striate.keras.ops import calling
from striate.ops.functions import DEFINITIONS

_MORE = """
celu conv conv_transpose depthwise_conv dot_product_attention elu gelu hard_shrink hard_sigmoid
hard_silu hard_swish hard_tanh leaky_relu log_sigmoid moments relu relu6 selu separable_conv
sigmoid silu soft_shrink softplus softsign sparse_plus sparse_sigmoid squareplus swish
tanh_shrink threshold
"""

__all__ = sorted([*calling.public_names("neural"), *_MORE.split()])

globals().update({name: calling.function(name) for name in __all__ if name in DEFINITIONS})
