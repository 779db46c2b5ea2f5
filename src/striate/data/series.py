"""Windows of a series of measurements as batches."""

from __future__ import annotations

from typing import Any

import numpy as np

from striate.errors import ArgumentError, DataError, message

Array = np.ndarray[Any, np.dtype[Any]]


class TimeseriesGenerator:
    """Batches of windows of a series and what comes after each, as in Keras 2.

    Sample i has `data[i - length : i : sampling_rate]` and `targets[i]`.

    Shapes: data (T, ...), targets (T, ...) -> (batch, length / sampling_rate, ...), (batch, ...)

    Args:
        data: the series, time first.
        targets: a target per time.
        length: of a window, in steps.
        sampling_rate: takes every so manieth step of a window.
        stride: steps from one window to the next.
        start_index, end_index: uses this part of the series, both ends included.
        shuffle: draws windows at random, with repetition, from numpy's global generator.
        reverse: turns time round within a window.
        batch_size: windows per batch.

    Raises:
        DataError: data and targets of different lengths, or no window left.

    Example:
        >>> import numpy as np
        >>> windows = TimeseriesGenerator(np.arange(10), np.arange(10), length=3, batch_size=4)
        >>> len(windows), windows[0][0].shape, windows[0][1].tolist()
        (2, (4, 3), [3, 4, 5, 6])
    """

    def __init__(
        self,
        data: Any,
        targets: Any,
        length: int,
        sampling_rate: int = 1,
        stride: int = 1,
        start_index: int = 0,
        end_index: int | None = None,
        shuffle: bool = False,
        reverse: bool = False,
        batch_size: int = 128,
    ) -> None:
        _check_lengths(data, targets)
        self.data, self.targets, self.length = data, targets, length
        self.sampling_rate, self.stride = sampling_rate, stride
        self.start_index = start_index + length
        self.end_index = len(data) - 1 if end_index is None else end_index
        self.shuffle, self.reverse, self.batch_size = shuffle, reverse, batch_size
        if self.start_index > self.end_index:
            raise DataError(
                message(
                    "TimeseriesGenerator",
                    "the series is shorter than a window",
                    got={"start_index + length": self.start_index, "end_index": self.end_index},
                    expected="start_index + length <= end_index",
                )
            )

    def __len__(self) -> int:
        step = self.batch_size * self.stride
        return (self.end_index - self.start_index + step) // step

    def __getitem__(self, index: int) -> tuple[Array, Array]:
        if not 0 <= index < len(self):
            raise IndexError(message("TimeseriesGenerator", f"there is no batch {index}"))
        if self.shuffle:
            rows = np.random.randint(self.start_index, self.end_index + 1, size=self.batch_size)
        else:
            first = self.start_index + self.batch_size * self.stride * index
            behind = min(first + self.batch_size * self.stride, self.end_index + 1)
            rows = np.arange(first, behind, self.stride)
        windows = [self.data[row - self.length : row : self.sampling_rate] for row in rows]
        samples = np.array(windows)
        return samples[:, ::-1] if self.reverse else samples, np.array(
            [self.targets[row] for row in rows]
        )


def windows(
    data: Any,
    targets: Any,
    length: int,
    stride: int = 1,
    sampling_rate: int = 1,
    start_index: int | None = None,
    end_index: int | None = None,
) -> tuple[Array, Array | None]:
    """All windows of a series and the target at the beginning of each.

    As Keras's `timeseries_dataset_from_array`, whose batches these are: window k begins at
    `start_index + k * stride` and has `length` steps `sampling_rate` apart.

    Shapes: data (T, ...), targets (T', ...) -> (windows, length, ...), (windows, ...)

    Raises:
        ArgumentError: a length, stride or rate that does not fit the series.

    Example:
        >>> import numpy as np
        >>> windows(np.arange(6), None, length=3, stride=2)[0].tolist()
        [[0, 1, 2], [2, 3, 4]]
    """
    series = np.asarray(data)[start_index or 0 : end_index]
    fits = {"sequence_length": length, "sampling_rate": sampling_rate, "sequence_stride": stride}
    for name, number in fits.items():
        if number <= 0 or number >= max(len(series), 2):
            raise ArgumentError(
                message(
                    "timeseries_dataset_from_array",
                    f"{name} does not fit the series",
                    got={name: number, "steps": len(series)},
                    expected="at least 1 and less than the number of steps",
                )
            )
    count = len(series) - (length - 1) * sampling_rate
    goals = None if targets is None else np.asarray(targets)[start_index or 0 : end_index]
    if goals is not None:
        count = min(count, len(goals))
    starts = np.arange(0, max(count, 0), stride)
    inside = np.arange(length) * sampling_rate
    return series[starts[:, None] + inside], None if goals is None else goals[starts]


def _check_lengths(data: Any, targets: Any) -> None:
    if len(data) != len(targets):
        raise DataError(
            message(
                "TimeseriesGenerator",
                "the series and its targets have different lengths",
                got={"data": len(data), "targets": len(targets)},
                expected="the same number of steps",
            )
        )
