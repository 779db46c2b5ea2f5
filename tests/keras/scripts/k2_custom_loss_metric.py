"""Keras 2: a small U-Net with a loss and a metric of the script's own, written with the backend."""
import json

import numpy as np
from keras import backend as K
from keras.layers import Conv2D, Conv2DTranspose, Dropout, Input, Lambda, MaxPooling2D, concatenate
from keras.models import Model
from keras.optimizers import Adam

rng = np.random.RandomState(0)
X = np.zeros((96, 16, 16, 1), dtype=np.float32)
for image in X:
    r, c = rng.randint(2, 10, 2)
    image[r:r + 5, c:c + 5] = 255
Y = (X > 0).astype(np.float32)
X += rng.rand(*X.shape) * 60


def dice_coef(y_true, y_pred, smooth=1.):
    y_true_f = K.flatten(y_true)
    y_pred_f = K.flatten(y_pred)
    intersection = K.sum(y_true_f * y_pred_f)
    return (2. * intersection + smooth) / (K.sum(y_true_f) + K.sum(y_pred_f) + smooth)


def dice_coef_loss(y_true, y_pred):
    return 1 - dice_coef(y_true, y_pred)


inputs = Input((16, 16, 1))
s = Lambda(lambda x: x / 255)(inputs)
c1 = Conv2D(8, (3, 3), activation='elu', kernel_initializer='he_normal', padding='same')(s)
c1 = Dropout(0.1)(c1)
p1 = MaxPooling2D((2, 2))(c1)
c2 = Conv2D(16, (3, 3), activation='elu', kernel_initializer='he_normal', padding='same')(p1)
u1 = Conv2DTranspose(8, (2, 2), strides=(2, 2), padding='same')(c2)
u1 = concatenate([u1, c1], axis=3)
c3 = Conv2D(8, (3, 3), activation='elu', kernel_initializer='he_normal', padding='same')(u1)
outputs = Conv2D(1, (1, 1), activation='sigmoid')(c3)
model = Model(inputs=[inputs], outputs=[outputs])
model.compile(optimizer=Adam(lr=1e-2), loss=dice_coef_loss, metrics=[dice_coef])
results = model.fit(X, Y, validation_split=0.25, batch_size=8, epochs=4, verbose=0)
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': model.output_shape,
    'keys': sorted(results.history), 'acc': results.history['val_dice_coef'][-1]}))
