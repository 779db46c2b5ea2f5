"""What models of Keras 1 and 2 could do besides: methods and arguments with other names now."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from striate import errors
from striate.keras import mixed_precision, notes, optimizers, saving
from striate.keras.own_steps import OwnSteps
from striate.layers import InputLayer, Layer, Normalization, Rescaling, Resizing
from striate.layers.augmentation.base import OnImages
from striate.layers.calls import by_itself, inside
from striate.models import Sequential
from striate.models.foreign import keras_order

# Arguments that say how data are fetched, or how TensorFlow runs: there is nothing to choose here.
_IDLE = (
    *("workers", "use_multiprocessing", "max_queue_size", "max_q_size", "nb_worker"),
    *("pickle_safe", "wait_time", "experimental_run_tf_function", "options", "sample_weight_mode"),
    *("target_tensors", "class_mode", "distribute", "experimental_steps_per_execution"),
)
_RENAMED = {
    "nb_epoch": "epochs",
    "nb_val_samples": "validation_samples",
    "val_samples": "samples",
    "generator": "x",
}
_SAID = {"validation_samples": "validation_steps", "samples": "steps"}  # they count batches
_SCALING = (InputLayer, Normalization, Rescaling, Resizing)
_STRIATE_OR_KERAS = (".striate", ".h5", ".hdf5", ".keras", ".safetensors")


class OlderModel(OwnSteps):
    """Mixed into the models of `keras.models`: what scripts of every age call on them."""

    if TYPE_CHECKING:
        inputs: list[Any]
        name: str
        built: bool
        call: Any
        _owners: dict[str, Any]
        optimizer: Any
        loss: Any

    @property
    def layers(self) -> list[Any]:
        """The layers in the order in which Keras lists them: of branches, by their depth."""
        found: list[Any] = super().layers  # type: ignore[misc]
        if isinstance(self, Sequential) or type(self).call is not Layer.call or not self.built:
            return found
        owners = {owner: name for name, owner in self._owners.items()}
        places = {name: place for place, name in enumerate(keras_order(self))}  # type: ignore[arg-type]
        return sorted(found, key=lambda layer: places[owners[layer]])

    def forward(self, *args: Any, training: bool | None = None, **kwargs: Any) -> Any:
        """Runs the model; one of layers that augment augments if it is called by itself."""
        if training is None and by_itself() and _only_augments(self):
            training = True
        return super().forward(*args, training=training, **kwargs)  # type: ignore[misc]

    def compile(
        self, optimizer: Any = "rmsprop", loss: Any = None, *args: Any, **kwargs: Any
    ) -> None:
        """Says how to train; see `striate.Model.compile`."""
        kwargs = _today(kwargs)
        if len(args) > 0 and _is_metrics(args[0]):  # Keras 1 and 2: metrics came third
            args = (None, args[0], *args[1:])
        given = dict(zip(("loss_weights", "metrics", "weighted_metrics"), args, strict=False))
        given = {**given, **kwargs}
        for name in ("metrics", "weighted_metrics"):
            if name in given:
                given[name] = _own(given[name])
        super().compile(optimizers.get(optimizer), _own(loss), **given)  # type: ignore[misc]

    def fit(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Trains the model; see `striate.Model.fit`.

        Returns:
            What was measured after each epoch.
        """
        kwargs = _today(kwargs)
        if kwargs.pop("show_accuracy", False) and not _measures(self):
            self.compile(self.optimizer, self.loss, metrics=["accuracy"])
        given = {**dict(zip(_FIT, args, strict=False)), **kwargs}
        given["validation_data"] = _pair(given.get("validation_data"))
        if "precision" not in given:
            given["precision"] = mixed_precision.PRECISIONS[mixed_precision.global_policy().name]
        _show_validation(given.get("callbacks"), given["validation_data"])
        with inside():
            return super().fit(x, y, **given)  # type: ignore[misc]

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """Loss and metrics over data; see `striate.Model.evaluate`."""
        kwargs = _today(kwargs)
        kwargs.pop("show_accuracy", None)
        with inside():
            return super().evaluate(*args, **kwargs)  # type: ignore[misc]

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs for data; see `striate.Model.predict`."""
        with inside():
            return super().predict(*args, **_today(kwargs))  # type: ignore[misc]

    def predict_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs for one batch; see `striate.Model.predict_on_batch`."""
        with inside():
            return super().predict_on_batch(*args, **kwargs)  # type: ignore[misc]

    def fit_generator(
        self, generator: Any, steps_per_epoch: Any = None, epochs: int = 1, **kwargs: Any
    ) -> Any:
        """`fit` on batches, with the arguments of Keras 1 and 2."""
        notes.old("Model.fit_generator", "Model.fit")
        in_samples = "nb_epoch" in kwargs or "nb_val_samples" in kwargs
        samples = kwargs.pop("samples_per_epoch", None)
        epochs = kwargs.pop("nb_epoch", epochs)
        if samples is None and in_samples:
            samples, steps_per_epoch = steps_per_epoch, None
        if samples is not None:
            generator, steps_per_epoch = _in_steps(generator, samples)
        kwargs = _today(kwargs)
        checked = kwargs.pop("validation_samples", None)
        if checked is not None:
            data, steps = _in_steps(kwargs["validation_data"], checked)
            kwargs["validation_data"], kwargs["validation_steps"] = data, steps
        return self.fit(generator, steps_per_epoch=steps_per_epoch, epochs=epochs, **kwargs)

    def evaluate_generator(self, generator: Any, steps: Any = None, **kwargs: Any) -> Any:
        """`evaluate` on batches, with the arguments of Keras 1 and 2."""
        notes.old("Model.evaluate_generator", "Model.evaluate")
        generator, steps, kwargs = _counted(generator, steps, kwargs)
        steps = None if steps is None else math.ceil(steps)
        return self.evaluate(generator, steps=steps, **kwargs)

    def predict_generator(self, generator: Any, steps: Any = None, **kwargs: Any) -> Any:
        """`predict` on batches, with the arguments of Keras 1 and 2."""
        notes.old("Model.predict_generator", "Model.predict")
        generator, steps, kwargs = _counted(generator, steps, kwargs)
        steps = None if steps is None else math.ceil(steps)
        kwargs.setdefault("verbose", 0)
        return self.predict(generator, steps=steps, **kwargs)

    def predict_proba(self, x: Any, batch_size: int | None = None, verbose: int = 0) -> Any:
        """`predict`."""
        notes.old("Model.predict_proba", "Model.predict")
        return self.predict(x, batch_size=batch_size, verbose=verbose)

    def predict_classes(self, x: Any, batch_size: int | None = None, verbose: int = 0) -> Any:
        """The class of each sample: the largest output; of one output, whether it is above 0.5."""
        notes.old("Model.predict_classes", "np.argmax(model.predict(x), axis=-1)")
        found = self.predict(x, batch_size=batch_size, verbose=verbose)
        if found.shape[-1] > 1:
            return np.argmax(found, axis=-1)
        return (found > 0.5).astype("int32")

    def save(
        self, path: Any, overwrite: bool = True, include_optimizer: bool = True, **_: Any
    ) -> None:
        """Writes the model: .keras, .h5 and .striate by their names, HDF5 under any other."""
        with named_by_format(path) as name:
            super().save(name, overwrite=overwrite, include_optimizer=include_optimizer)  # type: ignore[misc]

    def save_weights(self, path: Any, overwrite: bool = True, **_: Any) -> None:
        """Writes the weights: .h5 and .safetensors by their names, HDF5 under any other."""
        with named_by_format(path) as name:
            super().save_weights(name, overwrite=overwrite)  # type: ignore[misc]

    def load_weights(
        self, path: Any, skip_mismatch: bool = False, by_name: bool = False, **_: Any
    ) -> None:
        """Sets the weights from a file of any Keras age."""
        super().load_weights(path, skip_mismatch=skip_mismatch, by_name=by_name)  # type: ignore[misc]

    def to_yaml(self, **_: Any) -> str:
        """Refused, as Keras has done since 2.6: YAML of a stranger can run code.

        Raises:
            ArgumentError: always.
        """
        raise errors.ArgumentError(yaml_refusal("to_yaml"))

    def _set_outputs(self, outputs: Any) -> None:
        """`model.outputs = [...]`, by which scripts cut the end of a model off."""
        made = type(self)(self.inputs, outputs, name=self.name)  # type: ignore[call-arg]
        self.__dict__.update(made.__dict__)


_FIT = (
    *("batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data"),
    *("shuffle", "class_weight", "sample_weight", "initial_epoch", "steps_per_epoch"),
    *("validation_steps", "validation_batch_size", "validation_freq"),
)


def _only_augments(model: Any) -> bool:
    """Whether all that a model does is to change images at random, and to scale them."""
    found = model.layers
    changes = any(isinstance(layer, OnImages) for layer in found)
    return changes and all(isinstance(layer, (OnImages, *_SCALING)) for layer in found)


def yaml_refusal(what: str) -> str:
    """Why YAML is refused, for a message."""
    return errors.message(
        what,
        "YAML is not read or written, because a stranger's could run code; no Keras since 2.6 does",
        fix="Use model.to_json() and model_from_json",
    )


def _today(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments under today's names, without those that say nothing here."""
    found = {}
    for name, value in kwargs.items():
        if name in _RENAMED and name != "generator":
            notes.old(f"{name} of a model", _SAID.get(_RENAMED[name], _RENAMED[name]))
        if name not in _IDLE:
            found[_RENAMED.get(name, name)] = value
    return found


def _is_metrics(value: Any) -> bool:
    """Whether Keras 1 and 2's third argument of compile is passed by place."""
    return isinstance(value, (list, tuple)) and all(not isinstance(v, (int, float)) for v in value)


def _own(given: Any) -> Any:
    """Names of the user's own functions as these."""
    if isinstance(given, str):
        return saving.get_custom_objects().get(given, given)
    if isinstance(given, Mapping):
        return {key: _own(value) for key, value in given.items()}
    return type(given)(map(_own, given)) if isinstance(given, (list, tuple)) else given


def _measures(model: Any) -> bool:
    return bool(model._compiled is not None and model._compiled.metrics)


def _pair(given: Any) -> Any:
    """[x, y] as (x, y): earlier Keras took validation data as a list, too."""
    return tuple(given) if isinstance(given, list) and len(given) in (2, 3) else given


def _show_validation(callbacks: Any, data: Any) -> None:
    """Callbacks of Keras 1 and 2 read `self.validation_data`."""
    if not isinstance(data, tuple) or callbacks is None:
        return
    shown = (
        [*data, np.ones(len(data[1]))] if len(data) == 2 and hasattr(data[1], "__len__") else data
    )
    for callback in callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]:
        if getattr(callback, "validation_data", None) is None:
            callback.validation_data = shown


def _counted(generator: Any, steps: Any, kwargs: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """Data and steps, where Keras 1 counted in samples."""
    kwargs = _today(kwargs)
    samples = kwargs.pop("samples", None)
    if samples is not None:
        generator, steps = _in_steps(generator, samples)
    return generator, steps, kwargs


def _in_steps(generator: Any, samples: float) -> tuple[Any, int]:
    """The generator, and the number of its batches that have so many samples together."""
    size = getattr(generator, "batch_size", None)
    if size is None and isinstance(generator, Iterator):
        first = next(generator)
        size = len(first[0] if not isinstance(first[0], (list, tuple)) else first[0][0])
        generator = _again(first, generator)
    return generator, math.ceil(samples / (size or 1))


def _again(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest


class named_by_format:
    """A name that says its format; the file is then moved to the name that was asked for.

    Args:
        path: as the script has it.
    """

    def __init__(self, path: Any) -> None:
        self.path = Path(path)
        known = self.path.suffix in _STRIATE_OR_KERAS
        # a name that nobody has: beside "weights" there may be a "weights.h5"
        aside = f"{self.path.name}.{os.getpid()}.partial.h5"
        self.name = self.path if known else self.path.with_name(aside)

    def __enter__(self) -> str:
        return str(self.name)

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None and self.name != self.path:
            os.replace(self.name, self.path)
