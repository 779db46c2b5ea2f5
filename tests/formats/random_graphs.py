"""Random functional models of layers that Keras has too: branches, merges, sharing, nesting."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

import numpy as np

import striate as st
from striate import layers
from striate.formats.keras_writing.table import RENAMED, SAME
from striate.graph import Symbol
from tests.contract.cases import CASES, Case
from tests.contract.keras_parity import many
from tests.formats.keras_writing.parity import randomize

# Layers left out of graphs, and why.
LEFT_OUT = {
    "Equalization": "no model of Keras's can hold it",
    "StackedRNNCells": "a cell, and so are the next three",
    "LSTMCell": "",
    "GRUCell": "",
    "SimpleRNNCell": "",
    # They jump between values, or double a small difference with every layer behind them.
    "Solarization": "jumps",
    "AutoContrast": "divides by the range",
    "ContrastLimitedAdaptiveHistogramEqualization": "counts values in bins",
    "ThresholdedReLU": "jumps",
    "SpectralNormalization": "its weights are a vector and its image, not random numbers",
}
SHAPES = ((8, 8, 3), (5, 6, 3), (6, 4), (5, 3), (7,), (4, 5, 6, 2))
LARGEST = 3000  # numbers of one example in a symbol
MERGES = ("Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract", "Concatenate")
# Keras's Multiply has ones in masked steps. Its Concatenate makes an operation "concatenate" of
# masks, and from a file it then has two things of one name. Its Softmax takes full masks only.
OF_NO_MASK = ("Multiply", "Concatenate", "Softmax")


def _usable(case: Case) -> bool:
    held = case.layer in SAME or case.layer in RENAMED or case.layer == "GELU"
    compared = case.keras or case.layer == "InstanceNormalization"
    plain = case.data is None and case.whole is None
    masked = any(name.endswith("mask") for name in case.names)
    # A query without a key in its window is left to chance: no mask of the catalogue's does that.
    windowed = "sliding_window" in case.arguments
    uneven = "backward_layer" in case.arguments  # there Keras's shape is not that of its result
    scored = "attention_axes" in case.arguments and case.settings  # Keras has a wrong shape there
    jumps = "threshold" in case.arguments or "hard_shrink" in str(case)
    chosen = held and compared and case.layer not in LEFT_OUT
    return chosen and plain and not (masked or windowed or scored or uneven or jumps)


USABLE = [case for case in CASES if _usable(case)]
EMBEDDINGS = [case for case in CASES if case.layer == "Embedding"]


class Builder:
    """Grows one model; every choice comes from `rng`."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.inputs: list[Any] = []
        self.ranges: list[int] = []  # whole numbers below this; 0: floats
        self.pool: list[Any] = []
        self.made: list[tuple[Any, tuple[int, ...]]] = []  # layers of one input and its shape
        self.used: set[int] = set()

    def enter(self, shape: tuple[int, ...]) -> None:
        self.inputs.append(st.Input(shape))
        self.ranges.append(0)
        self.pool.append(self.inputs[-1])

    def enter_numbers(self) -> None:
        """Whole numbers through an Embedding."""
        case = self.rng.choice(EMBEDDINGS)
        entry = st.Input(case.shapes[0], dtype="int32")
        self.inputs.append(entry)
        self.ranges.append(case.arguments["input_dim"])
        self.pool.append(case.make()(entry))

    def pick(self, rank: int | None = None) -> Any:
        """A symbol, rather a late one or one that nothing takes yet."""
        found = [s for s in self.pool if rank is None or len(s.shape) - 1 == rank]
        fresh = [s for s in found if id(s) not in self.used]
        if fresh and self.rng.random() < 0.7:
            found = fresh
        return self.rng.choice(found) if found else None

    def choose(self, cases: list[Case]) -> Case:
        """One of a layer, so that layers with many cases come no oftener than others."""
        name = self.rng.choice(sorted({c.layer for c in cases}))
        return self.rng.choice([c for c in cases if c.layer == name])

    def take(self, given: list[Any], made: Any) -> bool:
        """Adds what a layer gave, if it is of a size to go on with."""
        outputs = [y for y in many(made) if isinstance(y, Symbol)]
        for y in outputs:
            sizes = y.shape[1:]
            plain = None not in sizes and y.dtype == "float32"
            if not plain or not 0 < math.prod(sizes) <= LARGEST:
                return False
        self.used.update(id(s) for s in given)
        self.pool += outputs
        return True

    def node(self, depth: int) -> bool:
        """Adds one node; False if the choice did not fit."""
        chance = self.rng.random()
        if chance < 0.2:
            return self.merge()
        if chance < 0.32 and self.made:
            return self.again()
        if chance < 0.42 and depth:
            return self.nested(depth - 1)
        return self.from_catalogue()

    def merge(self) -> bool:
        x = self.pick()
        same = [s for s in self.pool if s.shape == x.shape]
        chosen = [x, *(self.rng.choice(same) for _ in range(self.rng.choice((1, 1, 2))))]
        name = self.rng.choice(MERGES)
        if name == "Subtract":
            chosen = chosen[:2]
        return self.call(getattr(layers, name)(), [chosen])

    def again(self) -> bool:
        """Another call of a layer."""
        layer, shape = self.rng.choice(self.made)
        fitting = [s for s in self.pool if s.shape == shape]
        return self.call(layer, [self.rng.choice(fitting)])

    def nested(self, depth: int) -> bool:
        x = self.pick()
        if x.mask is not None:  # Keras hands it on, so that the layers inside would see it
            return False
        make = self.rng.choice((self.chain, self.functional))
        model = make(x.shape[1:], depth)
        return model is not None and self.call(model, [x])

    def chain(self, shape: tuple[int, ...], depth: int) -> Any:
        inner = Builder(self.rng)
        inner.enter(shape)
        held: list[Any] = [layers.Input(shape)]
        x = inner.inputs[0]
        for _ in range(self.rng.randint(1, 3)):
            layer = self.choose(fitting_cases(x)).make()
            if not knows_masks(layer, [x]):
                continue
            try:
                made = layer(x)
            except st.errors.StriateError:
                continue
            if isinstance(made, Symbol) and inner.take([x], made):
                held.append(layer)
                x = made
        return st.Sequential(held) if len(held) > 1 else None

    def functional(self, shape: tuple[int, ...], depth: int) -> Any:
        inner = Builder(self.rng)
        inner.enter(shape)
        inner.grow(self.rng.randint(2, 4), depth)
        return inner.model(self.rng.choice((1, 1, 2)))

    def from_catalogue(self) -> bool:
        x = self.pick()
        case = self.choose(fitting_cases(x, alone=False))
        given = [x, *(self.pick(len(shape)) for shape in case.shapes[1:])]
        if None in given:
            return False
        layer = case.make()
        if self.rng.random() < 0.2:
            layer.trainable = False
        return self.call(layer, given, case)

    def call(self, layer: Any, given: list[Any], case: Case | None = None) -> bool:
        """Calls a layer on symbols, as its case has it, or on the first of them, maybe a list."""
        symbols = many(given)
        if not knows_masks(layer, symbols):
            return False
        try:
            made = case.call(layer, given) if case else layer(given[0])
        except st.errors.StriateError:
            return False  # arguments for another shape
        if not self.take(symbols, made):
            return False
        if len(symbols) == 1:
            self.made.append((layer, given[0].shape))
        return True

    def grow(self, count: int, depth: int) -> None:
        tries = 0
        while count and tries < 200:
            tries += 1
            count -= self.node(depth)

    def model(self, outputs: int) -> st.Model | None:
        """Of what nothing takes, or of the last ones."""
        made = [s for s in self.pool if not any(s is x for x in self.inputs)]
        ends = [s for s in made if id(s) not in self.used] or made[-1:]
        if not ends:
            return None
        chosen = ends[-outputs:]
        return st.Model(self.inputs if len(self.inputs) > 1 else self.inputs[0], chosen)


def knows_masks(layer: Any, given: list[Any]) -> bool:
    """Whether Keras can give the same for these masks, if there are any."""
    return type(layer).__name__ not in OF_NO_MASK or all(s.mask is None for s in given)


def fitting_cases(x: Any, alone: bool = True) -> list[Case]:
    """Cases whose first input has the rank of a symbol."""
    rank = len(x.shape) - 1
    return [c for c in USABLE if len(c.shapes[0]) == rank and (len(c.shapes) == 1 or not alone)]


def graph(seed: int) -> tuple[st.Model, list[np.ndarray]]:
    """A model with random weights, some of it frozen, and data for its inputs."""
    rng = random.Random(seed)
    builder = Builder(rng)
    shape = rng.choice(SHAPES)
    builder.enter(shape)
    for _ in range(rng.choice((0, 0, 1, 2))):
        if rng.random() < 0.3:
            builder.enter_numbers()
        else:
            builder.enter(rng.choice((shape, rng.choice(SHAPES))))
    builder.grow(rng.randint(3, 12), depth=2)
    for entry in builder.inputs:  # Keras takes no input that leads nowhere
        if id(entry) not in builder.used and entry.dtype == "float32":
            builder.take([entry], layers.ReLU()(entry))
    model = builder.model(len(builder.pool))
    if model is None:
        raise ValueError(f"seed {seed} gave no model")
    randomize(model, seed)
    return model, list(_data(builder, np.random.default_rng(seed)))


def _data(builder: Builder, rng: np.random.Generator) -> Iterator[np.ndarray]:
    for entry, whole in zip(builder.inputs, builder.ranges, strict=True):
        size = (2, *entry.shape[1:])
        if whole:
            yield rng.integers(0, whole, size).astype("int32")
        else:
            yield rng.normal(size=size).astype("float32")
