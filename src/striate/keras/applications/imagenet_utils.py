"""keras.applications.imagenet_utils."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate import zoo
from striate.errors import ShapeError, message, unknown_name
from striate.zoo import decode_predictions as decode_predictions

_MODES = {"caffe": "vgg16", "tf": "xception", "torch": "densenet121"}


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Images as one of the three families of weights expects them: "caffe", "tf" or "torch"."""
    if mode not in _MODES:
        raise unknown_name("preprocess_input", "mode", mode, _MODES)
    return zoo.preprocess_input(_MODES[mode])(x)


def _obtain_input_shape(
    input_shape: Sequence[int | None] | None,
    default_size: int,
    min_size: int,
    data_format: str | None,
    require_flatten: bool,
    weights: str | None = None,
) -> tuple[int | None, ...]:
    """The input shape of a network that a script writes as the applications of Keras 2 are.

    Args:
        input_shape: as the script's user gave it.
        default_size: height and width that the weights were trained at, in pixels.
        min_size: the smallest height and width that the network takes.
        data_format: "channels_last" or "channels_first".
        require_flatten: whether the network ends in layers that need a fixed size.
        weights: "imagenet" ties a network with such layers to its default size.

    Raises:
        ShapeError: another number of axes, too small, or an open size that must be known.
    """
    first = data_format == "channels_first"
    given = None if input_shape is None else tuple(input_shape)
    channels = 3 if given is None or len(given) != 3 else given[0 if first else -1]

    def placed(height: int | None, width: int | None) -> tuple[int | None, ...]:
        return (channels, height, width) if first else (height, width, channels)

    usual = placed(default_size, default_size)
    if given is None:
        return usual if require_flatten else placed(None, None)
    sides = given[1:] if first else given[:-1]
    fits = len(given) == 3 and all(n is None or n >= min_size for n in sides)
    tied = weights == "imagenet" and require_flatten and given != usual
    if not fits or tied or (require_flatten and None in given):
        expected = f"{usual}" if tied else f"three sizes, {min_size} px or more each side"
        raise ShapeError(
            message(
                "_obtain_input_shape",
                "the network cannot take this input shape",
                got={"input_shape": given},
                expected=expected,
            )
        )
    return given


__all__ = ["_obtain_input_shape", "decode_predictions", "preprocess_input"]
