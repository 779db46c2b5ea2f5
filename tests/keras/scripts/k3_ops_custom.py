"""Keras 3: a layer, a loss and a metric of the script's own, written with keras.ops."""
# also runs on Keras 3
import json

import keras
import numpy as np
from keras import layers, ops
from sklearn.datasets import load_digits

keras.utils.set_random_seed(3)
digits = load_digits()
x = digits.images[..., None].astype('float32') / 16
y = np.eye(10, dtype='float32')[digits.target]


@keras.saving.register_keras_serializable(package='tests')
class Gate(layers.Layer):
    def __init__(self, units=16, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer='glorot_uniform', name='w')
        self.b = self.add_weight(shape=(self.units,), initializer='zeros', name='b')

    def call(self, inputs):
        h = ops.matmul(inputs, self.w) + self.b
        return ops.multiply(ops.sigmoid(h), ops.tanh(h))

    def get_config(self):
        return {**super().get_config(), 'units': self.units}


def focal(y_true, y_pred):
    p = ops.clip(y_pred, 1e-7, 1 - 1e-7)
    return ops.mean(-y_true * ops.power(1 - p, 2.0) * ops.log(p), axis=-1)


class Hits(keras.metrics.Metric):
    def __init__(self, name='hits', **kwargs):
        super().__init__(name=name, **kwargs)
        self.total = self.add_variable(shape=(), initializer='zeros', name='total')
        self.count = self.add_variable(shape=(), initializer='zeros', name='count')

    def update_state(self, y_true, y_pred, sample_weight=None):
        right = ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1))
        self.total.assign_add(ops.sum(ops.cast(right, 'float32')))
        self.count.assign_add(ops.cast(ops.shape(y_true)[0], 'float32'))

    def result(self):
        return self.total / self.count

    def reset_state(self):
        self.total.assign(0)
        self.count.assign(0)


model = keras.Sequential([
    keras.Input((8, 8, 1)), layers.Conv2D(16, 3, activation='relu'), layers.Flatten(), Gate(32),
    layers.Dense(10, activation='softmax')])
model.compile('adam', loss=focal, metrics=[Hits()])
history = model.fit(x[:1200], y[:1200], batch_size=16, epochs=6, verbose=0, validation_data=(x[1200:], y[1200:]))
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': model.output_shape,
    'keys': sorted(history.history), 'acc': history.history['val_hits'][-1]}))
