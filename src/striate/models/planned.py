"""Planned: which plan of a model runs now, and the plan as a person sees it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from striate.graph import Graph
from striate.layers import BuiltIn, Layer
from striate.layers.waiting import device_of
from striate.models.direct import Direct
from striate.models.facts import Facts
from striate.models.masking import Ranks, masked_form
from striate.models.sizes import Size, resized_form
from striate.ops.allocator import keep_large_blocks
from striate.ops.device import device as choose_device
from striate.ops.modules import parts
from striate.ops.precision import fast_half
from striate.ops.tf32 import tf32
from striate.plan import Executor, Plan, Request, make_plan
from striate.plan.again import AgainExecutor
from striate.plan.build import check_precision
from striate.plan.draft import has_hooks
from striate.plan.frozen import FrozenExecutor
from striate.plan.logits import logits_split

if TYPE_CHECKING:
    from striate.models.optimized import OptimizedModel


@dataclass(frozen=True)
class Choice:
    """How a model runs.

    Args:
        rules: False is the plain execution.
        training: precision of steps that a backward pass may follow.
        inference: precision of the others.
        again: whether values are computed again in the backward pass, to save memory.
        frozen: whether weights never change, so that inference may keep them in any form.
        sizes: of images that may enter besides the model's own.
    """

    rules: bool = True
    training: str = "float32"
    inference: str = "float32"
    again: bool = False
    frozen: bool = False
    sizes: frozenset[Size] = frozenset()


PLANNED = Choice()


class Planned(Facts):
    """The part of a model that runs its graph."""

    _choice: Choice = PLANNED
    _direct: Direct | None = None
    _executors: dict[Any, Executor]
    _watched: tuple[Layer, ...] | None
    _forms: dict[Ranks, tuple[tuple[int, ...], Graph, dict[str, Layer]]]

    def plan(
        self,
        training: bool = False,
        batch_size: int | None = None,
        device: str | torch.device | None = None,
        precision: str = "float32",
        recompute: bool = False,
    ) -> Plan:
        """What runs when the model runs: the steps, what was rewritten, what was not and why.

        Args:
            training: the plan of a training step, or of inference.
            batch_size: states sizes for so many samples.
            device: as in `fit`; None: where the weights are.
            precision: "float32"; "bfloat16" or "float16" for products; "tf32" for float32
                products of NVIDIA cards; "auto" takes what the hardware gains by.
            recompute: the plan of training that computes values again to save memory; see `fit`.

        Raises:
            NotBuiltError: the input shape is not known yet.
            ArgumentError: an unknown precision, or a device that is not there.

        Example:
            >>> import striate as st
            >>> from striate import layers
            >>> conv = layers.Conv2D(8, 3, activation="elu", input_shape=(28, 28, 1))
            >>> model = st.Sequential([conv, layers.MaxPooling2D()])
            >>> print(model.plan(training=True).steps[0].text)
            convolution 3x3 to 8 channels + bias, max-pooling 2x2, elu in place
        """
        graph = self.graph
        place = self._device_type() if device is None else choose_device(device).type
        request = Request(
            training=training,
            logits=training and logits_split(graph, self._owners) is not None,
            precision=precision,
            device=place,
            batch_size=batch_size,
            again=recompute,
        )
        return make_plan(graph, self._owners, request)

    def program(
        self, *, logits: bool = False, masked: Ranks = (), size: Size | None = None
    ) -> Executor:
        """What runs the graph now: by mode, gradients, hooks and the choice of `executing`.

        Args:
            logits: without the final activations that `logits_split` names.
            masked: the inputs that come with masks, which follow them.
            size: of the images, where it is not the model's own.
        """
        gradients = torch.is_grad_enabled()
        choice = self._choice
        precision = choice.training if gradients else choice.inference
        watched = self._watched or self._watch()
        state = tuple([(x.training, x._trainable, has_hooks(x)) for x in watched])
        place = self._device_type()
        again = choice.again and gradients and self.training
        key = (logits, gradients, choice.rules, precision, place, state, masked, again, size)
        found = self._executors.get(key)
        if found is None:
            request = Request(
                gradients=gradients,
                logits=logits,
                precision=precision if choice.rules else "float32",
                device=place,
                rules=choice.rules,
                again=again,
            )
            graph, owners = self._form(masked)
            graph = graph if size is None else resized_form(graph, size)
            whole = graph.with_masks()
            if len(self._executors) >= MOST_EXECUTORS:
                self._executors.clear()
            plan = make_plan(whole, owners, request)
            found = self._executors[key] = self._executor(gradients, again)(
                plan, whole, owners, graph.output_masks
            )
        return found

    def _executor(self, gradients: bool, again: bool) -> type[Executor]:
        if self._choice.frozen and not gradients:
            return FrozenExecutor
        return AgainExecutor if again else Executor

    def _form(self, masked: Ranks) -> tuple[Graph, dict[str, Layer]]:
        """The graph for inputs of which some come with masks, and its layers."""
        graph = self._known_graph()
        if not masked:
            return graph, self._owners
        if masked not in self._forms:
            used, recording = masked_form(graph, self._owners, masked)
            own = {n: o for n, o in recording.owners.items() if isinstance(o, Layer)}
            self._forms[masked] = (used, recording.graph, own)
        _, graph, owners = self._forms[masked]
        return graph, owners

    def _used_masks(self, given: Sequence[Any]) -> Ranks:
        """Of the masks of inputs (None where there is none) those that the model uses."""
        ranks = tuple((i, m.ndim) for i, m in enumerate(given) if m is not None)
        if not ranks:
            return ()
        self._form(ranks)
        used = self._forms[ranks][0]
        return tuple(pair for pair in ranks if pair[0] in used)

    @property
    def execution(self) -> dict[str, Any]:
        """What decides the last bits of training: a resumed run must have the same."""
        return {"plan": self._choice.rules, "precision": self._choice.training}

    @property
    def scales_loss(self) -> bool:
        """Whether gradients are float16 in part, so that a small loss would lose them."""
        training = self._choice.training
        if training == "auto":
            training = fast_half(self._device_type())[0]
        return self._choice.rules and training == "float16"

    def recording_obstacle(self) -> str:
        """ "" if a training step may be recorded as a CUDA graph, else what forbids it."""
        if self._choice.again:
            return "values are computed again, which sets random generators back on the host"
        for layer in self.modules():
            if not isinstance(layer, Layer):
                continue
            if not isinstance(layer, BuiltIn) and type(layer).call is not Layer.call:
                return f"{layer.where} is code of your own, which may need the host at each step"
            if getattr(layer, "draws", None) is not None:
                return f"{layer.where} numbers its random draws on the host, for its seed"
            if has_hooks(layer):
                return f"{layer.where} has hooks"
        return ""

    def inference_scope(self) -> contextlib.AbstractContextManager[None]:
        """For a validation inside training: its precision."""
        return tf32_of(self._choice.inference)

    def optimize(
        self, precision: str = "float32", device: str | torch.device | None = None
    ) -> OptimizedModel:
        """A copy of the model, frozen for inference; see `OptimizedModel`.

        Args:
            precision: as of `plan`; what the result is computed in from now on.
            device: as in `fit`; None: where the weights are.

        Raises:
            NotBuiltError: the input shape is not known yet.
            ArgumentError: an unknown precision or device, or a model with a `call` of its own.
        """
        from striate.models.optimized import OptimizedModel

        place = self._device_type() if device is None else device
        return OptimizedModel(self, precision, choose_device(place))

    def _watch(self) -> tuple[Layer, ...]:
        graph = self._known_graph()
        names = dict.fromkeys(n.layer for n in graph if n.layer in self._owners)
        self._watched = tuple(self._owners[n] for n in names)
        return self._watched

    def _device_type(self) -> str:
        place = device_of(self)
        return "cpu" if place is None else place.type

    @contextlib.contextmanager
    def executing(
        self,
        plan: bool,
        training: str,
        inference: str,
        where: str,
        again: bool = False,
        sizes: frozenset[Size] = frozenset(),
    ) -> Iterator[None]:
        """Runs a block with a choice, for this model and those inside it.

        Weights that plans computed from others are computed anew at the start.
        """
        for precision in (training, inference):
            check_precision(precision, where)
        keep_large_blocks()
        set_tf32 = tf32_of(training)
        models = list({id(m): m for m in parts(self) if isinstance(m, Planned)}.values())
        before = [m._choice for m in models]
        for model in models:
            model._choice = Choice(plan, training, inference, again, sizes=sizes)
            for executor in model._executors.values():
                executor.refresh()
        try:
            with set_tf32:
                yield
        finally:
            for model, choice in zip(models, before, strict=True):
                model._choice = choice


def tf32_of(precision: str) -> contextlib.AbstractContextManager[None]:
    """torch's TF32 settings as a precision wants them, in a block."""
    if not torch.cuda.is_available():
        return contextlib.nullcontext()
    return tf32(precision != "float32")


MOST_EXECUTORS = 16  # modes that a model was run in; hooks that come and go make new ones
