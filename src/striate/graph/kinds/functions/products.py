"""Rules of functions that sum products, and how many products they sum."""

from __future__ import annotations

from typing import Any

from striate.graph import window
from striate.graph.kinds.base import Fault
from striate.graph.kinds.functions.types import (
    Arguments,
    Specs,
    as_float,
    joint,
    matmul_shape,
    numpy_broadcast,
    place,
)
from striate.graph.spec import Shape, Spec, product


def matrices(specs: Specs, a: Arguments) -> Spec:
    """x1 @ x2."""
    return Spec(matmul_shape(specs[0].shape, specs[1].shape), joint(specs))


def dotted(specs: Specs, a: Arguments) -> Spec:
    """The last axis of x1 with the last but one of x2, all others kept."""
    x, y = specs[0].shape, specs[1].shape
    if not x or not y:
        return Spec(numpy_broadcast(x, y), joint(specs))
    axis = max(0, len(y) - 2)
    if None not in (x[-1], y[axis]) and x[-1] != y[axis]:
        raise _unlike(specs)
    return Spec((*x[:-1], *y[:axis], *y[axis + 1 :]), joint(specs))


def contracted(specs: Specs, a: Arguments) -> Spec:
    """tensordot: the axes named of each are summed over."""
    first, second = contracted_axes(specs, a.get("axes", 2))
    x, y = specs[0].shape, specs[1].shape
    pairs = [(x[i], y[j]) for i, j in zip(first, second, strict=True)]
    if any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise _unlike(specs)
    rest = (n for i, n in enumerate(x) if i not in first)
    other = (n for i, n in enumerate(y) if i not in second)
    return Spec((*rest, *other), joint(specs))


def contracted_axes(specs: Specs, axes: Any) -> tuple[list[int], list[int]]:
    """The axes of each, from a number or from a pair."""
    x, y = specs[0].rank, specs[1].rank
    if isinstance(axes, int):
        return list(range(x - axes, x)), list(range(axes))
    first, second = ((v,) if isinstance(v, int) else v for v in axes)
    return [place(v, x) for v in first], [place(v, y) for v in second]


def summed_over(specs: Specs, a: Arguments) -> Spec:
    """einsum: the sizes of the letters that stay."""
    letters, sizes = einsum_sizes(specs, a["subscripts"])
    return Spec(tuple(sizes[letter] for letter in letters), joint(specs))


def einsum_sizes(specs: Specs, subscripts: str) -> tuple[str, dict[str, int | None]]:
    """The letters of the result, and the size of each letter; "..." as capital letters."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(specs):
        raise Fault("not as many terms as tensors", got={"subscripts": subscripts})
    rest = max(
        (s.rank - len(t) + 3 for s, t in zip(specs, terms, strict=True) if "..." in t), default=0
    )
    free = "".join(c for c in "ABCDEFGHIJ" if c not in left)[:rest]
    sizes: dict[str, int | None] = {}
    for spec, term in zip(specs, terms, strict=True):
        own = spec.rank - len(term) + 3
        letters = term.replace("...", free[len(free) - own :] if own > 0 else "")
        if len(letters) != spec.rank:
            raise Fault(
                "a term with another number of letters than axes",
                got={"subscripts": subscripts, "input shape": spec.shape},
            )
        for letter, n in zip(letters, spec.shape, strict=True):
            if None not in (n, sizes.get(letter)) and n != sizes[letter] and letter not in free:
                raise _unlike(specs)
            before = sizes.get(letter)
            sizes[letter] = n if before is None or before == 1 else before
    if arrow:
        return right.replace("...", free), sizes
    counts = left.replace(",", "")
    return free + "".join(sorted({c for c in counts if counts.count(c) == 1} - {"."})), sizes


def products_of(operation: str, specs: Specs, a: Arguments, made: Shape) -> int | None:
    """Multiplications per sample of a function that sums products."""
    inside: list[int | None] = []
    if operation == "einsum":
        letters, sizes = einsum_sizes(specs, a["subscripts"])
        inside = [n for letter, n in sizes.items() if letter not in letters]
    elif operation == "tensordot":
        first, _ = contracted_axes(specs, a.get("axes", 2))
        inside = [specs[0].shape[i] for i in first]
    elif operation == "conv":
        inside = list(specs[1].shape[:-1])
    elif operation == "depthwise_conv":
        inside = list(specs[1].shape[:-2])
    else:
        inside = [specs[0].shape[-1]]
    return product((*made[1:], *inside))


def _unlike(specs: Specs) -> Fault:
    return Fault(
        "shapes that do not go together",
        got={"shapes": tuple(s.shape for s in specs)},
        expected="equal sizes of the axes that are summed over",
    )


def pooled(specs: Specs, a: Arguments) -> Spec:
    """max_pool, average_pool."""
    size = a["pool_size"]
    shape = _slid(specs[0], size, a.get("strides") or size, a, 1)
    return Spec((specs[0].shape[0], *shape, specs[0].channels), specs[0].dtype)


def convolved(specs: Specs, a: Arguments) -> Spec:
    """conv: kernel (*k, in / groups, out)."""
    x, kernel = specs
    shape = _slid(x, _known(kernel.shape[:-2]), a.get("strides", 1), a, a.get("dilation_rate", 1))
    return Spec((x.shape[0], *shape, kernel.channels), joint(specs))


def depthwise(specs: Specs, a: Arguments) -> Spec:
    """depthwise_conv: kernel (*k, in, multiplier)."""
    x, kernel = specs
    shape = _slid(x, _known(kernel.shape[:-2]), a.get("strides", 1), a, a.get("dilation_rate", 1))
    return Spec((x.shape[0], *shape, product(kernel.shape[-2:])), joint(specs))


def _known(sizes: Shape) -> tuple[int, ...]:
    if None in sizes:
        raise Fault("a kernel of open size", got={"kernel": sizes})
    return tuple(n for n in sizes if n is not None)


def _slid(x: Spec, size: Any, strides: Any, a: Arguments, dilation: Any) -> list[int | None]:
    if a.get("data_format") == "channels_first":
        raise Fault("recorded functions are channels last", got={"data_format": "channels_first"})
    rank = x.rank - 2
    kernel, steps, spread = (
        (v,) * rank if isinstance(v, int) else tuple(v) for v in (size, strides, dilation)
    )
    axes = zip(x.spatial, kernel, steps, spread, strict=True)
    return [window.output_size(n, k, s, d, str(a.get("padding", "valid"))) for n, k, s, d in axes]


def one_hot(specs: Specs, a: Arguments) -> Spec:
    """A new axis of classes."""
    rank = specs[0].rank + 1
    at = place(a.get("axis", -1), rank)
    shape = specs[0].shape
    return Spec((*shape[:at], int(a["num_classes"]), *shape[at:]), str(a.get("dtype") or "float32"))


def resized(specs: Specs, a: Arguments) -> Spec:
    """image.resize: the height and width asked for."""
    x = specs[0]
    _channels_last(a)
    return Spec((*x.shape[:-3], *(int(n) for n in a["size"]), x.channels), x.dtype)


def gray(specs: Specs, a: Arguments) -> Spec:
    """rgb_to_grayscale: one channel."""
    _channels_last(a)
    return Spec((*specs[0].shape[:-1], 1), specs[0].dtype)


def bordered(specs: Specs, a: Arguments) -> Spec:
    """crop_images and pad_images: to the height and width asked for, or by margins."""
    x, sign = specs[0], a.get("sign", 1)
    _channels_last(a)
    down = _side(x.shape[-3], a, ("top_padding", "bottom_padding"), "target_height", sign)
    across = _side(x.shape[-2], a, ("left_padding", "right_padding"), "target_width", sign)
    return Spec((*x.shape[:-3], down, across, x.channels), x.dtype)


def cropped(specs: Specs, a: Arguments) -> Spec:
    """crop_images."""
    names = {f"{side}_cropping": f"{side}_padding" for side in ("top", "bottom", "left", "right")}
    return bordered(specs, {**{names.get(k, k): v for k, v in a.items()}, "sign": -1})


def _side(
    size: int | None, a: Arguments, ends: tuple[str, str], target: str, sign: int
) -> int | None:
    if a.get(target) is not None:
        return int(a[target])
    margins = [a.get(end) or 0 for end in ends]
    return None if size is None else size + sign * sum(margins)


def _channels_last(a: Arguments) -> None:
    if a.get("data_format") == "channels_first":
        raise Fault("recorded functions are channels last", got={"data_format": "channels_first"})


def sliced_up(specs: Specs, a: Arguments) -> Spec:
    """extract_patches: each patch as the channels of one place."""
    x, size = specs[0], a["size"]
    height, width = (size, size) if isinstance(size, int) else size
    steps = a.get("strides") or (height, width)
    shape = _slid(x, (height, width), steps, a, a.get("dilation_rate", 1))
    channels = None if x.channels is None else x.channels * height * width
    return Spec((x.shape[0], *shape, channels), x.dtype)


def crossentropy(specs: Specs, a: Arguments) -> Spec:
    """One number for each place of the classes' axis."""
    shape = specs[1].shape
    at = place(a.get("axis", -1), len(shape))
    return Spec((*shape[:at], *shape[at + 1 :]), as_float(specs[1].dtype))


def attended(specs: Specs, a: Arguments) -> Spec:
    """dot_product_attention: the queries' places and the values' features."""
    query, _, value = specs
    return Spec((*query.shape[:-1], value.shape[-1]), joint(specs))


def gradient(specs: Specs, a: Arguments) -> Spec:
    """Of the first with respect to the second, which it has the shape of."""
    return specs[1]
