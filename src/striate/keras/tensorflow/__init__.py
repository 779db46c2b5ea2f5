"""tensorflow: what scripts of convolutional networks use of it besides `tf.keras`.

There is no TensorFlow behind it: tensors are torch's, gradients its autograd's.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from striate.keras.tensorflow import basic, flow, old, settings
from striate.keras.tensorflow.tape import GradientTape as GradientTape
from striate.keras.tensorflow.types import DTYPES
from striate.keras.tensorflow.types import DType as DType
from striate.keras.tensorflow.types import TensorShape as TensorShape
from striate.keras.tensorflow.types import TensorSpec as TensorSpec
from striate.keras.tensorflow.types import as_dtype as as_dtype
from striate.keras.tensors import Tensor as Tensor
from striate.keras.variables import Variable as Variable

__version__ = "2.20.0+striate"  # the TensorFlow whose meaning it has
newaxis = None
AUTO_REUSE = None

_MODULES = [
    *("client", "compat", "config", "data", "distribute", "image", "io", "math", "nn", "random"),
    *("strings", "test"),
]
_OWN = [
    *("AUTO_REUSE", "DType", "GradientTape", "Tensor", "TensorShape", "TensorSpec", "Variable"),
    *("as_dtype", "newaxis"),
]

for _module in (old, settings):
    globals().update({name: getattr(_module, name) for name in _module.NAMES})
globals().update(basic.NAMES | flow.NAMES | DTYPES)


class UnconnectedGradients:
    """What a gradient is where nothing depends."""

    NONE = "none"
    ZERO = "zero"


class version:
    """Numbers of this version."""

    VERSION = __version__
    GIT_VERSION = __version__
    COMPILER_VERSION = "none"


VERSION = __version__
_MORE = ["UnconnectedGradients", "VERSION", "__version__", "version"]

__all__ = sorted(
    {
        *_MODULES,
        *_OWN,
        *_MORE,
        *DTYPES,
        *basic.NAMES,
        *flow.NAMES,
        *settings.NAMES,
        *old.NAMES,
    }
)


def __getattr__(name: str) -> Any:
    if name == "keras":
        return importlib.import_module("striate.keras")
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in ("losses", "metrics", "optimizers", "initializers"):
        return importlib.import_module(f"striate.keras.{name}")
    if name[:2] == "__":
        raise AttributeError(f"module 'tensorflow' has no attribute {name!r}")
    served = importlib.import_module("striate.keras.served")
    served.refuse(f"tensorflow.{name}")
    errors = importlib.import_module("striate.errors")
    raise errors.MissingAttributeError(served.not_covered(f"tensorflow.{name}"))


if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...
