"""Keras 1: the convolutional network of every first tutorial."""
from __future__ import print_function
import json

import numpy as np
from keras.layers.convolutional import Convolution2D, MaxPooling2D
from keras.layers.core import Activation, Dense, Dropout, Flatten
from keras.models import Sequential
from keras.optimizers import Adadelta
from keras.utils import np_utils
from sklearn.datasets import load_digits

np.random.seed(1337)
batch_size = 32
nb_classes = 10
nb_epoch = 6

digits = load_digits()
X = digits.images[:, :, :, np.newaxis].astype('float32') / 16
X_train, X_test = X[:1200], X[1200:1500]
Y_train = np_utils.to_categorical(digits.target[:1200], nb_classes)
Y_test = np_utils.to_categorical(digits.target[1200:1500], nb_classes)

model = Sequential()
model.add(Convolution2D(16, 3, 3, border_mode='same', input_shape=(8, 8, 1)))
model.add(Activation('relu'))
model.add(Convolution2D(16, 3, 3, subsample=(1, 1)))
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(p=0.1))
model.add(Flatten())
model.add(Dense(32, init='glorot_uniform'))
model.add(Activation('relu'))
model.add(Dense(output_dim=nb_classes))
model.add(Activation('softmax'))
model.compile(loss='categorical_crossentropy', optimizer=Adadelta(), metrics=['accuracy'])
print(model.summary())

history = model.fit(X_train, Y_train, batch_size=batch_size, nb_epoch=nb_epoch, verbose=2,
                    validation_data=(X_test, Y_test))
score = model.evaluate(X_test, Y_test, verbose=0)
print('Test score:', score[0])
print('Test accuracy:', score[1])
classes = model.predict_classes(X_test, verbose=0)
assert classes.shape == (300,)
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': model.output_shape,
    'keys': sorted(history.history), 'acc': history.history['val_acc'][-1]}))
