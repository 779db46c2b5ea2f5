"""tf.compat: TensorFlow 1 and 2 by their numbers."""

from __future__ import annotations

from striate.keras.tensorflow.compat import v1 as v1

__all__ = ["as_bytes", "as_str", "v1"]


def as_bytes(bytes_or_text: str | bytes, encoding: str = "utf-8") -> bytes:
    """Text as bytes."""
    return bytes_or_text.encode(encoding) if isinstance(bytes_or_text, str) else bytes_or_text


def as_str(bytes_or_text: str | bytes, encoding: str = "utf-8") -> str:
    """Bytes as text."""
    return bytes_or_text.decode(encoding) if isinstance(bytes_or_text, bytes) else bytes_or_text
