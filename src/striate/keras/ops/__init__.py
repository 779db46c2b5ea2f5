"""keras.ops: one set of functions for symbols, which they are recorded on, and for data."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from striate.keras.ops import calling

_SPACES = ("core", "numpy", "nn", "linalg")
_MORE = ["erf", "erfinv", "in_top_k", "logsumexp", "rsqrt", "top_k"]
_MODULES = ["image", "linalg", "nn", "numpy"]


def _modules() -> list[Any]:
    return [importlib.import_module(f"{__name__}.{space}") for space in _SPACES]


__all__ = sorted({*_MODULES, *_MORE, *(name for m in _modules() for name in m.__all__)})
__all__ += ["image"] if "image" not in __all__ else []

for _module in reversed(_modules()):
    globals().update({name: getattr(_module, name) for name in _module.__all__})
globals().update({name: calling.function(name) for name in _MORE})
for _name in _MODULES:
    globals()[_name] = importlib.import_module(f"{__name__}.{_name}")

if TYPE_CHECKING:

    def __getattr__(name: str) -> Any: ...
