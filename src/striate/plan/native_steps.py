"""From operations to the steps of a program of our own kernels, joining what they do in one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from striate.graph import Port, window
from striate.graph.rewriting import MONOTONE
from striate.kernels.shapes import ACTIVATIONS, MORE_ACTIVATIONS, ConvShape, PointShape
from striate.kernels.steps import CONV, DEPTHWISE, SIDE_BY_SIDE, VIEW, KernelStep
from striate.plan.draft import Draft
from striate.plan.operation import ACTIVATION, PRODUCT, Operation

Shape = tuple[int, ...]
ALONE = frozenset({"softmax"})  # activations that look at more than one value
_NAMES = {"relu6": ("capped_relu", 6.0), "leaky_relu": ("leaky_relu", 0.2), "elu": ("elu", 1.0)}


def activation_of(name: str, numbers: Mapping[str, Any]) -> tuple[str, float] | None:
    """An activation as kernels know it: its name and its number; None: they do not.

    Args:
        name: the activation.
        numbers: the fields of its layer, if it is one.
    """
    slope, cap = numbers.get("negative_slope"), numbers.get("max_value")
    if cap is not None:
        return None if slope else ("capped_relu", cap)
    if slope is not None:
        return ("leaky_relu", slope) if slope else ("relu", 0.0)
    if name == "elu" and "alpha" in numbers:
        return name, numbers["alpha"]
    if name in _NAMES:
        return _NAMES[name]
    known = name in ACTIVATIONS or name in MORE_ACTIVATIONS or name in ALONE
    return (name, 0.0) if known else None


def plane(shape: Shape) -> tuple[int, int, int]:
    """Height, width and channels of an image's value: a sequence is a row, a vector a pixel."""
    height, width, channels = (*(1,) * (3 - len(shape)), *shape)
    return height, width, channels


def spatial(numbers: Sequence[Any], one: Any) -> tuple[Any, Any]:
    """Two numbers of a window that slides over one axis or two."""
    first, second = numbers if len(numbers) == 2 else (one, *numbers)
    return first, second


@dataclass
class Steps:
    """The steps of a stretch in the making.

    Args:
        draft: what the operations belong to.
        shapes: of every value, of one image, channels last.
    """

    draft: Draft
    shapes: dict[Port, Shape]
    made: list[KernelStep] = field(default_factory=list)
    folded: dict[str, str] = field(default_factory=dict)  # product -> its normalisation
    borders: dict[Port, tuple[Port, Any]] = field(default_factory=dict)

    def add(self, operation: Operation) -> None:
        """The work of an operation, inside the steps before it where they can do it."""
        _MADE[type_of(self.draft, operation)](self, operation)

    def alone(self, port: Port) -> bool:
        """Whether only one operation reads a value, once."""
        if port in self.draft.outputs:
            return False
        return sum(op.reads.count(port) for op in self.draft.operations) == 1

    def writer(self, port: Port) -> int | None:
        """The step that writes a value, if there is one here and nobody else reads it."""
        if not self.alone(port):
            return None
        return next((i for i, step in enumerate(self.made) if step.writes == port), None)

    def change(self, place: int, writes: Port, **sizes: Any) -> None:
        """Lets a step do more, and write the value that this gives."""
        step = self.made[place]
        shape = replace(step.shape, **sizes) if sizes else step.shape
        self.made[place] = replace(step, shape=shape, writes=writes)

    def activate(self, port: Port, writes: Port, name: str, numbers: Mapping[str, Any]) -> None:
        """An activation, by the step that writes its input if that one can."""
        known = activation_of(name, numbers)
        if known is None or known[0] == "linear":
            self.made.append(KernelStep(VIEW, (port,), writes))
            return
        place = self.writer(port)
        if place is not None and self._takes(self.made[place], known[0]):
            self.change(place, writes, activation=known[0], number=known[1])
            return
        height, width, channels = plane(self.shapes[writes])
        if known[0] in ALONE:
            shape = PointShape(height * width, channels)
            self.made.append(KernelStep("softmax_map", (port,), writes, shape))
            return
        shape = PointShape(height * width, channels, 0, *known)
        self.made.append(KernelStep("copy_map", (port,), writes, shape))

    def _takes(self, step: KernelStep, name: str) -> bool:
        if step.shape is None or step.shape.activation != "linear" or name in ALONE:
            return False
        return step.kernel != "softmax_map" and (step.kernel != CONV or name in ACTIVATIONS)

    def read(self, operation: Operation) -> tuple[Port, Any]:
        """The map that a window slides over, and the zeros around it of padding before it."""
        port = operation.reads[0]
        return self.borders.get(port, (port, None))


def type_of(draft: Draft, operation: Operation) -> str:
    """The word of the table below that an operation goes by."""
    return type_name(operation, draft.kind(operation))


def type_name(operation: Operation, kind: Any) -> str:
    """As `type_of`, for the kind of the operation's layer."""
    if operation.part == ACTIVATION:
        return "activation"
    return "Rescaling" if operation.affine is not None else type(kind).__name__


def _convolution(steps: Steps, op: Operation) -> None:
    kind = steps.draft.kind(op)
    x, border = steps.read(op)
    shape = conv_shape(kind, plane(steps.shapes[x]), kind.filters, op.padding or border)
    _product(steps, op, KernelStep(CONV, (x,), op.writes[0], shape, op.name))


def conv_shape(kind: Any, x: tuple[int, int, int], filters: int, border: Any = None) -> ConvShape:
    """The sizes of a convolution, of planes or of sequences as planes of one row."""
    height, width, channels = x
    kernel, strides = spatial(kind.kernel_size, 1), spatial(kind.strides, 1)
    dilation = spatial(kind.dilation_rate, 1)
    if border is None:
        sizes = (height, width)[2 - len(kind.kernel_size) :]
        places = (kind.kernel_size, kind.strides, kind.dilation_rate)
        border = window.all_axes(kind.padding, sizes, *places)
    padding = spatial(tuple(tuple(ends) for ends in border), (0, 0))
    return ConvShape(channels, filters, (height, width), kernel, strides, dilation, padding)


def _depthwise(steps: Steps, op: Operation) -> None:
    kind = steps.draft.kind(op)
    x, border = steps.read(op)
    found = plane(steps.shapes[x])
    shape = conv_shape(kind, found, found[2], border)
    _product(steps, op, KernelStep(DEPTHWISE, (x,), op.writes[0], shape, op.name))


def _dense(steps: Steps, op: Operation) -> None:
    height, width, channels = plane(steps.shapes[op.reads[0]])
    shape = ConvShape(channels, steps.draft.kind(op).units, (height, width), (1, 1))
    _product(steps, op, KernelStep(CONV, (op.reads[0],), op.writes[0], shape, op.name))


def _product(steps: Steps, op: Operation, step: KernelStep) -> None:
    steps.made.append(step)
    if op.joined is not None:
        name, node = op.joined
        numbers = vars(steps.draft.graph[node].kind) if node != op.node else {}
        known = activation_of(name, numbers)
        place = len(steps.made) - 1
        if known is not None and steps._takes(step, known[0]):
            steps.change(place, op.writes[0], activation=known[0], number=known[1])
            return
        inner = Port(f"{op.name}'")  # no node has such a name
        steps.shapes[inner] = steps.shapes[op.writes[0]]
        steps.change(place, inner)
        steps.activate(inner, op.writes[0], name, numbers)


def _activation(steps: Steps, op: Operation) -> None:
    numbers = vars(steps.draft.kind(op)) if op.name == op.node else {}
    steps.activate(op.reads[0], op.writes[0], op.activation, numbers)


def _window_pool(kernel: str) -> Callable[[Steps, Operation], None]:
    def make(steps: Steps, op: Operation) -> None:
        kind = steps.draft.kind(op)
        place = steps.writer(op.reads[0])
        if kernel == "max_pool" and place is not None and _halves(kind, steps.made[place]):
            steps.change(place, op.writes[0], pool=2)
            return
        port, border = steps.read(op)
        x = plane(steps.shapes[port])
        if border is None:
            sizes, ones = x[2 - len(kind.pool_size) : 2], (1,) * len(kind.pool_size)
            border = window.all_axes(kind.padding, sizes, kind.pool_size, kind.strides, ones)
        shape = ConvShape(
            *(x[2], x[2], x[:2], spatial(kind.pool_size, 1), spatial(kind.strides, 1)),
            padding=spatial(tuple(tuple(ends) for ends in border), (0, 0)),
        )
        steps.made.append(KernelStep(kernel, (port,), op.writes[0], shape))

    return make


def _halves(kind: Any, step: KernelStep) -> bool:
    """Whether a convolution's kernel does the max-pooling behind it."""
    shape = step.shape
    if step.kernel != CONV or not isinstance(shape, ConvShape) or len(step.reads) > 1:
        return False
    even = all(n % 2 == 0 for n in shape.convolved)
    usual = (tuple(kind.pool_size), tuple(kind.strides)) == ((2, 2), (2, 2))
    rises = shape.activation in (*MONOTONE, "linear", "capped_relu") and shape.number >= 0.0
    large = min(shape.convolved) >= 2
    return usual and rises and large and shape.pool == 1 and (kind.padding == "valid" or even)


def _global_pool(kernel: str) -> Callable[[Steps, Operation], None]:
    def make(steps: Steps, op: Operation) -> None:
        height, width, channels = plane(steps.shapes[op.reads[0]])
        size = height, width
        shape = ConvShape(channels, channels, size, size)
        steps.made.append(KernelStep(kernel, (op.reads[0],), op.writes[0], shape))

    return make


def _same_memory(steps: Steps, op: Operation) -> None:
    steps.made.append(KernelStep(VIEW, op.reads, op.writes[0]))


def _border(steps: Steps, op: Operation) -> None:
    kind = steps.draft.kind(op)
    amounts = tuple(kind.padding) if op.padding is None else op.padding
    steps.borders[op.writes[0]] = (op.reads[0], amounts)


def _side_by_side(steps: Steps, op: Operation) -> None:
    steps.made.append(KernelStep(SIDE_BY_SIDE, op.reads, op.writes[0]))


def _affine(steps: Steps, op: Operation) -> None:
    place = steps.writer(op.reads[0])
    normalizes = type_of(steps.draft, op) == "BatchNormalization"
    if normalizes and place is not None and _folds(steps.made[place]):
        steps.folded[str(steps.made[place].source)] = op.node
        steps.change(place, op.writes[0])
        return
    height, width, channels = plane(steps.shapes[op.writes[0]])
    shape = PointShape(height * width, channels)
    steps.made.append(KernelStep("scale_map", op.reads, op.writes[0], shape, op.name))


def _folds(step: KernelStep) -> bool:
    linear = step.shape is not None and step.shape.activation == "linear"
    return step.kernel == DEPTHWISE and linear


def _sum(steps: Steps, op: Operation) -> None:
    """The last convolution among those that are added adds the other map itself."""
    if len(op.reads) == 2 and op.reads[0] != op.reads[1]:
        found = [(steps.writer(port), port) for port in op.reads]
        places = sorted((i, port) for i, port in found if i is not None)
        for place, port in reversed(places):
            other = op.reads[1] if port == op.reads[0] else op.reads[0]
            if _adds(steps, place, other):
                step = steps.made[place]
                steps.made[place] = replace(step, reads=(*step.reads, other), writes=op.writes[0])
                return
    _merge("add_maps")(steps, op)


def _adds(steps: Steps, place: int, other: Port) -> bool:
    step = steps.made[place]
    shape = step.shape
    if step.kernel != CONV or not isinstance(shape, ConvShape) or len(step.reads) > 1:
        return False
    there = all(later.writes != other for later in steps.made[place:])
    return there and shape.pool == 1 and shape.activation == "linear"


def _merge(kernel: str) -> Callable[[Steps, Operation], None]:
    def make(steps: Steps, op: Operation) -> None:
        wide = max(op.reads, key=lambda port: _pixels(steps.shapes[port]))
        rest = list(op.reads)
        rest.remove(wide)
        so_far = wide
        for i, other in enumerate(rest, 1):
            last = i == len(rest)
            writes = op.writes[0] if last else Port(f"{op.name}'{i}")
            steps.shapes[writes] = steps.shapes[op.writes[0]]
            pixels, channels = _pixels(steps.shapes[wide]), steps.shapes[wide][-1]
            shape = PointShape(pixels, channels, _pixels(steps.shapes[other]))
            steps.made.append(KernelStep(kernel, (so_far, other), writes, shape))
            so_far = writes

    return make


def _pixels(shape: Shape) -> int:
    height, width, _ = plane(shape)
    return height * width


_MADE: dict[str, Callable[[Steps, Operation], None]] = {
    "activation": _activation,
    "Conv1D": _convolution,
    "Conv2D": _convolution,
    "DepthwiseConv1D": _depthwise,
    "DepthwiseConv2D": _depthwise,
    "Dense": _dense,
    "MaxPooling1D": _window_pool("max_pool"),
    "MaxPooling2D": _window_pool("max_pool"),
    "AveragePooling1D": _window_pool("average_pool"),
    "AveragePooling2D": _window_pool("average_pool"),
    "GlobalMaxPooling1D": _global_pool("max_pool"),
    "GlobalMaxPooling2D": _global_pool("max_pool"),
    "GlobalAveragePooling1D": _global_pool("average_pool"),
    "GlobalAveragePooling2D": _global_pool("average_pool"),
    "Flatten": _same_memory,
    "Reshape": _same_memory,
    "ZeroPadding2D": _border,
    "Concatenate": _side_by_side,
    "Add": _sum,
    "Multiply": _merge("multiply_maps"),
    "Rescaling": _affine,
    "BatchNormalization": _affine,
}
KNOWN = frozenset(_MADE)
PRODUCTS = frozenset({"Conv1D", "Conv2D", "DepthwiseConv1D", "DepthwiseConv2D", "Dense"})


def is_known_part(draft: Draft, operation: Operation) -> bool:
    """Whether an operation is a layer, or the part of one, that the table is about."""
    name = type_of(draft, operation)
    return name in KNOWN and (name not in PRODUCTS or operation.part == PRODUCT)
