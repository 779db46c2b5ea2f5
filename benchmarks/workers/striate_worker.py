"""striate, through `fit` and `predict_on_batch` as a user calls them.

Settings: `plan` (False: the layers one by one), `precision`, and for inference `optimize`, the
precision of a model that is frozen by `optimize()` and called.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

import striate as st
from benchmarks.workers import learning
from benchmarks.workers.protocol import Task, Worker, serve
from striate.graph import Graph
from striate.training import Recipe


class StriateWorker(Worker):
    """A model, rebuilt from its graph."""

    def __init__(self, request: dict[str, Any]) -> None:
        torch.set_num_threads(request["threads"])
        self.device = request["device"]

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
            jit = task.setting.get("jit_compile", "auto")
            self.model.compile(made, "sparse_categorical_crossentropy", jit_compile=jit)
            self.data = [
                (torch.from_numpy(x).to(task.device), torch.from_numpy(y).to(task.device))
                for x, y in task.batches()
            ]
        else:
            self.model.to(task.device)
            frozen = task.setting.get("optimize")
            self.frozen = self.model.optimize(frozen, task.device) if frozen else None
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
        """The frozen model; or `predict_on_batch`, which is float32; `predict` for the rest."""
        x, _ = self.arrays[batch % len(self.arrays)]
        if self.frozen is not None:
            return np.asarray(self.frozen(x).float().cpu())
        if self.how["plan"] and self.how["precision"] == "float32":
            return np.asarray(self.model.predict_on_batch(x, device=self.how["device"]))
        found = self.model.predict(x, batch_size=len(x), verbose=0, **self.how)
        return np.asarray(found)

    def learn(self, request: dict[str, Any]) -> dict[str, Any]:
        data, timer = learning.images(request), learning.clock(st.callbacks.Callback)
        st.set_seed(request["seed"])
        graph = Graph.from_json(Path(request["folder"], "graph.json").read_text("utf-8"))
        model = st.models.model_from_graph(graph)
        if request["whiten"]:
            first = model.get_layer("whitening")
            size, filters = first.kernel_size[0], first.kernel.shape[-1]
            first.set_weights(list(learning.whitening(data["x"], filters, size)))
            first.trainable = False
            learning.pass_on(layer for layer in model.layers if layer is not first)
        loss = "sparse_categorical_crossentropy"
        model.compile(request["optimizer"], loss, metrics=["accuracy"])
        arrays = {k: torch.from_numpy(v).to(self.device) for k, v in data.items()}
        recipe = request["recipe"]
        model.fit(
            arrays["x"],
            arrays["y"],
            batch_size=request["batch"],
            epochs=request["epochs"],
            validation_data=(arrays["x_test"], arrays["y_test"]),
            validation_batch_size=500,
            callbacks=[timer],
            seed=request["seed"],
            verbose=0,
            device=self.device,
            precision=request["precision"],
            recipe=None if recipe is None else Recipe(**recipe),
        )
        mirrored = self._mirrored(model, arrays) if data["x"].shape[-1] == 3 else None
        return {"epochs": timer.epochs, "images": len(data["x"]), "mirrored": mirrored}

    def _mirrored(self, model: Any, arrays: dict[str, torch.Tensor]) -> float:
        """The test accuracy of the mean of what is said of an image and of its mirror image."""
        x = arrays["x_test"]
        how = {"batch_size": 500, "verbose": 0, "device": self.device}
        said = model.predict(x, **how) + model.predict(x.flip(2), **how)
        return float((said.argmax(1) == arrays["y_test"].cpu().numpy()).mean())

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
