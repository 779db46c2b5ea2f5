"""Keras 2: a model to files and back, under the names that scripts give them."""
import json
import os
import tempfile

import numpy as np
from keras.layers import BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D
from keras.models import Sequential, load_model, model_from_json
from sklearn.datasets import load_digits

os.chdir(tempfile.mkdtemp())
digits = load_digits()
X = digits.images[..., None] / 16.
Y = np.eye(10)[digits.target]


def build():
    model = Sequential(name='small')
    model.add(Conv2D(32, 3, padding='same', activation='relu', input_shape=(8, 8, 1)))
    model.add(BatchNormalization())
    model.add(Conv2D(32, 3, strides=2, activation='relu'))
    model.add(GlobalAveragePooling2D())
    model.add(Dense(10, activation='softmax'))
    model.compile('adam', 'categorical_crossentropy', metrics=['accuracy'])
    return model


model = build()
h = model.fit(X[:1200], Y[:1200], batch_size=32, epochs=6, verbose=0)
before = model.predict(X[:20])
for name in ('model.h5', 'model.hdf5', 'model.model', 'model'):
    model.save(name)
    assert np.allclose(load_model(name).predict(X[:20]), before, atol=1e-5), name
for name in ('weights.h5', 'weights.hdf5', 'weights'):
    model.save_weights(name)
    other = build()
    other.load_weights(name)
    assert np.allclose(other.predict(X[:20]), before, atol=1e-5), name
with open('model.json', 'w') as f:
    f.write(model.to_json())
with open('model.json') as f:
    third = model_from_json(f.read())
third.load_weights('weights.h5')
assert np.allclose(third.predict(X[:20]), before, atol=1e-5)
again = load_model('model.h5')
again.fit(X[:1200], Y[:1200], epochs=1, verbose=0)
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': model.output_shape, 'keys': sorted(h.history),
    'acc': again.evaluate(X[:1200], Y[:1200], verbose=0)[1]}))
