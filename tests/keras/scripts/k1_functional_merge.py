"""Keras 1: branches that are merged, a model of input= and output=, a rate that decays."""
import json

import numpy as np
from keras.engine import Input, Model
from keras.layers import Convolution2D, Dense, Flatten, MaxPooling2D, merge
from keras.layers.normalization import BatchNormalization
from keras.optimizers import SGD
from keras.regularizers import l2
from sklearn.datasets import load_digits

digits = load_digits()
X = digits.images.reshape((-1, 8, 8, 1)) / 16.
Y = np.eye(10)[digits.target]

img = Input(shape=(8, 8, 1))
tower_1 = Convolution2D(8, 1, 1, border_mode='same', activation='relu')(img)
tower_1 = Convolution2D(8, 3, 3, border_mode='same', activation='relu', W_regularizer=l2(1e-4))(tower_1)
tower_2 = MaxPooling2D((3, 3), strides=(1, 1), border_mode='same')(img)
tower_2 = Convolution2D(8, 1, 1, border_mode='same', activation='relu')(tower_2)
x = merge([tower_1, tower_2], mode='concat', concat_axis=-1)
x = BatchNormalization(mode=0, axis=-1)(x)
short = Convolution2D(16, 1, 1, border_mode='same', name='short')(img)
x = merge([x, short], mode='sum')
x = Flatten()(x)
out = Dense(10, activation='softmax', W_regularizer=l2(1e-4), name='predictions')(x)
model = Model(input=img, output=out)
sgd = SGD(lr=0.05, decay=1e-4, momentum=0.9, nesterov=True)
model.compile(optimizer=sgd, loss='categorical_crossentropy', metrics=['acc'])
h = model.fit(X[:1200], Y[:1200], nb_epoch=4, batch_size=64, verbose=0, validation_split=0.1)
features = Model(input=model.input, output=model.get_layer('short').output)
assert features.predict(X[:2]).shape == (2, 8, 8, 16)
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': model.output_shape, 'keys': sorted(h.history),
    'acc': h.history['val_acc'][-1], 'same': h.history['val_accuracy'] == h.history['val_acc']}))
