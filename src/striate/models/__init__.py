"""Models: graphs with layers and weights, under Keras's methods."""

from __future__ import annotations

from striate.models.fine_tuning import FineTuning as FineTuning
from striate.models.fine_tuning import Phase as Phase
from striate.models.fine_tuning import fine_tune as fine_tune
from striate.models.folding import FoldingCheck as FoldingCheck
from striate.models.folding import check_folding as check_folding
from striate.models.folding import fold_batch_normalization as fold_batch_normalization
from striate.models.fully_convolutional import to_fully_convolutional as to_fully_convolutional
from striate.models.model import Model as Model
from striate.models.optimized import OptimizedModel as OptimizedModel
from striate.models.rebuild import clone_model as clone_model
from striate.models.rebuild import model_from_graph as model_from_graph
from striate.models.rebuild import model_from_json as model_from_json
from striate.models.saving import load_model as load_model
from striate.models.saving import load_weights as load_weights
from striate.models.saving import save_model as save_model
from striate.models.saving import save_weights as save_weights
from striate.models.sequential import Sequential as Sequential
