"""ONNX Runtime with all its optimisations of the graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime

from benchmarks.workers.onnx_network import build
from benchmarks.workers.protocol import Task, Worker, serve


class OnnxWorker(Worker):
    """A session; images are given to it in its own layout."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.options = onnxruntime.SessionOptions()
        self.options.intra_op_num_threads = request["threads"]
        level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        self.options.graph_optimization_level = level

    def versions(self) -> dict[str, str]:
        return {"onnxruntime": onnxruntime.__version__}

    def prepare(self, task: Task) -> None:
        model = build(task.graph(), task.weights())
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), self.options, providers=["CPUExecutionProvider"]
        )
        self.given = self.session.get_inputs()[0].name
        self.data = [np.ascontiguousarray(x.transpose(0, 3, 1, 2)) for x, _ in task.batches()]

    def call(self, batch: int) -> Any:
        return self.session.run(None, {self.given: self.data[batch % len(self.data)]})[0]


if __name__ == "__main__":
    serve(OnnxWorker)
