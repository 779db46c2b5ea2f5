"""fine_tune: a trained network learns other classes, its head first, then stage by stage."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from striate import data, errors, training
from striate.data.datasets import Dataset
from striate.data.leaves import is_array_like
from striate.layers import BatchNormalization
from striate.models.division import Division, division
from striate.models.freezing import set_trainable
from striate.models.model import Model
from striate.models.recipes import compile_for
from striate.models.saving import load_model
from striate.training import History, Recipe
from striate.training.callbacks import Callback
from striate.training.progress import say

WHERE = "fine_tune"

# Rates at batch 128, AdamW. The head is new, sits on fixed features and learns fast. Stages know
# something and change slowly, each at half of the rate of the one behind it: Howard & Ruder divide
# by 2.6 per layer of a language model, which was too careful for stages here. Half of the usual
# weight decay: weights are to stay near where they begin.
HEAD_RATE = 0.03
TUNING = Recipe(
    learning_rate=0.002, weight_decay=0.01, warmup_share=0.1, stage_decay=0.5, sizes=(1,)
)


@dataclasses.dataclass(frozen=True)
class Phase:
    """A part of a fine-tuning.

    Args:
        name: "head" or "stages".
        first_epoch: its first epoch, from 0.
        epochs: how many it has.
        stages: how many stages of the backbone train at its end.
    """

    name: str
    first_epoch: int
    epochs: int
    stages: int


class FineTuning(History):
    """The history of all phases of a `fine_tune`, epoch after epoch.

    Attributes:
        model: the model that was trained.
        phases: what was done in which epochs.

    Example:
        >>> FineTuning().phases
        []
    """

    def __init__(self) -> None:
        super().__init__()
        self.phases: list[Phase] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Keeps what earlier phases measured."""


def fine_tune(
    model: Model | str | os.PathLike[str],
    x: Any,
    y: Any = None,
    *,
    classes: int | Sequence[str] | None = None,
    head_epochs: int = 20,
    epochs: int = 10,
    batch_size: int = 32,
    validation_data: Any = None,
    validation_split: float = 0.0,
    recipe: Recipe = TUNING,
    gradual: bool = True,
    batch_normalization: bool = False,
    cache_features: bool | str | os.PathLike[str] = "auto",
    callbacks: Any = None,
    verbose: str | int = "auto",
    device: Any = "auto",
    seed: int | None = None,
    precision: str = "auto",
    checkpoint_dir: str | os.PathLike[str] | None = None,
    resume: bool = False,
) -> FineTuning:
    """Trains a model that has learned other images for the classes of these.

    First, where the classes are others than the model's, a new head takes the place of the old
    one (`Model.replace_head`). Then the head alone is trained, with the backbone frozen: it runs
    once per image where that changes nothing (`cache_features` of `fit`). Then the stages of the
    backbone train too, the last one first and one more in each epoch, each at a lower rate than
    the one behind it. Batch normalisations of the backbone stay as they are: the statistics of
    few images are worse than those of pretraining. Afterwards every layer is as trainable as it
    was before. Whether tuning the stages gains much over the head alone depends on how far the
    new images are from the old ones; `epochs=0` leaves it out.

    Args:
        model: a built model, which is changed; or a file, whose model is `history.model` then.
        x: arrays, batches, or what `striate.datasets.load` returns; as in `fit`.
        y: labels, if `x` is arrays.
        classes: their names, or how many; None: from the data (`class_names`, `classes`, or the
            largest label). Names travel with the model.
        head_epochs: for the head alone.
        epochs: for the stages.
        batch_size: samples per step.
        validation_data: as in `fit`.
        validation_split: as in `fit`.
        recipe: how stages are trained: optimizer, rates, augmentation. The head is trained by
            the same one, without augmentation, at a rate of 0.03 (at batch 128).
        gradual: False trains all stages from the beginning of their epochs.
        batch_normalization: True trains those of the backbone, too.
        cache_features: as in `fit`.
        callbacks: as in `fit`, for both parts; one that stops ends the part.
        verbose: as in `fit`; says what is done, too.
        device: as in `fit`.
        seed: as in `fit`; of the new head, too.
        precision: as in `fit`.
        checkpoint_dir: as in `fit`.
        resume: goes on with what was stopped in `checkpoint_dir`.

    Returns:
        What was measured in each epoch; `phases` says which epochs did what.

    Raises:
        ArgumentError: the classes are not known, or there is nothing to do.
        GraphError: the model cannot be divided into backbone and head.
        Interrupted: Ctrl-C or SIGTERM; the model keeps its weights, the message says how to go on.

    Example:
        >>> import numpy as np
        >>> import striate as st
        >>> model = st.zoo.resnet20()
        >>> images, labels = np.zeros((8, 32, 32, 3), np.uint8), np.arange(8) % 2
        >>> history = st.fine_tune(
        ...     model, images, labels, classes=["cat", "dog"], head_epochs=2, epochs=1, verbose=0
        ... )
        >>> model.class_names, history.epoch, [phase.name for phase in history.phases]
        (['cat', 'dog'], [0, 1, 2], ['head', 'stages'])

    References:
        Howard & Ruder (2018), gradual unfreezing and rates by layer,
        https://arxiv.org/abs/1801.06146; Kornblith et al. (2019), what tuning gains over fixed
        features, https://arxiv.org/abs/1805.08974
    """
    if head_epochs + epochs < 1:
        raise _nothing(head_epochs, epochs)
    if seed is not None:
        training.set_seed(seed)
    found = load_model(model) if isinstance(model, (str, os.PathLike)) else model
    x, y = _prepare(found, x, y, classes, bool(verbose))
    compile_for(found, recipe, y if y is not None else _first_targets(x))
    common: dict[str, Any] = {
        "y": y,
        "batch_size": batch_size,
        "validation_data": validation_data,
        "validation_split": validation_split,
        "verbose": verbose,
        "device": device,
        "seed": seed,
        "precision": precision,
        "resume": resume,
    }
    tuning = Tuning(found, x, common, callbacks, checkpoint_dir, bool(verbose))
    with tuning.restored():
        if head_epochs:
            tuning.head(head_epochs, recipe, cache_features)
        if epochs:
            tuning.stages(head_epochs, epochs, recipe, gradual, batch_normalization)
    return tuning.history


class Tuning:
    """One fine-tuning.

    Args:
        model: what is trained, with its new head.
        x: the data.
        common: arguments of both calls of `fit`.
        callbacks: the user's.
        folder: for checkpoints, None for none.
        talks: whether it is said what is done.
    """

    def __init__(
        self, model: Model, x: Any, common: dict[str, Any], callbacks: Any, folder: Any, talks: bool
    ) -> None:
        self.model, self.x, self.common, self.folder = model, x, common, folder
        self.talks = talks
        given = callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
        self.callbacks = [c for c in given if c is not None]
        self.history = FineTuning()
        self.history.set_model(model)
        self.division = division(model)

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Afterwards each layer is as trainable as before, however the block ends."""
        before = {name: layer.trainable for name, layer in self.division.layers.items()}
        try:
            yield
        finally:
            for trainable in (False, True):
                names = [name for name, was in before.items() if was is trainable]
                set_trainable(self.model, self.division.layers, names, trainable)

    def head(self, epochs: int, recipe: Recipe, cache: Any) -> None:
        """Trains what stands behind the cut."""
        self._say(f"Head: {_epochs(epochs)}, the backbone up to {self.division.port} frozen.")
        self.model.freeze()
        self._free_head()
        plain = dataclasses.replace(
            recipe, learning_rate=HEAD_RATE, flip=False, shift=0, sizes=(1,), stage_decay=1.0
        )
        self._fit("head", 0, epochs, plain, [], cache_features=cache)
        self.history.phases.append(Phase("head", 0, epochs, 0))

    def stages(
        self, first: int, epochs: int, recipe: Recipe, gradual: bool, normalizations: bool
    ) -> None:
        """Trains the backbone, too."""
        opening = Opening(self.model, self.division, first, epochs if gradual else 1)
        opening.normalizations = normalizations
        opening.talks = self.talks
        count = len(opening.stages)
        self._say(f"Stages: {_epochs(epochs)}; {count} of the backbone, the last one first.")
        self.model.freeze()
        self._free_head()
        self._fit("stages", first, epochs, recipe, [opening], cache_features=False)
        self.history.phases.append(Phase("stages", first, epochs, opening.open_in(epochs - 1)))

    def _free_head(self) -> None:
        """A head of which nothing trains would have nothing to learn."""
        inside = {name for stage in self.division.stages() for name in stage}
        behind = [n.layer for n in self.division.flat if n.weights and n.layer not in inside]
        layers = self.division.layers
        if not any(w.requires_grad for name in behind for w in layers[name].parameters()):
            set_trainable(self.model, layers, behind, True)

    def _fit(
        self, name: str, first: int, epochs: int, recipe: Recipe, more: list[Callback], **how: Any
    ) -> None:
        folder = None if self.folder is None else os.path.join(self.folder, name)
        try:
            self.model.fit(
                self.x,
                initial_epoch=first,
                epochs=first + epochs,
                recipe=recipe,
                callbacks=[*more, *self.callbacks, self.history],
                checkpoint_dir=folder,
                **self.common,
                **how,
            )
        except errors.Interrupted as error:
            raise self._how_to_go_on(error) from error

    def _how_to_go_on(self, error: errors.Interrupted) -> errors.Interrupted:
        """The loop's message speaks of `fit`."""
        what = str(error).removeprefix("fit: ").partition(". ")[0]
        fix = "Pass checkpoint_dir to fine_tune to be able to go on exactly from there"
        if self.folder is not None:
            folder = os.fspath(self.folder)
            fix = f"Go on with fine_tune(..., checkpoint_dir={folder!r}, resume=True)"
        told = errors.Interrupted(errors.message(WHERE, what, fix=fix))
        told.exit_code = error.exit_code
        return told

    def _say(self, text: str) -> None:
        if self.talks:
            say(text)


class Opening(Callback):
    """Lets the stages of a backbone train, the last one first.

    Args:
        model: the model.
        found: how it divides.
        first: the first epoch.
        epochs: all stages train in the last of so many, or before.
    """

    normalizations = True
    talks = False

    def __init__(self, model: Model, found: Division, first: int, epochs: int) -> None:
        self.tuned, self.division, self.first, self.epochs = model, found, first, epochs
        self.stages = found.stages()[::-1]
        self._shown = 0

    def open_in(self, epoch: int) -> int:
        """How many stages train in an epoch, from 0."""
        count = len(self.stages)
        if self.epochs >= count:
            return min(count, epoch + 1)
        return min(count, -(-(epoch + 1) * count // self.epochs))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Opens what is due."""
        count = self.open_in(epoch - self.first)
        layers = self.division.layers
        names = [name for stage in self.stages[:count] for name in stage]
        if not self.normalizations:
            names = [n for n in names if not isinstance(layers[n], BatchNormalization)]
        set_trainable(self.tuned, layers, names, True)
        if self.talks and count > self._shown:
            opened = self.stages[count - 1]
            say(f"Epoch {epoch + 1}: {opened[0]} and all behind it train.")
        self._shown = count


def _epochs(count: int) -> str:
    return f"{count} epoch{'s' * (count != 1)}"


def _prepare(model: Model, x: Any, y: Any, classes: Any, talks: bool) -> tuple[Any, Any]:
    """The data; and a head for their classes, where the model has another one."""
    if isinstance(x, Dataset):
        classes = x.class_names if classes is None else classes
        x, y = x.x_train, x.y_train
    wanted = _classes(classes, x, y)
    count = wanted if isinstance(wanted, int) else len(wanted)
    names = None if isinstance(wanted, int) else wanted
    shape, known = model.output_shape, model.class_names
    same = isinstance(shape, tuple) and len(shape) == 2 and shape[-1] == count
    if same and (names is None or known is None or names == known):
        model.class_names = names or known
        return x, y
    model.replace_head(wanted, activation="sigmoid" if count == 1 else "softmax")
    if talks:
        say(f"A new head for {count} classes, behind {model.cut_point}.")
    return x, y


def _classes(given: int | Sequence[str] | None, x: Any, y: Any) -> int | list[str]:
    """How many classes, or their names."""
    for names in (given, getattr(x, "class_names", None), getattr(x, "classes", None)):
        if isinstance(names, (int, np.integer)):
            return int(names)
        if names is not None:
            return [str(name) for name in names]
    labels = np.asarray(y) if is_array_like(y) or isinstance(y, (list, tuple)) else None
    if labels is not None and labels.ndim == 2 and labels.shape[1] > 1:
        return int(labels.shape[1])
    if labels is not None and labels.size and labels.dtype.kind in "iub":
        return max(int(labels.max()) + 1, 2)
    raise errors.ArgumentError(
        errors.message(
            WHERE,
            "the data do not say what the classes are",
            got={"x": type(x).__name__},
            expected="whole numbers or one-hot rows as labels, or data with class_names",
            fix='Give their names: classes=["cat", "dog"]',
        )
    )


def _first_targets(x: Any) -> Any:
    """The targets of the first batch; what cannot be rewound is taken to have class numbers."""
    if isinstance(x, Iterator):
        return np.zeros(1, np.int64)
    batch = next(iter(data.source(x, shuffle=False).batches(0)), None)
    return None if batch is None else batch[1]


def _nothing(head_epochs: int, epochs: int) -> errors.ArgumentError:
    return errors.ArgumentError(
        errors.message(
            WHERE,
            "there is nothing to do",
            got={"head_epochs": head_epochs, "epochs": epochs},
            expected="one epoch or more",
        )
    )
