"""Keras 2: the features of a network of keras.applications, kept as they are, under a new end."""
import json

import numpy as np
from keras.applications.mobilenet import MobileNet
from keras.layers import Dense, Dropout, GlobalAveragePooling2D
from keras.models import Model
from keras.optimizers import Adam
from sklearn.datasets import load_digits

digits = load_digits()
X = np.kron(digits.images[:160], np.ones((1, 4, 4)))[..., None].repeat(3, axis=-1) / 8 - 1
Y = np.eye(10)[digits.target[:160]]
base_model = MobileNet(input_shape=(32, 32, 3), weights=None, include_top=False)
x = base_model.output
x = GlobalAveragePooling2D()(x)
x = Dense(32, activation='relu')(x)
x = Dropout(0.2)(x)
predictions = Dense(10, activation='softmax')(x)
model = Model(inputs=base_model.input, outputs=predictions)
for layer in base_model.layers:
    layer.trainable = False
model.compile(optimizer=Adam(lr=1e-3), loss='categorical_crossentropy', metrics=['accuracy'])
before = base_model.get_weights()[0].copy()
h = model.fit(X, Y, epochs=1, batch_size=32, verbose=0)
assert np.array_equal(before, base_model.get_weights()[0])
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': base_model.output_shape, 'keys': sorted(h.history),
    'trained': int(sum(np.prod(w.shape) for w in model.trainable_weights))}))
