"""Scripts that bring code of their own, written once for any `keras`: each returns what it saw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 8, 8, 3)).astype("float32")
Y = (X.mean((1, 2, 3)) > 0).astype("int32")


def scale_of(keras: Any) -> Any:
    """A layer with a weight and an argument."""
    ops = keras.ops

    class Scale(keras.layers.Layer):
        def __init__(self, power: float = 1.0, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.power = power

        def build(self, input_shape: Any) -> None:
            self.gamma = self.add_weight(
                shape=(input_shape[-1],), initializer="ones", name="gamma", trainable=True
            )

        def call(self, inputs: Any, training: bool = False) -> Any:
            mean = ops.mean(inputs, axis=(1, 2), keepdims=True)
            return ops.power(ops.abs(inputs - mean) + 1e-3, self.power) * self.gamma

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "power": self.power}

    return Scale


def a_layer_of_ops(keras: Any) -> dict[str, Any]:
    """A custom layer with weights, called on symbols and on data."""
    ops = keras.ops

    Scale = scale_of(keras)
    inputs = keras.Input((8, 8, 3))
    x = Scale(0.5)(inputs)
    x = ops.concatenate([x, ops.sqrt(ops.square(x) + 1.0)], axis=-1)
    x = ops.reshape(x, (-1, 64, 6))
    x = ops.mean(x, axis=1)
    outputs = keras.layers.Dense(2, kernel_initializer="ones", activation="softmax")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    history = model.fit(X, Y, batch_size=16, epochs=2, shuffle=False, verbose=0).history
    copy = Scale.from_config(Scale(0.25).get_config())
    return {
        "shape": model.output_shape,
        "count": model.count_params(),
        "keys": sorted(history),
        "loss": history["loss"],
        "predictions": model.predict(X[:3], verbose=0),
        "power": copy.power,
        "called": keras.ops.convert_to_numpy(model(X[:2])),
    }


def losses_of(keras: Any) -> Any:
    """A loss as a function, and one as a class."""
    ops = keras.ops

    def focal(y_true: Any, y_pred: Any) -> Any:
        y_true = ops.cast(y_true, "float32")
        p = ops.clip(y_pred, keras.backend.epsilon(), 1 - keras.backend.epsilon())
        right = ops.where(ops.equal(y_true, 1), p, 1 - p)
        return ops.mean(-ops.square(1 - right) * ops.log(right), axis=-1)

    class Huberish(keras.losses.Loss):
        def __init__(self, delta: float = 0.5, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.delta = delta

        def call(self, y_true: Any, y_pred: Any) -> Any:
            error = ops.abs(ops.cast(y_true, "float32") - y_pred)
            small = ops.minimum(error, self.delta)
            return ops.mean(0.5 * small**2 + self.delta * (error - small), axis=-1)

    return focal, Huberish


def metric_of(keras: Any) -> Any:
    """A metric as a class."""
    ops = keras.ops

    class Found(keras.metrics.Metric):
        def __init__(self, name: str = "found", **kwargs: Any) -> None:
            super().__init__(name=name, **kwargs)
            self.hits = self.add_weight(name="hits", initializer="zeros")
            self.total = self.add_weight(name="total", initializer="zeros")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            true = ops.reshape(ops.cast(y_true, "float32"), (-1,))
            hit = ops.cast(ops.greater(ops.reshape(y_pred, (-1,)), 0.5), "float32") * true
            self.hits.assign_add(ops.sum(hit))
            self.total.assign(self.total + ops.sum(true))

        def result(self) -> Any:
            return self.hits / self.total

    return Found


def losses_and_metrics(keras: Any) -> dict[str, Any]:
    """A loss as a function, a loss as a class, a metric as a class."""
    ops = keras.ops

    focal, Huberish = losses_of(keras)

    Found = metric_of(keras)

    def brier(y_true: Any, y_pred: Any) -> Any:
        return ops.mean(ops.square(ops.cast(y_true, "float32") - y_pred))

    out: dict[str, Any] = {}
    for name, loss in (("focal", focal), ("class", Huberish(0.3))):
        model = keras.Sequential(
            [
                keras.Input((8, 8, 3)),
                keras.layers.GlobalAveragePooling2D(),
                keras.layers.Dense(1, activation="sigmoid", kernel_initializer="ones"),
            ]
        )
        model.compile(keras.optimizers.SGD(0.5), loss, metrics=[Found(), brier])
        targets = Y[:, None].astype("float32")
        history = model.fit(X, targets, batch_size=32, epochs=2, shuffle=False, verbose=0).history
        out[name] = [history[key] for key in ("loss", "found", "brier")]
        out[f"{name} evaluated"] = model.evaluate(X, targets, verbose=0)
    return out


def a_model_with_call(keras: Any) -> dict[str, Any]:
    """A Model subclass whose `call` uses functions of keras.ops and layers."""
    ops = keras.ops

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.conv = keras.layers.Conv2D(4, 3, kernel_initializer="ones", activation="relu")
            self.head = keras.layers.Dense(2, kernel_initializer="ones")

        def call(self, inputs: Any, training: bool = False) -> Any:
            x = self.conv(inputs)
            x = ops.max(x, axis=(1, 2)) / 10.0
            return ops.softmax(self.head(x))

    model = Net()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(X, Y, batch_size=32, epochs=1, shuffle=False, verbose=0).history
    return {
        "loss": history["loss"],
        "predictions": model.predict(X[:4], verbose=0),
        "count": model.count_params(),
    }


def stepping_of(keras: Any) -> Any:
    """A Model with steps of its own."""
    import torch

    class Own(keras.Model):
        def train_step(self, data: Any) -> Any:
            x, y = data
            self.zero_grad()
            y_pred = self(x, training=True)
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred)
            loss.backward()
            weights = list(self.trainable_weights)
            gradients = [getattr(w, "value", w).grad for w in weights]
            with torch.no_grad():
                self.optimizer.apply(gradients, weights)
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss)
                else:
                    metric.update_state(y, y_pred)
            return {m.name: m.result() for m in self.metrics}

        def test_step(self, data: Any) -> Any:
            x, y = data
            y_pred = self(x, training=False)
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred)
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(loss)
                else:
                    metric.update_state(y, y_pred)
            return {m.name: m.result() for m in self.metrics}

    return Own


def a_training_step(keras: Any) -> dict[str, Any]:
    """A Model with a `train_step` and a `test_step` of its own, on torch's gradients."""
    Own = stepping_of(keras)
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.GlobalAveragePooling2D()(inputs)
    outputs = keras.layers.Dense(1, kernel_initializer="ones")(x)
    model = Own(inputs, outputs)
    model.compile(
        keras.optimizers.SGD(0.5),
        keras.losses.MeanSquaredError(),
        metrics=[keras.metrics.MeanAbsoluteError()],
    )
    targets = Y[:, None].astype("float32")
    history = model.fit(
        X, targets, batch_size=16, epochs=2, shuffle=False, verbose=0, validation_data=(X, targets)
    ).history
    return {
        "keys": sorted(history),
        "loss": history["loss"],
        "val_loss": history["val_loss"],
        "evaluated": model.evaluate(X, targets, verbose=0, return_dict=True)["loss"],
        "weights": model.get_weights()[0],
    }


def a_callback(keras: Any) -> dict[str, Any]:
    """A Callback that reads logs and stops the training."""
    seen: list[Any] = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append((epoch, sorted(logs or {})))
            if epoch == 1:
                self.model.stop_training = True

    model = keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    model.fit(X, Y.astype("float32"), epochs=5, verbose=0, callbacks=[Watch()])
    return {"seen": seen}


SCRIPTS: dict[str, Callable[[Any], dict[str, Any]]] = {
    f.__name__: f
    for f in (a_layer_of_ops, losses_and_metrics, a_model_with_call, a_training_step, a_callback)
}
