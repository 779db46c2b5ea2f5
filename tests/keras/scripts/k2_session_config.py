"""Keras 2 over TensorFlow 1: settings of a session; two inputs and two outputs."""
import json
import os

os.environ['TF_CPP_MIN_LOG_LEVEL'] = '2'
os.environ['CUDA_VISIBLE_DEVICES'] = ''

import numpy as np
import tensorflow as tf
from keras import backend as K
from keras.backend.tensorflow_backend import set_session
from keras.layers import Conv2D, Dense, Flatten, Input, concatenate
from keras.models import Model
from sklearn.datasets import load_digits

config = tf.ConfigProto()
config.gpu_options.allow_growth = True
config.gpu_options.per_process_gpu_memory_fraction = 0.5
set_session(tf.Session(config=config))
tf.set_random_seed(42)
np.random.seed(42)
print(tf.__version__, K.backend())

digits = load_digits()
X = digits.images[..., None] / 16.
extra = X.reshape(len(X), -1)[:, ::4]
Y = np.eye(10)[digits.target]
odd = digits.target % 2

image = Input(shape=(8, 8, 1), name='image')
row = Input(shape=(16,), name='row')
x = Flatten()(Conv2D(8, 3, activation='relu')(image))
x = concatenate([x, row])
x = Dense(32, activation=tf.nn.relu)(x)
label = Dense(10, activation='softmax', name='label')(x)
parity = Dense(1, activation='sigmoid', name='parity')(x)
model = Model([image, row], [label, parity])
model.compile(optimizer='adam', loss={'label': 'categorical_crossentropy', 'parity': 'binary_crossentropy'},
              loss_weights={'label': 1.0, 'parity': 0.5}, metrics=['accuracy', 'accuracy'])
h = model.fit([X[:1200], extra[:1200]], [Y[:1200], odd[:1200]], epochs=5, batch_size=32, verbose=0,
              validation_data=([X[1200:], extra[1200:]], [Y[1200:], odd[1200:]]))
K.clear_session()
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': model.output_shape,
    'keys': sorted(h.history), 'acc': h.history['val_label_acc'][-1]}))
