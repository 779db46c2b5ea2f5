"""What every network of the zoo is: a body, a head, and what its paper claims."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from striate import layers
from striate.errors import ArgumentError, ShapeError, message, unknown_name
from striate.models import Model
from striate.zoo.pretrained import loading, preparing
from striate.zoo.pretrained.published import published
from striate.zoo.pretrained.records import Preparation, PretrainedWeights

# A symbol: layers are typed to return Any, because for tensors they return tensors.
Map = Any
Body = Callable[..., Any]  # image -> features, or (features, outputs of further heads)
Head = Callable[[Map, int, Any], Map]  # features, classes, activation -> scores


def average_head(x: Map, classes: int, activation: Any) -> Map:
    """Mean over the map, then one Dense: the head of most networks since 2014."""
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return layers.Dense(classes, activation=activation, name="predictions")(x)


def map_head(x: Map, classes: int, activation: Any, name: str = "scores") -> Map:
    """A 1x1 convolution to one map per class, whose mean is its score: no Dense layer."""
    x = layers.Conv2D(classes, 1, activation="relu", name=name)(x)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    return layers.Activation(activation or "linear", name="predictions")(x)


@dataclass(frozen=True)
class Architecture:
    """A network as published, which can be built at other sizes.

    Args:
        name: of the function in `striate.zoo`, and of the models it makes.
        body: from the image to the last feature map; keyword arguments of its own are options.
        head: from there to the scores.
        paper: authors (year), title, link.
        about: what is special, one line; what differs from the paper, and why.
        parameters: with its own head and input size.
        counted: "all" weights, moving statistics too (as Keras counts), or the "trainable" ones.
        source: where that number is published, or how it was counted.
        gmacs: 10^9 multiply-accumulates for one image, as published there, to three digits.
        top1: published accuracy on the validation images of `data`, one crop of `input_shape`.
        finish: what follows the pooling in a network without its head; None for nothing.
        data: the data set that the paper trains it on.
        input_shape: (height, width, channels) of the paper.
        smallest: smallest height and width it can be built for, in pixels.
        smallest_with: the same by the value of an option: {"small": 8} for `stem="small"`.
        small_head: the head with `stem="small"`, None for the same.
        classes: of its own data set.
        options: given to the body.

    Example:
        >>> from striate import zoo
        >>> model = zoo.resnet50()
        >>> model.output_shape, model.count_params()
        ((None, 1000), 25636712)
    """

    name: str
    body: Body = field(repr=False)
    paper: str = field(repr=False)
    about: str = field(repr=False)
    parameters: int
    source: str = field(repr=False)
    counted: str = field(default="all", repr=False)
    head: Head = field(default=average_head, repr=False)
    finish: Callable[[Map], Map] | None = field(default=None, repr=False)
    gmacs: float | None = field(default=None, repr=False)
    top1: float | None = field(default=None, repr=False)
    data: str = field(default="ImageNet", repr=False)
    input_shape: tuple[int, int, int] = (224, 224, 3)
    smallest: int = field(default=32, repr=False)
    smallest_with: Mapping[str, int] = field(default_factory=dict, repr=False)
    small_head: Head | None = field(default=None, repr=False)
    classes: int = field(default=1000, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __call__(
        self,
        weights: str | None = None,
        *,
        include_top: bool = True,
        input_tensor: Map | None = None,
        input_shape: tuple[int | None, int | None, int] | None = None,
        classes: int | None = None,
        pooling: str | None = None,
        classifier_activation: Any = "softmax",
        name: str | None = None,
        preprocessing: bool = False,
        **options: Any,
    ) -> Model:
        """Builds the network; its weights are random unless `weights` names a file of them.

        Args:
            weights: None for random weights; "imagenet" or another name in `weights` of this
                network for published ones; a file: `.striate`, `.safetensors`, `.h5` of
                `keras.applications`, `.pth` of torchvision.
            include_top: with the head that gives scores.
            input_tensor: a symbol to begin from instead of a new input.
            input_shape: (height, width, channels); those of the paper if None, with any height and
                width (None) if there is no head.
            classes: number of scores.
            pooling: without a head: "avg" or "max" over the map, None for the map itself.
            classifier_activation: of the head; None for logits.
            name: of the model.
            preprocessing: begins with layers that bring RGB images of any size, pixels from 0 to
                255, into the form that the published weights expect.
            **options: of this network. Many take `stem="small"`, for images of 28 to 64 px: the
                first layers keep the size that they halve (or quarter) in the paper.

        Raises:
            ShapeError: an image of other than three axes, or smaller than the network can take.
            ArgumentError: another `pooling`, an unknown option; published weights for other
                `classes`; `preprocessing` where there are none.
            UnknownNameError: neither a file nor the name of published weights.
            DownloadError: no copy of published weights is to be had.
            FormatError: weights of another network; see `zoo.pretrained`.
        """
        self._check(pooling, options)
        count = self.classes if classes is None else classes
        chosen = loading.choose(self, weights, include_top, count)
        raw = None
        if preprocessing:
            raw = layers.Input((None, None, 3)) if input_tensor is None else input_tensor
            size = (input_shape or self.input_shape)[:2]
            input_tensor = preparing.prepared(raw, self._preparation(chosen), size)
        smallest = self.smallest_of(options)
        image = self._entry(input_tensor, input_shape, include_top, smallest)
        made = self.body(image, **{**self.options, **options})
        features, more = made if isinstance(made, tuple) else (made, [])
        if include_top:
            head = self.small_head if options.get("stem") == "small" else None
            main = (head or self.head)(features, count, classifier_activation)
            others = [further(count, classifier_activation) for further in more]
            outputs = [main, *others] if others else main
        else:
            outputs = (self.finish or _same)(_pooled(features, pooling))
        entry = image if raw is None else raw
        model = _divided(Model(entry, outputs, name=name or self.name), features)
        if weights is not None:
            loading.load(self, model, weights, chosen, include_top)
        if chosen is not None or preprocessing:
            preparing.mark(model, self._preparation(chosen), inside=preprocessing)
        return model

    @property
    def weights(self) -> tuple[PretrainedWeights, ...]:
        """Published weights that can be loaded by their names; the usual ones first."""
        return published(self)

    @property
    def year(self) -> int:
        """Of the paper."""
        return int(re.findall(r"\((\d{4})\)", self.paper)[0])

    @property
    def where(self) -> str:
        """How messages name this network."""
        return f"zoo.{self.name}"

    def _preparation(self, chosen: PretrainedWeights | None) -> Preparation:
        record = chosen or next(iter(self.weights), None)
        if record is None:
            raise ArgumentError(
                message(
                    self.where,
                    "no published weights say how its images are to be prepared",
                    got={"preprocessing": True},
                    expected="preprocessing=False",
                )
            )
        return record.preparation

    def _check(self, pooling: str | None, options: Mapping[str, Any]) -> None:
        known = inspect.signature(self.body).parameters
        for option in options:
            if option not in list(known)[1:]:
                raise unknown_name(self.where, "option", option, list(known)[1:])
        if pooling not in (None, "avg", "max"):
            raise ArgumentError(
                message(
                    self.where,
                    "unknown pooling",
                    got={"pooling": pooling},
                    expected='"avg", "max" or None',
                )
            )

    def smallest_of(self, options: Mapping[str, Any]) -> int:
        """The smallest height and width with these options of the body, in pixels.

        Raises:
            ArgumentError: a `stem` that it does not have.
        """
        stem = options.get("stem", "imagenet")
        if stem not in ("imagenet", "small"):
            raise ArgumentError(
                message(
                    self.where,
                    "unknown stem",
                    got={"stem": stem},
                    expected='"imagenet", the paper\'s, or "small", for images of 28 to 64 px',
                )
            )
        found = (n for value, n in self.smallest_with.items() if value in options.values())
        return next(found, self.smallest)

    def _entry(self, tensor: Map | None, shape: Any, include_top: bool, smallest: int) -> Map:
        if tensor is not None:
            shape = tensor.shape[1:]
        elif shape is None:
            shape = self.input_shape if include_top else (None, None, self.input_shape[2])
        fixed = [n for n in shape[:2] if n is not None]
        if len(shape) != 3 or shape[2] is None or any(n < smallest for n in fixed):
            least = self.smallest_with.get("small")
            fits = len(shape) == 3 and shape[2] and least and all(n >= least for n in fixed)
            small = f'input_shape={tuple(shape)}, stem="small"'
            raise ShapeError(
                message(
                    self.where,
                    "it cannot be built for images of this shape",
                    got={"input_shape": tuple(shape)},
                    expected=f"(height, width, channels), {smallest} px or more each side",
                    fix=f"zoo.{self.name}({small if fits else f'input_shape={self.input_shape}'})",
                )
            )
        return layers.Input(shape) if tensor is None else tensor


def _same(x: Map) -> Map:
    return x


def _pooled(x: Map, pooling: str | None) -> Map:
    if pooling == "avg":
        return layers.GlobalAveragePooling2D(name="avg_pool")(x)
    if pooling == "max":
        return layers.GlobalMaxPooling2D(name="max_pool")(x)
    return x


def _divided(model: Model, features: Map) -> Model:
    """The model, which knows where its body ends; dropout there is the head's."""
    while features.call.kind.idle(training=False) and len(features.call.inputs) == 1:
        features = features.call.inputs[0]
    end = next(name for name, made in model.symbols().items() if features in made)
    model.metadata["cut_point"] = end
    return model
