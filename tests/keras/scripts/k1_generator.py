"""Keras 1: a generator of the script's own, counted in samples, with callbacks."""
import json

import numpy as np
from keras.callbacks import Callback, EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from keras.layers import Convolution2D, Dense, Flatten, MaxPooling2D
from keras.models import Sequential, model_from_json
from sklearn.datasets import load_digits

digits = load_digits()
X = digits.images[..., None] / 16.
Y = np.eye(10)[digits.target]


def batches(x, y, size=40):
    while True:
        for i in range(0, len(x), size):
            yield x[i:i + size], y[i:i + size]


class LossHistory(Callback):
    def on_train_begin(self, logs={}):
        self.losses = []
        self.val_acc = []

    def on_batch_end(self, batch, logs={}):
        self.losses.append(logs.get('loss'))

    def on_epoch_end(self, epoch, logs={}):
        self.val_acc.append(logs.get('val_acc'))


model = Sequential([
    Convolution2D(8, 3, 3, activation='relu', border_mode='same', input_shape=(8, 8, 1)),
    MaxPooling2D((2, 2)),
    Flatten(),
    Dense(10, activation='softmax')])
model.compile('rmsprop', 'categorical_crossentropy', ['accuracy'])
seen = LossHistory()
h = model.fit_generator(
    batches(X[:1200], Y[:1200]), samples_per_epoch=1200, nb_epoch=6, verbose=0,
    validation_data=batches(X[1200:1600], Y[1200:1600]), nb_val_samples=400, nb_worker=1,
    callbacks=[seen, EarlyStopping(monitor='val_acc', patience=3, mode='max'),
               ReduceLROnPlateau(monitor='val_acc', factor=0.5, patience=1, epsilon=1e-3),
               ModelCheckpoint('weights.{epoch:02d}-{val_acc:.2f}.hdf5', monitor='val_acc',
                               save_best_only=True, save_weights_only=True, mode='auto', period=2)])
assert len(seen.losses) == 30 * len(seen.val_acc)
assert seen.val_acc == h.history['val_accuracy']
score = model.evaluate_generator(batches(X[1200:1600], Y[1200:1600]), val_samples=400)
again = model_from_json(model.to_json())
again.set_weights(model.get_weights())
assert np.allclose(again.predict(X[:5]), model.predict_generator(iter([X[:5]]), val_samples=5))
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': model.output_shape,
    'keys': sorted(set(h.history) - {'learning_rate'}), 'acc': score[1]}))
