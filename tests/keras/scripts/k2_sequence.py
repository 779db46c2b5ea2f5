"""Keras 2: data by a keras.utils.Sequence of the script's own, a custom layer and callback."""
import json
import math

import keras
import numpy as np
from keras.callbacks import CSVLogger, TensorBoard
from keras.engine.topology import Layer
from keras.layers import Conv2D, Dense, Flatten
from sklearn.datasets import load_digits

digits = load_digits()
X = digits.images[..., None].astype('float32')


class Digits(keras.utils.Sequence):
    def __init__(self, x, y, batch_size=64):
        self.x, self.y, self.batch_size = x, y, batch_size

    def __len__(self):
        return int(math.ceil(len(self.x) / float(self.batch_size)))

    def __getitem__(self, index):
        part = slice(index * self.batch_size, (index + 1) * self.batch_size)
        return self.x[part] / 16, keras.utils.to_categorical(self.y[part], 10)

    def on_epoch_end(self):
        order = np.random.permutation(len(self.x))
        self.x, self.y = self.x[order], self.y[order]


class Scale(Layer):
    def __init__(self, start=1.0, **kwargs):
        self.start = start
        super(Scale, self).__init__(**kwargs)

    def build(self, input_shape):
        self.scale = self.add_weight(name='scale', shape=(input_shape[-1],),
                                     initializer=keras.initializers.Constant(self.start), trainable=True)
        super(Scale, self).build(input_shape)

    def call(self, x, mask=None):
        return x * self.scale

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        config = {'start': self.start}
        base_config = super(Scale, self).get_config()
        return dict(list(base_config.items()) + list(config.items()))


model = keras.models.Sequential([
    Conv2D(16, (3, 3), activation='relu', input_shape=(8, 8, 1)), Scale(0.5), Flatten(),
    Dense(10, activation='softmax')])
model.compile(keras.optimizers.adam(lr=0.003), 'categorical_crossentropy', metrics=['categorical_accuracy'])
h = model.fit_generator(generator=Digits(X[:1200], digits.target[:1200]), epochs=5, verbose=0,
                        validation_data=Digits(X[1200:], digits.target[1200:]), max_queue_size=5,
                        use_multiprocessing=False, workers=2, callbacks=[CSVLogger('log.csv')])
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': model.output_shape, 'keys': sorted(h.history),
    'acc': h.history['val_categorical_accuracy'][-1]}))
