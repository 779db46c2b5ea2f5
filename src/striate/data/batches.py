"""What the training loop reads from: the protocol, and a batch somebody else made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

from striate.data.class_weights import class_sample_weights
from striate.data.leaves import is_array_like, shared_tensor, tensors
from striate.data.nested import Nested, named_leaves
from striate.errors import DataError, message

Batch = tuple[Nested, Nested, Nested]
"""(x, y, sample_weight): tensors, tuples or dicts of tensors; y and sample_weight may be None."""

ClassWeight = Mapping[Any, float] | None


@runtime_checkable
class BatchSource(Protocol):
    """Batches by epoch.

    The sources of this package also say `rewindable`: False for generators, whose epochs go on
    where the one before stopped; and `independent`: True if batches may be made in another thread,
    because they depend on (epoch, step) alone and touch no global random numbers.
    """

    @property
    def num_batches(self) -> int | None:
        """Batches per epoch; None where the data do not say."""

    @property
    def num_samples(self) -> int | None:
        """Samples in the data; None where the data do not say."""

    @property
    def batch_size(self) -> int | None:
        """Samples per batch, the last may have fewer; None where the data do not say."""

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, without the first `start`."""


def made_batch(item: object, where: str, class_weight: ClassWeight = None) -> Batch:
    """A batch from a generator, loader or sequence, checked and as tensors.

    Args:
        item: x alone (an array or a dict), or a tuple or list (x,), (x, y) or
            (x, y, sample_weight).
        where: the words for it in an error.
        class_weight: label -> weight; multiplied into the sample weights.

    Raises:
        DataError: another form, parts of different lengths, no samples.
    """
    x, y, sample_weight = _parts(item, where)
    x = tensors(f"{where}, x", x, "x")
    y = tensors(f"{where}, y", y, "y")
    sample_weight = tensors(f"{where}, sample_weight", sample_weight, "sample_weight")
    if class_weight is not None:
        sample_weight = with_class_weight(y, sample_weight, class_weight)
    _check_lengths(where, x, y, sample_weight)
    return x, y, sample_weight


def with_class_weight(y: Nested, sample_weight: Nested, class_weight: Mapping[Any, float]) -> Any:
    """Sample weights times class weights, as one tensor."""
    weights = shared_tensor(class_sample_weights(y, class_weight))
    if sample_weight is None:
        return weights
    given = shared_tensor(sample_weight)
    return given.float() * weights.reshape(-1, *[1] * (given.dim() - 1))


def _parts(item: object, where: str) -> tuple[object, object, object]:
    if isinstance(item, (tuple, list)):
        if 1 <= len(item) <= 3 and item[0] is not None:
            x, y, sample_weight = (*item, None, None)[:3]
            return x, y, sample_weight
        got: dict[str, object] = {"length": len(item)}
    elif isinstance(item, dict) or is_array_like(item):
        return item, None, None
    else:
        got = {"type": type(item).__name__}
    raise DataError(
        message(
            where,
            "this is no batch",
            got=got,
            expected="x, (x,), (x, y) or (x, y, sample_weight)",
            fix="For several inputs write ((x1, x2), y)",
        )
    )


def _check_lengths(where: str, x: Nested, y: Nested, sample_weight: Nested) -> None:
    found = [*named_leaves("x", x), *named_leaves("y", y)]
    found += named_leaves("sample_weight", sample_weight)
    lengths = {name: (int(leaf.shape[0]) if leaf.dim() else 0) for name, leaf in found}
    if len(set(lengths.values())) == 1 and 0 not in lengths.values():
        return
    several = len(set(lengths.values())) > 1
    fault = "its parts have different numbers of samples" if several else "it has no samples"
    expected = "the same number in each" if several else "at least one sample"
    raise DataError(message(where, fault, got=lengths, expected=expected))
