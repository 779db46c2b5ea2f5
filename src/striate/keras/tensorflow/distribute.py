"""tf.distribute: strategies of one device; several are the business of torchrun."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NoReturn

from striate.errors import ArgumentError, message
from striate.keras import ops
from striate.keras.tensorflow.refused import refusing

__all__ = [
    "MirroredStrategy",
    "MultiWorkerMirroredStrategy",
    "OneDeviceStrategy",
    "ReduceOp",
    "Strategy",
    "TPUStrategy",
    "cluster_resolver",
    "experimental",
    "get_strategy",
    "has_strategy",
]


class ReduceOp:
    """How the parts of several devices become one: one device has one part."""

    SUM = "SUM"
    MEAN = "MEAN"


class Strategy:
    """One device, whatever its name: what is made in its scope is made as usual.

    Example:
        >>> with Strategy().scope():
        ...     print(Strategy().num_replicas_in_sync)
        1
    """

    num_replicas_in_sync = 1

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """A block like any other."""
        yield

    def run(self, fn: Any, args: Any = (), kwargs: Any = None, options: Any = None) -> Any:
        """What a function returns."""
        return fn(*args, **(kwargs or {}))

    experimental_run_v2 = run

    def reduce(self, reduce_op: Any, value: Any, axis: Any = None) -> Any:
        """The value, reduced over an axis if one is given."""
        if axis is None:
            return value
        return ops.mean(value, axis) if reduce_op == ReduceOp.MEAN else ops.sum(value, axis)

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """The dataset."""
        return dataset

    def distribute_datasets_from_function(self, dataset_fn: Any, options: Any = None) -> Any:
        """What a function makes for the only device."""
        return dataset_fn(SimpleNamespace(num_replicas_in_sync=1, input_pipeline_id=0))

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """The value of the only device."""
        return (value,)


class MirroredStrategy(Strategy):
    """One device; for several, run the script by torchrun."""


class OneDeviceStrategy(Strategy):
    """One device."""


class MultiWorkerMirroredStrategy(Strategy):
    """One device; for several, run the script by torchrun."""


def get_strategy() -> Strategy:
    """The strategy of one device."""
    return Strategy()


def has_strategy() -> bool:
    """Never: there is one device."""
    return False


def _no_tpu(*_: Any, **__: Any) -> NoReturn:
    """No TPU: a ValueError, as TensorFlow raises it, which scripts catch.

    Raises:
        ArgumentError: always.
    """
    raise ArgumentError(
        message(
            "tf.distribute.cluster_resolver.TPUClusterResolver",
            "there is no TPU here",
            fix="Use tf.distribute.get_strategy()",
        )
    )


cluster_resolver = SimpleNamespace(TPUClusterResolver=_no_tpu, TFConfigClusterResolver=_no_tpu)
TPUStrategy = refusing("tf.distribute.TPUStrategy")
experimental = SimpleNamespace(
    CentralStorageStrategy=OneDeviceStrategy,
    MultiWorkerMirroredStrategy=MultiWorkerMirroredStrategy,
    TPUStrategy=TPUStrategy,
)
