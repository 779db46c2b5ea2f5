"""striate: convolutional networks in Keras's words, as native PyTorch modules.

Importing striate loads nothing but this file. Each public name stands in one table with the place
it lives in, and is imported when it is first used; so `striate summary` answers before torch has
been loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0.dev0"

if TYPE_CHECKING:  # the same names as in the table, for type checkers and editors
    from striate import analysis as analysis
    from striate import arrays as arrays
    from striate import data as data
    from striate import diagnosis as diagnosis
    from striate import diagrams as diagrams
    from striate import errors as errors
    from striate import explain as explain
    from striate import graph as graph
    from striate import keras as keras
    from striate import layers as layers
    from striate import models as models
    from striate import training as training
    from striate import zoo as zoo
    from striate.data import datasets as datasets
    from striate.data import to_categorical as to_categorical
    from striate.diagnosis import ClassifierEvaluation as ClassifierEvaluation
    from striate.diagnosis import evaluate_classifier as evaluate_classifier
    from striate.diagnosis import mcnemar as mcnemar
    from striate.diagnosis import scale_temperature as scale_temperature
    from striate.diagnosis import worst_mistakes as worst_mistakes
    from striate.diagrams import plot_model as plot_model
    from striate.diagrams import plot_volumes as plot_volumes
    from striate.errors import ArgumentError as ArgumentError
    from striate.errors import CheckpointError as CheckpointError
    from striate.errors import DataError as DataError
    from striate.errors import DownloadError as DownloadError
    from striate.errors import FormatError as FormatError
    from striate.errors import GraphError as GraphError
    from striate.errors import Interrupted as Interrupted
    from striate.errors import KernelError as KernelError
    from striate.errors import MissingAttributeError as MissingAttributeError
    from striate.errors import MissingExtraError as MissingExtraError
    from striate.errors import MissingModuleError as MissingModuleError
    from striate.errors import NonFiniteError as NonFiniteError
    from striate.errors import NotBuiltError as NotBuiltError
    from striate.errors import NotCompiledError as NotCompiledError
    from striate.errors import ShapeError as ShapeError
    from striate.errors import StorageError as StorageError
    from striate.errors import StriateError as StriateError
    from striate.errors import UnknownNameError as UnknownNameError
    from striate.formats.torch_module import save_torch_source as save_torch_source
    from striate.formats.torch_module import to_torch as to_torch
    from striate.graph import Graph as Graph
    from striate.graph import freeze as freeze
    from striate.layers import Input as Input
    from striate.layers import Layer as Layer
    from striate.models import FineTuning as FineTuning
    from striate.models import Model as Model
    from striate.models import OptimizedModel as OptimizedModel
    from striate.models import Sequential as Sequential
    from striate.models import check_folding as check_folding
    from striate.models import clone_model as clone_model
    from striate.models import fine_tune as fine_tune
    from striate.models import fold_batch_normalization as fold_batch_normalization
    from striate.models import load_model as load_model
    from striate.models import model_from_json as model_from_json
    from striate.models import save_model as save_model
    from striate.models import to_fully_convolutional as to_fully_convolutional
    from striate.ops import activations as activations
    from striate.ops import constraints as constraints
    from striate.ops import initializers as initializers
    from striate.ops import regularizers as regularizers
    from striate.training import History as History
    from striate.training import Recipe as Recipe
    from striate.training import callbacks as callbacks
    from striate.training import find_learning_rate as find_learning_rate
    from striate.training import losses as losses
    from striate.training import metrics as metrics
    from striate.training import optimizers as optimizers
    from striate.training import set_seed as set_seed
    from striate.training.optimizers import schedules as schedules

# Public name -> "module" or "module:name in it".
_PLACES: dict[str, str] = {
    "analysis": "striate.analysis",
    "arrays": "striate.arrays",
    "data": "striate.data",
    "diagnosis": "striate.diagnosis",
    "diagrams": "striate.diagrams",
    "errors": "striate.errors",
    "explain": "striate.explain",
    "graph": "striate.graph",
    "keras": "striate.keras",
    "layers": "striate.layers",
    "models": "striate.models",
    "training": "striate.training",
    "zoo": "striate.zoo",
    "datasets": "striate.data.datasets",
    "to_categorical": "striate.data:to_categorical",
    "ClassifierEvaluation": "striate.diagnosis:ClassifierEvaluation",
    "evaluate_classifier": "striate.diagnosis:evaluate_classifier",
    "mcnemar": "striate.diagnosis:mcnemar",
    "scale_temperature": "striate.diagnosis:scale_temperature",
    "worst_mistakes": "striate.diagnosis:worst_mistakes",
    "plot_model": "striate.diagrams:plot_model",
    "plot_volumes": "striate.diagrams:plot_volumes",
    "ArgumentError": "striate.errors:ArgumentError",
    "CheckpointError": "striate.errors:CheckpointError",
    "DataError": "striate.errors:DataError",
    "DownloadError": "striate.errors:DownloadError",
    "FormatError": "striate.errors:FormatError",
    "GraphError": "striate.errors:GraphError",
    "Interrupted": "striate.errors:Interrupted",
    "KernelError": "striate.errors:KernelError",
    "MissingAttributeError": "striate.errors:MissingAttributeError",
    "MissingExtraError": "striate.errors:MissingExtraError",
    "MissingModuleError": "striate.errors:MissingModuleError",
    "NonFiniteError": "striate.errors:NonFiniteError",
    "NotBuiltError": "striate.errors:NotBuiltError",
    "NotCompiledError": "striate.errors:NotCompiledError",
    "ShapeError": "striate.errors:ShapeError",
    "StorageError": "striate.errors:StorageError",
    "StriateError": "striate.errors:StriateError",
    "UnknownNameError": "striate.errors:UnknownNameError",
    "save_torch_source": "striate.formats.torch_module:save_torch_source",
    "to_torch": "striate.formats.torch_module:to_torch",
    "Graph": "striate.graph:Graph",
    "freeze": "striate.graph:freeze",
    "Input": "striate.layers:Input",
    "Layer": "striate.layers:Layer",
    "FineTuning": "striate.models:FineTuning",
    "Model": "striate.models:Model",
    "OptimizedModel": "striate.models:OptimizedModel",
    "Sequential": "striate.models:Sequential",
    "check_folding": "striate.models:check_folding",
    "clone_model": "striate.models:clone_model",
    "fine_tune": "striate.models:fine_tune",
    "fold_batch_normalization": "striate.models:fold_batch_normalization",
    "load_model": "striate.models:load_model",
    "model_from_json": "striate.models:model_from_json",
    "save_model": "striate.models:save_model",
    "to_fully_convolutional": "striate.models:to_fully_convolutional",
    "activations": "striate.ops.activations",
    "constraints": "striate.ops.constraints",
    "initializers": "striate.ops.initializers",
    "regularizers": "striate.ops.regularizers",
    "History": "striate.training:History",
    "Recipe": "striate.training:Recipe",
    "callbacks": "striate.training.callbacks",
    "find_learning_rate": "striate.training:find_learning_rate",
    "losses": "striate.training.losses",
    "metrics": "striate.training.metrics",
    "optimizers": "striate.training.optimizers",
    "set_seed": "striate.training:set_seed",
    "schedules": "striate.training.optimizers.schedules",
}

if not TYPE_CHECKING:  # hidden from type checkers, which would then accept any name

    def __getattr__(name: str) -> object:
        """Imports a public name when it is first used, and keeps it."""
        place = _PLACES.get(name)
        if place is None:
            raise AttributeError(f"module 'striate' has no attribute {name!r}")
        import importlib

        module, _, attribute = place.partition(":")
        value = importlib.import_module(module)
        if attribute:
            value = getattr(value, attribute)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*_PLACES, *(name for name in globals() if name.startswith("__"))})
