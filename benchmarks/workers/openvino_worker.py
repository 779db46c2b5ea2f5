"""OpenVINO, compiled for one call at a time, which may use all threads.

Setting: `precision`, the type it computes in; by itself it takes bfloat16 where the processor has
it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino

from benchmarks.workers.onnx_network import build
from benchmarks.workers.protocol import Task, Worker, serve


class OpenvinoWorker(Worker):
    """A compiled model for one shape of batch; images are given to it in its own layout."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.core = openvino.Core()
        self.threads = request["threads"]

    def versions(self) -> dict[str, str]:
        return {"openvino": openvino.__version__}

    def prepare(self, task: Task) -> None:
        text = build(task.graph(), task.weights()).SerializeToString()
        network = self.core.read_model(text)
        self.data = [np.ascontiguousarray(x.transpose(0, 3, 1, 2)) for x, _ in task.batches()]
        network.reshape(list(self.data[0].shape))
        self.model = self.core.compile_model(
            network,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": task.setting["precision"],
                "INFERENCE_NUM_THREADS": str(self.threads),
                "PERFORMANCE_HINT": "LATENCY",
            },
        )

    def call(self, batch: int) -> Any:
        return self.model(self.data[batch % len(self.data)])[0]


if __name__ == "__main__":
    serve(OpenvinoWorker)
