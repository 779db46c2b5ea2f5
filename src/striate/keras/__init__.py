"""Keras's names over striate: `import striate.keras as keras`, or scripts as they are.

    python -m striate.keras script.py --epochs 3
    python -m striate.keras notebook.ipynb
    python -m striate.keras --report script.py

In a notebook, `%load_ext striate.keras` makes `import keras` and `import tensorflow` find this.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from striate import errors

__version__ = "3.15.1+striate"  # the Keras whose meaning it has

# Name at the top of Keras -> module here that has it.
_PLACES = {
    "Initializer": "initializers",
    "Input": "layers",
    "InputSpec": "layers",
    "Layer": "layers",
    "Loss": "losses",
    "Metric": "metrics",
    "Model": "models",
    "Optimizer": "optimizers",
    "Regularizer": "regularizers",
    "Sequential": "models",
    "KerasTensor": "engine",
    "device": "engine",
    "name_scope": "engine",
    "version": "config",
}
_MODULES = (
    "activations",
    "callbacks",
    "config",
    "constraints",
    "engine",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "optimizers",
    "regularizers",
    "saving",
)
__all__ = ["__version__", *_PLACES, *_MODULES]


def __getattr__(name: str) -> Any:
    """Imports a name when it is first used."""
    if name in _PLACES:
        return getattr(importlib.import_module(f"striate.keras.{_PLACES[name]}"), name)
    if name.startswith("__"):
        raise AttributeError(f"module 'striate.keras' has no attribute {name!r}")
    file = Path(__file__).with_name(name)
    if file.is_dir() or file.with_suffix(".py").is_file():
        return importlib.import_module(f"striate.keras.{name}")
    served = importlib.import_module("striate.keras.served")
    raise errors.MissingAttributeError(served.not_covered(f"keras.{name}"))


def __dir__() -> list[str]:
    names: list[str] = importlib.import_module("striate.keras.served").names_of("keras")
    return names


def load_ipython_extension(ipython: Any) -> None:
    """`%load_ext striate.keras`: from here on, `import keras` finds striate."""
    from striate.keras import hook

    hook.install()


def unload_ipython_extension(ipython: Any) -> None:
    """`%unload_ext striate.keras`: the real Keras is found again."""
    from striate.keras import hook

    hook.uninstall()
