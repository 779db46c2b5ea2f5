"""Keras 1 with Theano's order of axes."""
import json

import numpy as np
from keras import backend as K
from keras.layers import Activation, Convolution2D, Dense, Flatten, MaxPooling2D, ZeroPadding2D
from keras.models import Sequential
from sklearn.datasets import load_digits

K.set_image_dim_ordering('th')
digits = load_digits()
X = digits.images.reshape(digits.images.shape[0], 1, 8, 8).astype('float32') / 16
Y = np.eye(10)[digits.target]
if K.image_dim_ordering() == 'th':
    input_shape = (1, 8, 8)
else:
    input_shape = (8, 8, 1)

model = Sequential()
model.add(ZeroPadding2D((1, 1), input_shape=input_shape))
model.add(Convolution2D(8, 3, 3, activation='relu', name='conv1_1'))
model.add(MaxPooling2D((2, 2), strides=(2, 2), dim_ordering='th'))
model.add(Convolution2D(16, 3, 3, border_mode='valid'))
model.add(Activation('relu'))
model.add(Flatten())
model.add(Dense(10, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
h = model.fit(X[:1200], Y[:1200], batch_size=16, nb_epoch=5, verbose=0,
              validation_data=(X[1200:], Y[1200:]))
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': model.layers[1].output_shape,
    'keys': sorted(h.history), 'acc': h.history['val_acc'][-1]}))
