"""What `fit(recipe=...)` trains with: optimizer, losses and data of a recipe, for one model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from striate import data, training
from striate.errors import ArgumentError, ShapeError, message
from striate.graph.inlining import inlined
from striate.layers import BatchNormalization
from striate.models.division import division
from striate.models.sizes import Size, resized_form
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
    model: Trainable, recipe: str | Recipe | None, source: Any, epochs: range, seed: int
) -> tuple[Compiled | None, Any]:
    """What to train with, and on what; without a recipe what is there already.

    Args:
        epochs: the numbers of those to come.

    Raises:
        ArgumentError: the data do not say how many batches an epoch has.
        ShapeError: sizes were asked for that the network does not take.
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
    steps = source.num_batches * max(1, len(epochs))
    flip, shift = _moves(model, found)
    if flip or shift:
        source = data.moved(source, flip=flip, shift=shift, seed=seed)
    sizes = epoch_sizes(model, found, epochs)
    if sizes:
        source = data.resized(source, sizes)
    normalized = any(n.kind_name == "BatchNormalization" for n in inlined(model.graph).graph)
    optimizer = found.optimizer_for(steps, source.batch_size or BATCH_SIZE, normalized)
    if found.stage_decay != 1 or found.shift_rate != 1:
        optimizer.build(with_rates(model, found, optimizer.weight_decay))
    return found.compiled_for(compiled, optimizer), source


def moves_images(model: Trainable, recipe: str | Recipe | None, epochs: int) -> bool:
    """Whether images are another each time they are seen."""
    if recipe is None:
        return False
    found = recipe_of(recipe)
    return any(_moves(model, found)) or bool(epoch_sizes(model, found, range(epochs)))


def epoch_sizes(model: Trainable, recipe: Recipe, epochs: range) -> dict[int, Size]:
    """The size of images by epoch, for epochs that see smaller ones than the model's.

    Raises:
        ShapeError: sizes were asked for that the network does not take.
    """
    graph = model.graph
    own = graph.input_specs[0]
    if len(graph.inputs) != 1 or own.rank != 4 or None in own.spatial:
        return {}
    height, width = own.spatial
    planned = recipe.epoch_sizes((height or 0, width or 0), len(epochs))
    found = {n: size for n, size in zip(epochs, planned, strict=True) if size != own.spatial}
    try:
        for size in set(found.values()):
            resized_form(graph, size)
    except ShapeError:
        if recipe.sizes != "auto":
            raise
        return {}
    return found


def with_rates(
    model: Trainable, recipe: Recipe, weight_decay: float | None
) -> list[dict[str, Any]]:
    """The weights of a model in groups for `Optimizer.build`, each with its rate's factor.

    From the head to the input: the head has the factor 1, each stage in front of it `stage_decay`
    times that of the one behind. Shifts of batch normalisations have `shift_rate` times theirs.

    Args:
        model: a built model.
        recipe: which rates.
        weight_decay: the optimizer's, which does not grow with the rate of shifts.
    """
    level = _stage_levels(model) if recipe.stage_decay != 1 else {}
    shifts = {id(m.beta) for m in model.modules() if isinstance(m, BatchNormalization)}
    groups: dict[tuple[int, bool], list[Any]] = {}
    for name, p in model.named_parameters():
        apart = recipe.shift_rate != 1 and id(p) in shifts
        groups.setdefault((level.get(id(p), 0), apart), []).append((name, p))
    found: list[dict[str, Any]] = []
    for (depth, apart), held in sorted(groups.items()):
        times = recipe.shift_rate if apart else 1.0
        group = {"params": held, "learning_rate_multiplier": recipe.stage_decay**depth * times}
        found.append(group | ({"weight_decay": (weight_decay or 0.0) / times} if apart else {}))
    return found


def _stage_levels(model: Trainable) -> dict[int, int]:
    """By a parameter's identity, how many stages before the head it is; not those of the head."""
    found = division(model)
    level = {
        name: depth for depth, stage in enumerate(reversed(found.stages()), 1) for name in stage
    }
    return {
        id(p): level[name]
        for name, layer in found.layers.items()
        if name in level
        for p in layer.parameters()
    }


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
