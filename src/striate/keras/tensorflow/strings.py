"""tf.strings: the parts, the length and the pattern of text."""

from __future__ import annotations

from striate.keras.tensorflow import text

__all__ = list(text.__all__)  # noqa: PLE0604

globals().update({name: getattr(text, name) for name in __all__})
