"""OptimizedModel: a model frozen for inference."""

from __future__ import annotations

import copy
import dataclasses
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from striate import data, errors, training
from striate.layers import Layer
from striate.models.direct import directly
from striate.models.planned import Choice, Planned, tf32_of
from striate.ops.allocator import keep_large_blocks
from striate.plan import Plan
from striate.plan.build import check_precision
from striate.plan.frozen import FrozenExecutor

if TYPE_CHECKING:
    from typing_extensions import Self

    from striate.models.model import Model


class OptimizedModel(torch.nn.Module):
    """A model frozen for inference: for one device and precision, its weights in final form.

    `Model.optimize` makes it. What a plan of inference does is done once for all: normalisation and
    scaling are part of the weights, dropout is gone, and weights lie in memory as the kernels read
    them. It is a copy: training the model on does not change it. For single images it is the
    fastest form; for large batches it is as fast as `Model.predict`. Its outputs agree with the
    model's to 1e-5 of the largest one in float32, to 2 % with products of bfloat16, to 0.3 % with
    float16.

    Args:
        model: a built model, of striate's layers, or with layers of your own that need no change of
            their weights.
        precision: as of `Model.plan`.
        device: where it runs.

    Raises:
        ArgumentError: the model has a `call` of its own, so there is no graph to freeze.

    Example:
        >>> import numpy as np, striate as st
        >>> from striate import layers
        >>> conv = layers.Conv2D(4, 3, input_shape=(8, 8, 1))
        >>> model = st.Sequential([conv, layers.BatchNormalization(), layers.ReLU()])
        >>> fast = model.optimize()
        >>> tuple(fast(np.zeros((1, 8, 8, 1), "float32")).shape)
        (1, 6, 6, 4)
        >>> fast.plan().purpose
        'inference'
    """

    def __init__(self, model: Planned, precision: str, device: torch.device) -> None:
        super().__init__()
        check_precision(precision, "optimize")
        if type(model).call is not Layer.call:
            raise errors.ArgumentError(
                errors.message(
                    model.where,
                    "its `call` is code of its own, so there is no graph to freeze",
                    expected="a Sequential, or Model(inputs, outputs)",
                    fix="predict() runs it as it is",
                )
            )
        keep_large_blocks()
        self.precision, self.device = precision, device
        self._training: tuple[Any] = (model._compiled,)  # no submodule either
        model._known_graph()
        frozen: Any = copy.deepcopy(model)
        frozen.to(device).eval().requires_grad_(False)
        for inner in frozen.modules():
            if isinstance(inner, Planned):
                inner._choice = Choice(True, precision, precision, frozen=True)
        # not a submodule: its weights are used, not owned, and must not move
        self._held: tuple[Model] = (frozen,)
        self.eval()

    @property
    def model(self) -> Model:
        """The copy that it runs."""
        return self._held[0]

    @property
    def input_shape(self) -> Any:
        """The input's shape, batch first, or a list of several."""
        return self.model.input_shape

    @property
    def output_shape(self) -> Any:
        """The output's shape, batch first, or a list of several."""
        return self.model.output_shape

    @property
    def output_names(self) -> list[str]:
        """Names by which targets are matched to outputs."""
        return self.model.output_names

    @property
    def class_names(self) -> list[str] | None:
        """Names of the classes in the order of the outputs."""
        return self.model.class_names

    def forward(self, x: Any) -> Any:
        """The outputs for arrays or tensors, channels last, as tensors without gradients."""
        found = directly(self.model, x)
        if found is not None:
            return found
        with torch.no_grad():
            return self.model.forward(x)

    def inference_scope(self) -> Any:
        """torch's TF32 settings as the precision wants them."""
        return tf32_of(self.precision)

    def plan(self) -> Plan:
        """What runs: the steps, what was done and what was not, and why."""
        with torch.no_grad():
            program = self.model.program()
        plan = program.plan
        if not isinstance(program, FrozenExecutor):
            return plan
        done = (*plan.applied, *program.notes)
        return dataclasses.replace(plan, applied=done, refused=(*plan.refused, *program.refused))

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """As `Model.predict`."""
        source = data.source(x, batch_size=batch_size, shuffle=False, steps=steps)
        return training.predict(
            self, source, callbacks=callbacks, verbose=verbose, device=self.device
        )

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
    ) -> Any:
        """As `Model.evaluate`, with the loss and metrics that the model was compiled with.

        Raises:
            NotCompiledError: the model was not compiled before `optimize`.
        """
        source = data.source(x, y, sample_weight, batch_size=batch_size, shuffle=False, steps=steps)
        return training.evaluate(
            self,
            self._training[0],
            source,
            callbacks=callbacks,
            verbose=verbose,
            device=self.device,
            return_dict=return_dict,
        )

    def save(self, path: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Writes the model with folded normalisations to a `.striate` file, in float32.

        `load_model(path).optimize(precision)` brings it back.
        """
        from striate.models.folding import fold_batch_normalization

        fold_batch_normalization(self.model).save(path, overwrite, include_optimizer=False)

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> Self:
        # weights lie in the form of one device and number type; what would move them is refused
        probe = fn(torch.empty(0, device=self.device))
        if probe.device == self.device and probe.dtype is torch.float32:
            return self
        raise errors.ArgumentError(
            errors.message(
                "OptimizedModel",
                "it is frozen for one device and precision",
                got={"device": str(probe.device), "dtype": str(probe.dtype).removeprefix("torch.")},
                expected=f"{self.device}, {self.precision}",
                fix='Optimize the model again: model.optimize(precision="bfloat16", device="cuda")',
            )
        )

    def __repr__(self) -> str:
        place = f"{self.precision} on {self.device}"
        return f"OptimizedModel({self.model.name}, {place}, {len(self.plan().steps)} steps)"
