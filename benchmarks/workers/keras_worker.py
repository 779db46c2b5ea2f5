"""Keras 3 on the backend that the environment names.

Settings: `policy` (a dtype policy) and `jit_compile`. Steps are `train_on_batch`, epochs are `fit`.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.workers import learning
from benchmarks.workers.keras_network import build
from benchmarks.workers.protocol import Task, Worker, serve


class KerasWorker(Worker):
    """A functional model with the same weights."""

    def __init__(self, request: dict[str, Any]) -> None:
        threads = request["threads"]
        backend = os.environ["KERAS_BACKEND"]
        if backend == "tensorflow":
            import tensorflow as tf

            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        elif backend == "torch":
            import torch

            torch.set_num_threads(threads)
        import keras

        self.keras, self.backend = keras, backend

    def versions(self) -> dict[str, str]:
        names = {"tensorflow": ("tensorflow", "tensorflow_cpu"), "jax": ("jax",)}
        found = {"keras": self.keras.__version__}
        for name in names.get(self.backend, ("torch",)):
            try:
                found[self.backend] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                continue
        return found

    def prepare(self, task: Task) -> None:
        keras, setting = self.keras, task.setting
        self.task = task
        keras.backend.clear_session()
        policy = "float32" if task.check else setting.get("policy", "float32")
        keras.config.set_dtype_policy(policy)
        self.model = build(task.graph(), task.weights())
        keras.config.set_dtype_policy("float32")
        if task.training:
            self.model.compile(
                optimizer_of(keras, task.optimizer),
                "sparse_categorical_crossentropy",
                jit_compile=setting.get("jit_compile", "auto"),
            )
        elif "jit_compile" in setting:
            self.model.compile(jit_compile=setting["jit_compile"])
        self.data = task.batches()

    def step(self, batch: int) -> float:
        self.model.reset_metrics()
        return float(np.asarray(self.model.train_on_batch(*self.data[batch % len(self.data)])))

    def steps(self, count: int) -> None:
        for i in range(count):
            self.model.train_on_batch(*self.data[i % len(self.data)])

    def epoch(self) -> None:
        x, y = self.task.data()
        self.model.fit(x, y, batch_size=self.task.batch, epochs=1, verbose=0)

    def call(self, batch: int) -> np.ndarray:
        return np.asarray(self.model.predict_on_batch(self.data[batch % len(self.data)][0]))

    def learn(self, request: dict[str, Any]) -> dict[str, Any]:
        data, timer = learning.images(request), learning.clock(self.keras.callbacks.Callback)
        self.keras.utils.set_random_seed(request["seed"])
        graph = json.loads(Path(request["folder"], "graph.json").read_text("utf-8"))
        model = build(graph)
        loss = "sparse_categorical_crossentropy"
        model.compile(optimizer=request["optimizer"], loss=loss, metrics=["accuracy"])
        model.fit(
            data["x"],
            data["y"],
            batch_size=request["batch"],
            epochs=request["epochs"],
            validation_data=(data["x_test"], data["y_test"]),
            callbacks=[timer],
            verbose=0,
        )
        return {"epochs": timer.epochs, "images": len(data["x"]), "mirrored": None}


def optimizer_of(keras: Any, wanted: dict[str, Any]) -> Any:
    """Keras's optimizer of a name, with its own defaults for what is not said."""
    kinds = {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}
    options = {k: v for k, v in wanted.items() if k != "name"}
    return getattr(keras.optimizers, kinds[wanted["name"]])(**options)


if __name__ == "__main__":
    serve(KerasWorker)
