"""Models: graphs with layers and weights, under Keras's methods."""

from __future__ import annotations

from striate.models.model import Model as Model
from striate.models.rebuild import clone_model as clone_model
from striate.models.rebuild import model_from_graph as model_from_graph
from striate.models.rebuild import model_from_json as model_from_json
from striate.models.saving import load_model as load_model
from striate.models.saving import load_weights as load_weights
from striate.models.saving import save_model as save_model
from striate.models.saving import save_weights as save_weights
from striate.models.sequential import Sequential as Sequential
