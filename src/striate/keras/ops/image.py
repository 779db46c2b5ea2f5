"""keras.ops.image: functions of images, (H, W, C) or a batch of them."""

from __future__ import annotations

from striate.keras.ops import calling

__all__ = calling.public_names("images")

globals().update({name: calling.function(name) for name in __all__})
