"""tf.strings: the parts, the length and the pattern of text."""

from __future__ import annotations

from striate.keras.tensorflow import text

__all__ = list(text.NAMES)

globals().update({name: getattr(text, name) for name in __all__})
