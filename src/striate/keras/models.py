"""keras.models: models, with the methods and arguments of every Keras age."""

from __future__ import annotations

from typing import Any

from striate import errors
from striate import models as _models
from striate.keras import notes, saving
from striate.keras.older_models import OlderModel, yaml_refusal
from striate.keras.spelling import Spelled


class Model(OlderModel, _models.Model, metaclass=Spelled):
    """A network from inputs to outputs; see `striate.Model`.

    Args:
        inputs: symbol, list or dict of symbols; `input` in Keras 1.
        outputs: symbol, list or dict of symbols; `output` in Keras 1.
    """

    _stands_for = _models.Model

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        for old, new in (("input", "inputs"), ("output", "outputs")):
            if old in kwargs:
                notes.old(f"{old} of Model", new)
                kwargs[new] = kwargs.pop(old)
        kwargs.pop("dynamic", None)
        super().__init__(*args, **kwargs)

    @property
    def base_name(self) -> str:
        return "functional" if type(self) is Model else super().base_name

    @property
    def outputs(self) -> list[Any]:
        """The symbols that the model returns; scripts cut a model by setting them."""
        return super().outputs

    @outputs.setter
    def outputs(self, outputs: Any) -> None:
        self._set_outputs(outputs)

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """A model from what `get_config` returned."""
        return adopted(_models.Model.from_config(config))


class Sequential(OlderModel, _models.Sequential, metaclass=Spelled):
    """Layers one after another; see `striate.Sequential`."""

    _stands_for = _models.Sequential

    @classmethod
    def from_config(cls, config: Any, custom_objects: Any = None) -> Any:
        """A model from what `get_config` returned."""
        return adopted(_models.Sequential.from_config(config))


def adopted(model: Any) -> Any:
    """A model of striate's, such as one from a file, with the methods of every age."""
    kinds = ((_models.Model, Model), (_models.Sequential, Sequential))
    kind = next((new for old, new in kinds if type(model) is old), None)
    if kind is not None:
        model.__class__ = kind
    return model


def _objects(given: Any) -> dict[str, Any]:
    return {**saving.get_custom_objects(), **(given or {})}


def load_model(
    filepath: Any,
    custom_objects: Any = None,
    compile: bool = True,
    safe_mode: bool = True,
    **_: Any,
) -> Any:
    """A model from a file of any Keras age, or of striate's; no code in it is run."""
    return adopted(_models.load_model(filepath, _objects(custom_objects), compile))


def save_model(model: Any, filepath: Any, overwrite: bool = True, **kwargs: Any) -> None:
    """Writes a model; the ending of the name says in which format."""
    adopted(model).save(filepath, overwrite=overwrite, **kwargs)


def model_from_json(json_string: str, custom_objects: Any = None) -> Any:
    """A model with new weights from `to_json`, of striate's or of any Keras age."""
    return adopted(_models.model_from_json(json_string, _objects(custom_objects)))


def model_from_config(config: Any, custom_objects: Any = None) -> Any:
    """A model with new weights from a configuration."""
    import json

    return model_from_json(json.dumps(config), custom_objects)


def model_from_yaml(yaml_string: str, custom_objects: Any = None) -> Any:
    """Refused, as Keras has done since 2.6.

    Raises:
        ArgumentError: always.
    """
    raise errors.ArgumentError(yaml_refusal("model_from_yaml"))


def clone_model(model: Any, input_tensors: Any = None, clone_function: Any = None, **_: Any) -> Any:
    """A model of the same layers with new weights.

    Raises:
        ArgumentError: `input_tensors` or `clone_function` is given.
    """
    if input_tensors is not None or clone_function is not None:
        raise errors.ArgumentError(
            errors.message(
                "clone_model",
                "a copy is on new inputs and of the same layers",
                fix="Call the copy on your tensors: clone_model(model)(x)",
            )
        )
    return adopted(_models.clone_model(model))


__all__ = [
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_config",
    "model_from_json",
    "model_from_yaml",
    "save_model",
]
