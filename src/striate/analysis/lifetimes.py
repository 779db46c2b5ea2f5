"""lifetimes: what is in memory at each moment of a step, from the order of execution.

Bytes are pairs (fixed, per sample), because lifetimes do not depend on the batch size: so one
walk answers every batch size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from striate.analysis.backward import FLOAT, Kept, kept, size
from striate.analysis.execution import Execution
from striate.analysis.steps import ACTIVATION, PRODUCT, Step
from striate.graph import Port, Spec
from striate.graph.kinds.convolution import Conv, DepthwiseConv

ITEM_BYTES = {
    "float64": 8,
    "int64": 8,
    "float32": 4,
    "int32": 4,
    "float16": 2,
    "bfloat16": 2,
    "uint8": 1,
    "bool": 1,
}
# Layers whose gradient is that of their result, or a part of it: nothing new is made.
PASSES_ON = frozenset({"Add", "Concatenate", "Identity", "ActivityRegularization"})
BYTES_LOW = 2  # of a bfloat16
BLOCK = 16  # channels that oneDNN handles together


@dataclass(frozen=True)
class Moment:
    """What is in memory while something runs.

    Args:
        what: the layer, with "forward", "loss", "backward" or "update" in front.
        fixed_bytes: what does not depend on the batch.
        sample_bytes: what each sample adds.
    """

    what: str
    fixed_bytes: float
    sample_bytes: float

    def at(self, batch_size: int) -> int:
        """Bytes at a batch size."""
        return round(self.fixed_bytes + self.sample_bytes * batch_size)


@dataclass
class Ledger:
    """Blocks of memory that are in use, who holds them, and what was in use when.

    Args:
        fixed: bytes that stay through it all.
    """

    fixed: float = 0.0
    sample: float = 0.0
    blocks: dict[int, tuple[float, float]] = field(default_factory=dict)
    holders: dict[int, int] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    count: int = 0

    def allocate(self, sample: float, fixed: float = 0.0) -> int:
        """A new block with one holder."""
        self.count += 1
        self.blocks[self.count] = (fixed, sample)
        self.holders[self.count] = 1
        self.fixed += fixed
        self.sample += sample
        return self.count

    def hold(self, block: int) -> int:
        """One more holder."""
        self.holders[block] += 1
        return block

    def release(self, block: int) -> None:
        """One holder less; without holders the block is free."""
        self.holders[block] -= 1
        if not self.holders[block]:
            fixed, sample = self.blocks[block]
            self.fixed -= fixed
            self.sample -= sample

    def note(self, what: str, sample: float = 0.0, fixed: float = 0.0) -> None:
        """What is in use now, and for the moment besides."""
        self.moments.append(Moment(what, self.fixed + fixed, self.sample + sample))


@dataclass
class Forward:
    """A walk through the steps in order; afterwards what it has kept is still held.

    Args:
        execution: the steps.
        ledger: where memory is counted.
        weights: bytes of each layer's weights, by the layer's name.
        trained: those of them that need gradients.
        backward: whether a backward pass follows.
    """

    execution: Execution
    ledger: Ledger
    weights: Mapping[str, int]
    trained: Mapping[str, int]
    backward: bool
    blocks: dict[Port, int] = field(default_factory=dict)
    needs_gradient: set[Port] = field(default_factory=set)
    low: set[Port] = field(default_factory=set)
    held: dict[str, list[int]] = field(default_factory=dict)
    makers: dict[int, str] = field(default_factory=dict)
    reads: dict[str, list[Kept]] = field(default_factory=dict)

    def run(self) -> None:
        """Counts every step."""
        for port, spec in self.execution.inputs:
            self.blocks[port] = self.ledger.allocate(value_bytes(spec))
        last: dict[Port, str] = {}
        for step in self.execution.steps:
            last.update(dict.fromkeys(step.reads, step.name))
        kept_for_good = {p for p, _ in self.execution.inputs} | set(self.execution.outputs)
        for step in self.execution.steps:
            self.step(step)
            for port in dict.fromkeys((*step.reads, *step.writes)):
                done = last.get(port, step.name) == step.name
                if done and port not in kept_for_good:
                    self.ledger.release(self.blocks[port])

    def step(self, step: Step) -> None:
        """Counts what a step makes, and holds what its backward pass reads."""
        needs = self.backward and (
            bool(self.trained.get(step.layer)) or any(p in self.needs_gradient for p in step.reads)
        )
        rule = kept(step)
        copies = self.copies(step)
        extra = copies if copies else rule.extra_bytes
        if not self.backward and rule.forward_bytes is not None:
            extra = rule.forward_bytes
        extra_fixed = BYTES_LOW / FLOAT * self.weights.get(step.layer, 0) if _casts(step) else 0.0
        made = self.ledger.allocate(extra, extra_fixed) if extra or extra_fixed else 0
        for i, (port, spec) in enumerate(zip(step.writes, step.outputs, strict=True)):
            if rule.view and i == 0:
                self.blocks[port] = self.ledger.hold(self.blocks[step.reads[0]])
            else:
                self.blocks[port] = self.ledger.allocate(value_bytes(spec, step.low))
                self.makers[self.blocks[port]] = step.layer
        if made:
            self.makers[made] = step.layer
        reordered = self.weights.get(step.layer, 0) if isinstance(step.kind, Conv) else 0
        self.ledger.note(f"forward {step.name}", 0.0, reordered)
        if step.low:
            self.low.update(step.writes)
        if needs:
            self.needs_gradient.update(step.writes)
            self.hold(step, rule, made, bool(copies))
        elif made:
            self.ledger.release(made)

    def copies(self, step: Step) -> float:
        """Bytes of inputs that are converted to another precision first."""
        product = step.part == PRODUCT
        wrong = [
            spec
            for port, spec in zip(step.reads, step.inputs, strict=True)
            if (port in self.low) != step.low and (product or not step.low)
        ]
        return sum(size(spec) * (BYTES_LOW if step.low else FLOAT) for spec in wrong)

    def hold(self, step: Step, rule: Kept, made: int, copied: bool) -> None:
        """Keeps what the backward pass reads until then."""
        product = step.part == PRODUCT and not self.trained.get(step.layer)
        wanted = range(len(step.reads)) if rule.inputs is None else rule.inputs
        blocks = [] if product or copied else [self.blocks[step.reads[i]] for i in wanted]
        blocks += [self.blocks[step.writes[i]] for i in rule.outputs]
        held = [self.ledger.hold(block) for block in dict.fromkeys(blocks)]
        if made and copied and not wanted and not _casts(step):
            self.ledger.release(made)  # a copy that only the forward pass reads
        elif made:
            held.append(made)
        self.held[step.name] = held
        self.reads.setdefault(step.layer, []).append(rule)

    def kept_bytes(self) -> dict[str, float]:
        """Bytes per sample that are kept for the way back, by the layer that made them."""
        found: dict[str, float] = {}
        for block in {b for held in self.held.values() for b in held}:
            layer = self.makers.get(block)
            if layer is not None:
                found[layer] = found.get(layer, 0.0) + self.ledger.blocks[block][1]
        return found


def _casts(step: Step) -> bool:
    return step.low and step.part == PRODUCT


def value_bytes(spec: Spec, low: bool = False) -> float:
    """Bytes per sample of a value."""
    return size(spec) * (BYTES_LOW if low else ITEM_BYTES[spec.dtype])


def backward(forward: Forward) -> None:
    """The way back: gradients are made step by step, and what was kept is let go."""
    ledger, steps = forward.ledger, forward.execution.steps
    gradients: dict[Port, int] = {}
    done: set[str] = set()
    specs = {p: s for step in steps for p, s in zip(step.writes, step.outputs, strict=True)}
    losses = [p for p in forward.execution.outputs if p in forward.needs_gradient]
    probabilities = [ledger.allocate(value_bytes(specs[p])) for p in losses]
    ledger.note("loss")
    for port in losses:
        gradients[port] = ledger.allocate(value_bytes(specs[port]))
    ledger.note("loss, backward")
    for block in probabilities:
        ledger.release(block)
    for step in reversed(steps):
        arrived = [gradients.pop(p) for p in step.writes if p in gradients]
        if arrived:
            _back(step, forward, gradients, arrived[0], done)
        for block in arrived:
            ledger.release(block)
        for block in forward.held.pop(step.name, ()):
            ledger.release(block)


def _back(
    step: Step, forward: Forward, gradients: dict[Port, int], arrived: int, done: set[str]
) -> None:
    ledger, what = forward.ledger, f"backward {step.name}"
    padded = _padded_bytes(step)
    weight = forward.trained.get(step.layer, 0) if step.part != ACTIVATION else 0
    scratch = _scratch(step, weight)
    again = step.layer in done
    if weight and not again:
        ledger.allocate(0.0, weight)
        done.add(step.layer)
    if padded:  # the gradient of the padded copy first, of which the inside is copied then
        ledger.note(what, padded, scratch)
    made: list[tuple[Port, int]] = []
    for port, spec in zip(step.reads, step.inputs, strict=True):
        if port in forward.needs_gradient:
            passes = _passes_on(step)
            block = (
                ledger.hold(arrived)
                if passes
                else ledger.allocate(value_bytes(spec, port in forward.low))
            )
            made.append((port, block))
    if not padded:
        ledger.note(what, _temporary(step), scratch + (weight if again else 0))
    for port, block in made:
        if port not in gradients:
            gradients[port] = block
        elif ledger.holders[gradients[port]] == 1 or ledger.holders[block] == 1:
            _add_in_place(ledger, gradients, port, block)
        else:
            total = ledger.allocate(*reversed(ledger.blocks[block]))
            ledger.note(what)
            ledger.release(gradients[port])
            ledger.release(block)
            gradients[port] = total


def _scratch(step: Step, weight: int) -> int:
    """What oneDNN needs to compute the gradient of a convolution's weights on a CPU.

    Two copies of the weights; a depthwise kernel as blocks of 16 by 16 channels, mostly zeros.
    """
    if isinstance(step.kind, DepthwiseConv) and weight and step.part == PRODUCT:
        per_channel = step.kind.depth_multiplier
        return weight // per_channel * BLOCK * -(-per_channel // BLOCK) * BLOCK
    return (1 if step.low else 2) * weight if isinstance(step.kind, Conv) else 0


def _padded_bytes(step: Step) -> float:
    """Bytes per sample of the padded copy that a convolution reads, 0 if it needs none."""
    conv = step.part == PRODUCT and isinstance(step.kind, (Conv, DepthwiseConv))
    return kept(step).extra_bytes if conv and not kept(step).inputs else 0.0


def _passes_on(step: Step) -> bool:
    """Whether the gradient of its input is the memory that its own gradient came in."""
    name = type(step.kind).__name__
    view = kept(step).view and not step.in_place
    return name in PASSES_ON or (view and not name.startswith(("Cropping", "CenterCrop")))


def _add_in_place(ledger: Ledger, gradients: dict[Port, int], port: Port, block: int) -> None:
    """A second gradient of a value is added to the one that nobody else holds."""
    if ledger.holders[gradients[port]] == 1:
        ledger.release(block)
    else:
        ledger.release(gradients[port])
        gradients[port] = block


def _temporary(step: Step) -> float:
    """What a backward step needs only while it runs: products with what was broadcast."""
    if type(step.kind).__name__ != "Multiply":
        return 0.0
    output = step.outputs[0]
    return sum(value_bytes(output) for spec in step.inputs if size(spec) < size(output))


def largest(moments: Iterable[Moment], batch_size: int) -> Moment:
    """The moment at which most memory is in use."""
    return max(moments, key=lambda moment: moment.at(batch_size))
