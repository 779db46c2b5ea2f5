"""Trainable: Keras's training methods, each a call into `training` on a source from `data`."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

from striate import data, training
from striate.models.arguments import Device, recomputes, seed_of_order, validation_source
from striate.models.caching import Request, with_features
from striate.models.direct import array_directly
from striate.models.entering import build_from
from striate.models.freezing import warn_of_moving_statistics
from striate.models.planned import Planned
from striate.models.recipes import batch_size_of, compile_for, followed, moves_images
from striate.ops.device import is_processor
from striate.training import Compiled, History, Recipe, TrainingHealth
from striate.training.loop import whole


class Trainable(Planned):
    """The methods of a model that train and use it."""

    _compiled: Compiled | None = None
    history: History | None = None
    stop_training: bool = False

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: str | bool = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Says how to train: optimizer, losses, metrics.

        Args:
            optimizer: a name such as "adam", a striate optimizer, or a `torch.optim` one.
            loss: a name, a `Loss`, a function; a list or dict of them for several outputs.
            loss_weights: the factor of each loss in the sum.
            metrics: names, `Metric`s or functions, measured without sample weights.
            weighted_metrics: the same, measured with sample weights.
            run_eagerly: accepted as in Keras; models always run eagerly here.
            steps_per_execution: accepted as in Keras; logs never wait for the device here.
            jit_compile: on NVIDIA cards, records a training step once as a CUDA graph and
                repeats it: "auto" where enough steps are to come and it is measured to be faster;
                `fit` says so. True always does, False never. On CPUs there is nothing to gain.
            auto_scale_loss: scales the loss, and skips steps that overflow, where gradients are
                float16 (see `precision` of `fit`) and the optimizer has no `loss_scale_factor`.

        Raises:
            ArgumentError: `jit_compile` is none of its values.
            UnknownNameError: an optimizer, loss or metric is not known; the nearest are listed.
        """
        self._compiled = training.compile(
            optimizer,
            loss,
            loss_weights,
            metrics,
            weighted_metrics,
            auto_scale_loss=auto_scale_loss,
            jit_compile=jit_compile,
        )

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: float | None = None,
        validation_steps: float | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Collection[int] = 1,
        *,
        device: Device = "auto",
        seed: int | None = None,
        checkpoint_dir: str | os.PathLike[str] | None = None,
        save_every: str | int | bool = "epoch",
        keep: int = 2,
        resume: bool = False,
        plan: bool = True,
        precision: str = "auto",
        recompute: bool | str = "auto",
        watch: bool | int | TrainingHealth = False,
        recipe: str | Recipe | None = None,
        cache_features: bool | str | os.PathLike[str] = "auto",
    ) -> History:
        """Trains the model.

        Args:
            x: arrays (a list or dict for several inputs), an iterable or generator of batches,
                a torch `Dataset` or `DataLoader`, or an object with `__getitem__` of batches.
            y: targets, if `x` is arrays.
            batch_size: samples per step; 32 by default, from the data if they come in batches.
            epochs: the number of the last epoch.
            verbose: 0 silent, 1 a progress line, 2 a line per epoch, "auto" chooses.
            callbacks: callbacks called at the ends of batches and epochs.
            validation_split: share of the arrays, from their end, kept for validation.
            validation_data: (x, y), (x, y, sample_weight), or batches.
            shuffle: new order in each epoch, a function of seed and epoch.
            class_weight: weight of each class in the loss, by label.
            sample_weight: weight of each sample in the loss.
            initial_epoch: the epoch to begin with, from 0.
            steps_per_epoch: ends an epoch after so many batches.
            validation_steps: validates on so many batches.
            validation_batch_size: as `batch_size`, for validation.
            validation_freq: validates every so many epochs, or after those listed.
            device: "auto" takes CUDA, then MPS, then the CPU.
            seed: seeds all random numbers and the order of data; a run repeats exactly.
            checkpoint_dir: a folder in which the run is saved as it goes.
            save_every: "epoch", a number of steps, or a time such as "10min".
            keep: how many checkpoints stay.
            resume: continues from the last checkpoint in `checkpoint_dir`, exactly.
            plan: False runs the layers one by one, as they are; see `Model.plan`.
            precision: "auto" computes products in bfloat16 where the hardware multiplies it
                faster (float16 on older NVIDIA cards, with a scaled loss), in training steps
                only; "float32" never, "bfloat16" and "float16" always; "tf32" on NVIDIA cards.
            recompute: keeps only some of the values that the backward pass needs and computes
                the others again (gradient checkpointing): the same numbers to the bit, less
                memory, about a third more time. "auto" where a step would not fit otherwise.
            watch: True measures gradients, updates and dead or saturated units of each layer in
                every 50th step, a number in every so many; `history.health` says what was found.
            recipe: "fast", or a `Recipe`: trains well in few epochs, with an optimizer, learning
                rates and augmentation of its own, batches of 128 by default; `compile` may be
                left out where the model ends in softmax or sigmoid.
            cache_features: what a frozen backbone makes of images is computed once and kept:
                "auto" in memory, where nothing changes it from epoch to epoch, and says so; True
                asks for it, False never; a folder keeps it there for later runs, too. They are
                computed in float32.

        Returns:
            What was measured after each epoch.

        Raises:
            NotCompiledError: before `compile`.
            DataError: no data, mismatched lengths, numbers that are not finite, labels that do
                not suit the loss.
            ShapeError: samples of another shape than the model's input.
            CheckpointError: the checkpoint is of another run.
            ArgumentError: features are to be kept that change from epoch to epoch.
        """
        if seed is not None and not self.built:
            training.set_seed(seed)  # the weights that the first batch brings about are seeded, too
        x = build_from(self, x, "fit")
        compile_for(self, recipe, y)
        batch_size = batch_size_of(recipe, batch_size)
        order = seed_of_order(seed, checkpoint_dir, callbacks)
        if validation_split and validation_data is None:
            parts = data.split(x, y, sample_weight, fraction=validation_split)
            (x, y, sample_weight), validation_data = parts
        warn_of_moving_statistics(self)
        x, validation_data, head = with_features(
            self,
            x,
            validation_data,
            Request(
                cache_features,
                epochs - initial_epoch,
                moves_images(self, recipe, epochs - initial_epoch),
                watch is not False,
                batch_size,
                device,
                verbose,
            ),
        )
        source = data.source(
            x,
            y,
            sample_weight,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=order,
            class_weight=class_weight,
            steps=whole("steps_per_epoch", steps_per_epoch, 1),
        )
        validation = validation_source(
            validation_data, validation_batch_size or batch_size, validation_steps
        )
        compiled, source = followed(self, recipe, source, range(initial_epoch, epochs), order)
        resized = isinstance(source, data.Resized)
        sizes = frozenset(source.sizes.values()) if resized else frozenset()
        again = recomputes(self, recompute, source.batch_size, precision, device, verbose)
        running = self if head is None else head
        with (
            self.executing(plan, precision, "float32", "fit", again, sizes),
            running.executing(plan, precision, "float32", "fit", again, sizes),
        ):
            self.history = training.fit(
                self,
                compiled,
                source,
                epochs=epochs,
                initial_epoch=initial_epoch,
                validation=validation,
                validation_freq=validation_freq,
                callbacks=callbacks,
                verbose=verbose,
                device=device,
                seed=seed,
                checkpoint_dir=checkpoint_dir,
                save_every=save_every,
                keep=keep,
                resume=resume,
                watch=watch,
                runs=head,
            )
        return self.history

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        *,
        device: Device = "auto",
        plan: bool = True,
        precision: str = "float32",
    ) -> Any:
        """Loss and metrics over data, in inference mode.

        Args:
            x: as in `fit`.
            y: targets, if `x` is arrays.
            batch_size: samples per step; 32 by default.
            verbose: 0 silent, 1 a progress line, 2 one line at the end.
            sample_weight: weight of each sample.
            steps: at most so many batches.
            callbacks: their test hooks are called.
            return_dict: a dict by name instead of a list in the order of `metrics_names`.
            device: as in `fit`.
            plan: as in `fit`.
            precision: as in `fit`, but float32 unless asked.

        Raises:
            NotCompiledError: before `compile`.
            DataError: no data, or targets that do not suit the loss.
        """
        x = build_from(self, x, "evaluate")
        source = data.source(x, y, sample_weight, batch_size=batch_size, shuffle=False, steps=steps)
        with self.executing(plan, precision, precision, "evaluate"):
            return training.evaluate(
                self,
                self._compiled,
                source,
                callbacks=callbacks,
                verbose=verbose,
                device=device,
                return_dict=return_dict,
            )

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        steps: int | None = None,
        callbacks: Any = None,
        *,
        device: Device = "auto",
        plan: bool = True,
        precision: str = "float32",
    ) -> Any:
        """The outputs for data, in inference mode, as NumPy arrays.

        Args:
            x: as in `fit`.
            batch_size: samples per step; 32 by default.
            verbose: 0 silent, 1 a progress line.
            steps: at most so many batches.
            callbacks: their predict hooks are called.
            device: as in `fit`.
            plan: as in `fit`.
            precision: as in `fit`, but float32 unless asked.

        Raises:
            DataError: no data.
            ShapeError: samples of another shape than the model's input.
        """
        x = build_from(self, x, "predict")
        source = data.source(x, batch_size=batch_size, shuffle=False, steps=steps)
        with self.executing(plan, precision, precision, "predict"):
            return training.predict(
                self,
                source,
                callbacks=callbacks,
                verbose=verbose,
                device=device,
            )

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
        *,
        device: Device = "auto",
    ) -> Any:
        """One update from one batch; returns its loss and metrics."""
        if class_weight is not None:
            by_class = data.class_sample_weights(y, class_weight)
            sample_weight = by_class if sample_weight is None else by_class * sample_weight
        return training.train_on_batch(
            self, self._compiled, x, y, sample_weight, device=device, return_dict=return_dict
        )

    def test_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        return_dict: bool = False,
        *,
        device: Device = "auto",
    ) -> Any:
        """Loss and metrics of one batch, in inference mode."""
        return training.test_on_batch(
            self, self._compiled, x, y, sample_weight, device=device, return_dict=return_dict
        )

    def predict_on_batch(self, x: Any, *, device: Device = "auto") -> Any:
        """The outputs for one batch as NumPy arrays, in inference mode."""
        found = array_directly(self, x) if is_processor(device) else None
        if found is not None:
            return found
        return training.predict_on_batch(self, x, device=device)

    @property
    def optimizer(self) -> Any:
        """The optimizer; None before `compile`."""
        return None if self._compiled is None else self._compiled.optimizer

    @property
    def loss(self) -> Any:
        """The losses as they were given to `compile`."""
        return None if self._compiled is None else self._compiled.loss

    @property
    def compiled(self) -> bool:
        """True after `compile`."""
        return self._compiled is not None

    @property
    def metrics_names(self) -> list[str]:
        """Names of `evaluate`'s results, in order."""
        return [] if self._compiled is None else self._compiled.metrics_names
