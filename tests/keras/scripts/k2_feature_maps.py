"""Keras 2: what each layer sees, by models cut from a model."""
# also runs on Keras 3
import json

import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, Dense, Flatten, Input, LeakyReLU, MaxPooling2D
from keras.models import Model
from sklearn.datasets import load_digits

digits = load_digits()
X = digits.images[..., np.newaxis].astype('float32') / 16
inputs = Input(shape=(8, 8, 1))
x = Conv2D(8, (3, 3), padding='same', activation='relu', name='block1_conv1')(inputs)
x = MaxPooling2D((2, 2), name='block1_pool')(x)
x = Conv2D(16, (3, 3), padding='same', name='block2_conv1')(x)
x = LeakyReLU()(x)
x = Flatten()(x)
outputs = Dense(10, activation='softmax')(x)
model = Model(inputs=inputs, outputs=outputs)
model.compile(loss='sparse_categorical_crossentropy', optimizer='Adam', metrics=['accuracy'])
h = model.fit(X[:1200], digits.target[:1200], epochs=4, batch_size=16, verbose=0,
              validation_data=(X[1200:], digits.target[1200:]))
layer_outputs = [layer.output for layer in model.layers[1:5]]
activation_model = Model(inputs=model.input, outputs=layer_outputs)
activations = activation_model.predict(X[:1], verbose=0)
for layer, a in zip(model.layers[1:5], activations):
    plt.matshow(a.reshape(a.shape[1], -1), cmap='viridis')
    plt.title(layer.name)
plt.show()
kernel, bias = model.get_layer('block1_conv1').get_weights()
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': [list(a.shape) for a in activations],
    'kernel': kernel.shape, 'names': [l.name for l in model.layers][:4],
    'keys': sorted(h.history), 'acc': h.history['val_accuracy'][-1]}))
