"""Probe: a model with images entered and a class chosen, ready for a method to look into."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from striate import errors
from striate.explain.places import Place, last_map, named
from striate.explain.targets import Choice, Target, choose
from striate.graph import Port
from striate.graph.spec import Spec
from striate.layers import Layer
from striate.models import Model
from striate.models.stepping import See, Stepper

Array = np.ndarray[Any, np.dtype[Any]]


class Probe:
    """What the methods share: checked images, runs in inference mode, scores of a class.

    The model's mode, weights and `.grad`s are afterwards what they were.

    Args:
        where: the method's name, for messages.
        model: a built model; nested models are looked into.
        image: an image or a batch, as the model takes them; a list or dict for several inputs.
    """

    def __init__(self, where: str, model: Any, image: Any) -> None:
        self.where = where
        self.model = checked_model(model, where)
        self.stepper = Stepper(self.model)
        self.graph = self.stepper.graph
        specs = self.graph.input_specs
        self.entry = next((i for i, s in enumerate(specs) if s.rank == 4), 0)
        self.inputs = self.stepper.inputs(_batched(image, specs))
        self.shown: Array = self.inputs[self.entry].detach().cpu().numpy()

    @property
    def images(self) -> Tensor:
        """The images as they enter the model, (N, H, W, C)."""
        return self.inputs[self.entry]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the images."""
        return int(self.images.shape[1]), int(self.images.shape[2])

    def needs_images(self) -> None:
        """Raises ShapeError unless an input has rows and columns."""
        if self.images.dim() != 4:
            raise errors.ShapeError(
                errors.message(
                    self.where,
                    "the model has no input with rows and columns",
                    got={"input shape": self.graph.input_specs[self.entry].shape},
                    expected="(N, H, W, C)",
                )
            )

    @contextlib.contextmanager
    def looking(self) -> Iterator[None]:
        """Inference mode, as in `predict`, but with gradients; what was before comes back."""
        with self.model.mode(False), torch.enable_grad():
            yield

    def run(
        self, see: See | None = None, *, images: Tensor | None = None, logits: bool = True
    ) -> list[Tensor]:
        """The outputs, by default before their final softmax or sigmoid.

        Args:
            see: sees every value and may change it.
            images: others than those of the probe; they may be several rounds of them.
            logits: False: the outputs as they are.
        """
        inputs = list(self.inputs)
        if images is not None:
            rounds = len(images) // len(self.images)
            inputs = [x if rounds == 1 else x.repeat(rounds, *[1] * (x.dim() - 1)) for x in inputs]
            inputs[self.entry] = images
        return self.stepper.run(inputs, see, logits=logits)

    def choice(self, target: Target, outputs: Sequence[Tensor]) -> Choice:
        """The score to explain; None is the class with the highest score in `outputs`."""
        split = self.model.logits_split()
        names = self.model.class_names
        binary = (split is not None and split[0] == "sigmoid") or len(names or ()) == 2
        return choose(target, outputs, names, binary, self.where)

    def place(self, layer: str | Layer | None) -> Place:
        """Where to look: the layer that was named, or the one that the graph says."""
        if layer is None:
            return last_map(self.graph, self.where)
        return Place(self.port(layer), "as asked")

    def port(self, layer: str | Layer) -> Port:
        """The value that a layer gives, named or itself."""
        if isinstance(layer, Layer):
            paths = [path for path, owner in self.stepper.layers.items() if owner is layer]
            layer = paths[0] if paths else layer.name
        return named(layer, self.graph, self.stepper.ports, self.where)

    def map_port(self, place: Place) -> Port:
        """A place's value, which must be a map.

        Raises:
            ShapeError: it has no rows and columns.
        """
        node = self.graph[place.port.node]
        where = self.where
        if node.outputs[place.port.index].rank != 4:
            raise errors.ShapeError(
                errors.message(
                    f"{node.name} ({node.kind_name})",
                    "the result of this layer has no rows and columns",
                    got={"output shape": node.outputs[place.port.index].shape},
                    expected="(N, H, W, C)",
                    fix=f"{where}(..., layer=None) takes {last_map(self.graph, where).name}",
                )
            )
        return place.port

    def values(
        self, ports: Sequence[Port], *, logits: bool = True
    ) -> tuple[dict[Port, Tensor], list[Tensor]]:
        """Values in the network, and its outputs, by default before a softmax or sigmoid."""
        wanted, seen = set(ports), dict[Port, Tensor]()

        def see(at: Port, value: Tensor) -> Tensor:
            if at in wanted:
                seen[at] = value
            return value

        with self.looking(), torch.no_grad():
            outputs = self.run(see, logits=logits)
        return seen, outputs

    def value_and_gradient(
        self, target: Target, port: Port, *, images: Tensor | None = None
    ) -> tuple[Choice, Tensor, Tensor]:
        """The score that is explained, a value in the network, and the score's gradient there."""
        seen: list[Tensor] = []

        def see(at: Port, value: Tensor) -> Tensor:
            if at == port:
                value = value.detach().requires_grad_()
                seen.append(value)
            return value

        with self.looking():
            outputs = self.run(see, images=images)
            choice = self.choice(target, outputs)
            score = choice.score(outputs).sum()
            (gradient,) = torch.autograd.grad(score, seen[-1:], allow_unused=True)
        if gradient is None:
            raise errors.GraphError(
                errors.message(
                    self.where,
                    "the score does not depend on this layer",
                    got={"layer": str(port)},
                    expected="a layer on the way to the output",
                )
            )
        return choice, seen[-1].detach(), gradient

    def gradient(self, score: Callable[[Sequence[Tensor]], Tensor], images: Tensor) -> Tensor:
        """The gradient of a score in the images."""
        with self.looking():
            images = images.detach().requires_grad_()
            (found,) = torch.autograd.grad(score(self.run(images=images)).sum(), images)
        return found

    def scores(
        self, score: Callable[[Sequence[Tensor]], Tensor], images: Tensor, batch_size: int
    ) -> Tensor:
        """A score of several rounds of the images, without gradients: (rounds, N)."""
        count = len(self.images)
        rounds = max(1, batch_size // count)
        found = []
        with self.looking(), torch.no_grad():
            for part in images.split(rounds * count):
                found.append(score(self.run(images=part)))
        return torch.cat(found).view(-1, count)


def checked_model(model: Any, where: str) -> Model:
    """The model, if it is one.

    Raises:
        ArgumentError: it is something else.
    """
    if not isinstance(model, Model):
        raise errors.ArgumentError(
            errors.message(
                where,
                "this is no model of striate",
                got={"model": type(model).__name__},
                expected="a Model or Sequential",
            )
        )
    return model


def _batched(image: Any, specs: Sequence[Spec]) -> Any:
    """A single image gets a batch axis, and the channel axis that may be left out."""
    if isinstance(image, dict):
        return image
    if isinstance(image, (list, tuple)) and len(image) == len(specs) > 1:
        return [_with_batch(x, s) for x, s in zip(image, specs, strict=True)]
    return _with_batch(image, specs[0])


def _with_batch(x: Any, spec: Spec) -> Any:
    x = x if isinstance(x, Tensor) else np.asarray(x)
    if x.ndim == spec.rank - 1 and _fits(x.shape, spec.shape[1:]):
        return x[None]
    if spec.channels == 1 and x.ndim == spec.rank - 2 and _fits((*x.shape, 1), spec.shape[1:]):
        return x[None, ..., None]
    return x


def _fits(shape: Sequence[int], want: Sequence[int | None]) -> bool:
    return all(w is None or w == n for n, w in zip(shape, want, strict=True))
