"""striate, through `fit` and `predict_on_batch` as a user calls them.

Settings: `plan` (False: the layers one by one) and `precision`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

import striate as st
from benchmarks.workers.protocol import Task, Worker, serve
from striate.graph import Graph


class StriateWorker(Worker):
    """A model, rebuilt from its graph."""

    def __init__(self, request: dict[str, Any]) -> None:
        torch.set_num_threads(request["threads"])

    def versions(self) -> dict[str, str]:
        return {"striate": st.__version__, "torch": torch.__version__}

    def prepare(self, task: Task) -> None:
        torch.backends.cudnn.allow_tf32 = not task.check
        self.task = task
        self.model = model_of(task)
        self.how = {
            "plan": task.setting.get("plan", True),
            "precision": "float32" if task.check else task.setting.get("precision", "auto"),
            "device": task.device,
        }
        if task.training:
            name = task.optimizer["name"]
            options = {k: v for k, v in task.optimizer.items() if k != "name"}
            made = st.optimizers.get({"class_name": name, "config": options})
            self.model.compile(made, "sparse_categorical_crossentropy")
            self.data = [
                (torch.from_numpy(x).to(task.device), torch.from_numpy(y).to(task.device))
                for x, y in task.batches()
            ]
        else:
            self.model.to(task.device)
            self.arrays = task.batches()

    def step(self, batch: int) -> float:
        one = [self.data[batch % len(self.data)]]
        history = self.model.fit(one, epochs=1, verbose=0, **self.how)
        return float(history.history["loss"][-1])

    def steps(self, count: int) -> None:
        many = [self.data[i % len(self.data)] for i in range(count)]
        self.model.fit(many, epochs=1, verbose=0, **self.how)

    def epoch(self) -> None:
        x, y = self.task.data()
        self.model.fit(x, y, batch_size=self.task.batch, epochs=1, verbose=0, **self.how)

    def call(self, batch: int) -> np.ndarray:
        """`predict_on_batch`, which is float32; `predict` for anything else."""
        x, _ = self.arrays[batch % len(self.arrays)]
        if self.how["plan"] and self.how["precision"] == "float32":
            return np.asarray(self.model.predict_on_batch(x, device=self.how["device"]))
        found = self.model.predict(x, batch_size=len(x), verbose=0, **self.how)
        return np.asarray(found)

    def wait(self) -> None:
        if self.task.device == "cuda":
            torch.cuda.synchronize()

    def device_memory(self) -> int:
        return torch.cuda.max_memory_allocated() if self.task.device == "cuda" else 0


def model_of(task: Task) -> Any:
    """The model of a task, with its initial weights."""
    made = st.models.model_from_graph(Graph.from_dict(task.graph()))
    state = {name: torch.from_numpy(value.copy()) for name, value in task.weights().items()}
    made.load_state_dict(state, strict=False)
    return made


if __name__ == "__main__":
    serve(StriateWorker)
