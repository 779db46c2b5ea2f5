"""tf.compat: TensorFlow 1 and 2 by their numbers."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["as_bytes", "as_str", "v1", "v2"]  # noqa: F822


def as_bytes(bytes_or_text: str | bytes, encoding: str = "utf-8") -> bytes:
    """Text as bytes."""
    return bytes_or_text.encode(encoding) if isinstance(bytes_or_text, str) else bytes_or_text


def as_str(bytes_or_text: str | bytes, encoding: str = "utf-8") -> str:
    """Bytes as text."""
    return bytes_or_text.decode(encoding) if isinstance(bytes_or_text, bytes) else bytes_or_text


def __getattr__(name: str) -> Any:
    if name in ("v1", "v2"):
        return importlib.import_module("striate.keras.tensorflow")
    raise AttributeError(f"module 'tensorflow.compat' has no attribute {name!r}")
