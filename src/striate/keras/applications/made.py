"""Functions with Keras's signatures that build networks of the zoo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from striate import zoo
from striate.errors import ArgumentError, message
from striate.models import Model

# Arguments of Keras's mobile networks that are only taken with the value the zoo has.
_ONLY = {"alpha": 1.0, "depth_multiplier": 1, "minimalistic": False, "data_format": None}


def application(network: str, name: str) -> Callable[..., Model]:
    """Keras's function of this name, for a network of the zoo."""

    def build(
        include_top: bool = True,
        weights: str | None = "imagenet",
        input_tensor: Any = None,
        input_shape: Any = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: Any = "softmax",
        name: str | None = None,
        **options: Any,
    ) -> Model:
        """Builds the network; the arguments are Keras's."""
        for option, value in options.items():
            if option not in _ONLY or value != _ONLY[option]:
                raise ArgumentError(
                    message(
                        build.__name__,
                        "this form of the network is not in the zoo",
                        got={option: value},
                        expected=f"{option}={_ONLY[option]!r}"
                        if option in _ONLY
                        else "no such argument",
                    )
                )
        return zoo.architecture(network)(
            weights,
            include_top=include_top,
            input_tensor=input_tensor,
            input_shape=None if input_shape is None else tuple(input_shape),
            pooling=pooling,
            classes=classes,
            classifier_activation=classifier_activation,
            name=name,
        )

    build.__name__ = build.__qualname__ = name
    return build
