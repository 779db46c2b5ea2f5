"""keras.backend: the functions of Keras 1 and 2, on tensors and on symbols."""

from __future__ import annotations

from striate.keras.backend import functions, graphs, maps, sessions
from striate.keras.backend.sessions import _get_available_gpus as _get_available_gpus

__all__ = sorted({*functions.NAMES, *maps.NAMES, *graphs.NAMES, *sessions.NAMES} - {"Phase"})

for _module in (functions, graphs, maps, sessions):
    globals().update({name: getattr(_module, name) for name in _module.NAMES})
