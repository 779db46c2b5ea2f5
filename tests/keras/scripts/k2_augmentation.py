"""Keras 2: random changes of the images by ImageDataGenerator."""
import json

import numpy as np
from keras.callbacks import LearningRateScheduler, ReduceLROnPlateau
from keras.layers import Activation, BatchNormalization, Conv2D, Dense, Flatten, MaxPool2D
from keras.models import Sequential
from keras.optimizers import RMSprop
from keras.preprocessing.image import ImageDataGenerator
from keras.utils.np_utils import to_categorical
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

digits = load_digits()
X = digits.images.reshape(-1, 8, 8, 1) / 16.0
Y = to_categorical(digits.target, num_classes=10)
X_train, X_val, Y_train, Y_val = train_test_split(X, Y, test_size=0.2, random_state=2)

model = Sequential()
model.add(Conv2D(filters=16, kernel_size=(3, 3), padding='Same', activation='relu', input_shape=(8, 8, 1)))
model.add(MaxPool2D(pool_size=(2, 2), strides=(2, 2)))
model.add(Flatten())
model.add(Dense(64))
model.add(BatchNormalization())
model.add(Activation('relu'))
model.add(Dense(10, activation='softmax'))
optimizer = RMSprop(lr=0.002, rho=0.9, epsilon=1e-08, decay=0.0)
model.compile(optimizer=optimizer, loss='categorical_crossentropy', metrics=['accuracy'])
learning_rate_reduction = ReduceLROnPlateau(monitor='val_acc', patience=3, verbose=1, factor=0.5, min_lr=0.00001)
datagen = ImageDataGenerator(featurewise_center=False, rotation_range=10, zoom_range=0.1,
                             width_shift_range=0.1, height_shift_range=0.1, horizontal_flip=False)
datagen.fit(X_train)
batch_size = 50
history = model.fit_generator(datagen.flow(X_train, Y_train, batch_size=batch_size), epochs=4,
                              validation_data=(X_val, Y_val), verbose=2,
                              steps_per_epoch=X_train.shape[0] / batch_size, workers=2,
                              callbacks=[learning_rate_reduction,
                                         LearningRateScheduler(lambda x: 1e-3 * 0.9 ** x)])
classes = np.argmax(model.predict(X_val), axis=1)
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': model.output_shape,
    'keys': sorted(set(history.history) - {'learning_rate'}),
    'acc': float((classes == np.argmax(Y_val, axis=1)).mean())}))
