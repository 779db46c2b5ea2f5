"""What `fit(recipe=...)` trains with: optimizer, losses and data of a recipe, for one model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from striate import data, training
from striate.errors import ArgumentError, message
from striate.plan.logits import logits_split
from striate.training.compiled import Compiled, require_compiled
from striate.training.recipe import BATCH_SIZE, Recipe, recipe_of

if TYPE_CHECKING:
    from striate.models.training import Trainable

_LOSSES = {"softmax": "categorical_crossentropy", "sigmoid": "binary_crossentropy"}


def batch_size_of(recipe: str | Recipe | None, given: int | None) -> int | None:
    """The batch size of `fit`: what is given, with a recipe 128 where nothing is."""
    return BATCH_SIZE if given is None and recipe is not None else given


def followed(
    model: Trainable, recipe: str | Recipe | None, source: Any, epochs: int, seed: int
) -> tuple[Compiled | None, Any]:
    """What to train with, and on what; without a recipe what is there already.

    Raises:
        ArgumentError: the data do not say how many batches an epoch has.
        NotCompiledError: before `compile`, where the loss does not follow from the model.
    """
    if recipe is None:
        return model._compiled, source
    found = recipe_of(recipe)
    if source.num_batches is None:
        raise ArgumentError(
            message(
                "fit (recipe)",
                "the data do not say how many batches an epoch has",
                expected="a number, because the learning rate ends at zero after the last step",
                fix="Give steps_per_epoch",
            )
        )
    compiled = require_compiled(model._compiled, "fit")
    steps = source.num_batches * max(1, epochs)
    flip, shift = _moves(model, found)
    if flip or shift:
        source = data.moved(source, flip=flip, shift=shift, seed=seed)
    normalized = any(node.kind_name == "BatchNormalization" for node in model.graph)
    optimizer = found.optimizer_for(steps, source.batch_size or BATCH_SIZE, normalized)
    return found.compiled_for(compiled, optimizer), source


def compile_for(model: Trainable, recipe: str | Recipe | None, y: Any) -> None:
    """Compiles a model that is not, where a recipe is given and the loss follows from its end."""
    if recipe is None or model._compiled is not None:
        return
    activations = logits_split(model.graph, model._owners) or ()
    loss = _LOSSES.get(activations[0] or "") if len(activations) == 1 else None
    shape = getattr(y, "shape", None)
    if loss is None or shape is None:
        return
    sparse = loss == "categorical_crossentropy" and (len(shape) < 2 or shape[-1] == 1)
    model._compiled = training.compile(
        recipe_of(recipe).optimizer, f"sparse_{loss}" if sparse else loss, metrics=["accuracy"]
    )


def _moves(model: Trainable, recipe: Recipe) -> tuple[bool, int]:
    """What is done to images; nothing to other inputs."""
    specs = model.graph.input_specs
    if len(specs) != 1 or specs[0].rank != 4:
        return False, 0
    return recipe.moves(specs[0].shape[1:])
