"""keras.callbacks: what is told how training goes, and may change it."""

from __future__ import annotations

from typing import Any

from striate.keras import notes, surface
from striate.keras.spelling import by_names, stand_in
from striate.training import callbacks as _callbacks

# What earlier callbacks took that says nothing here.
_IDLE = {
    "ModelCheckpoint": ("options", "load_weights_on_restart"),
    "TensorBoard": ("batch_size", "write_grads", "embeddings_layer_names", "embeddings_data"),
    "ReduceLROnPlateau": (),
    "EarlyStopping": (),
}
_MODES = ("auto", "min", "max")


def _take(name: str, kind: Any) -> Any:
    def translate(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        given = by_names(kind.__init__, args, kwargs)
        if name == "ReduceLROnPlateau" and "epsilon" in given:
            notes.old("epsilon of ReduceLROnPlateau", "min_delta")
            given["min_delta"] = given.pop("epsilon")
        if given.get("mode", "auto") not in _MODES:
            notes.say(f"mode={given['mode']!r} of {name} is none that Keras has: auto is taken")
            given["mode"] = "auto"
        return {k: v for k, v in given.items() if k not in _IDLE[name]}

    return stand_in(kind, translate)


_NAMES = surface.take(_callbacks)
_NAMES.update({name: _take(name, _NAMES[name]) for name in _IDLE})
globals().update(_NAMES)
BaseLogger = _callbacks.Callback

__all__ = [*_NAMES, "BaseLogger"]
