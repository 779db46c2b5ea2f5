"""Keras 3: residual blocks, schedules, callbacks, a .keras file."""
# also runs on Keras 3
import json
import os
import tempfile

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

keras.utils.set_random_seed(3)
digits = load_digits()
x = np.expand_dims(digits.images, -1).astype('float32')
y = keras.utils.to_categorical(digits.target, 10)


def block(x, filters, strides=1):
    short = x
    if strides != 1 or x.shape[-1] != filters:
        short = layers.Conv2D(filters, 1, strides=strides, use_bias=False)(x)
    x = layers.Conv2D(filters, 3, strides=strides, padding='same', use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.ReLU()(x)
    x = layers.SeparableConv2D(filters, 3, padding='same')(x)
    return layers.Activation('relu')(layers.add([x, short]))


inputs = keras.Input(shape=(8, 8, 1))
h = layers.Rescaling(1 / 16)(inputs)
h = block(h, 16)
h = block(h, 32, strides=2)
h = layers.GlobalAveragePooling2D()(h)
h = layers.Dropout(0.1)(h)
outputs = layers.Dense(10, activation='softmax', kernel_regularizer=keras.regularizers.L2(1e-4))(h)
model = keras.Model(inputs, outputs, name='residual')
schedule = keras.optimizers.schedules.CosineDecay(3e-3, decay_steps=150)
model.compile(optimizer=keras.optimizers.AdamW(learning_rate=schedule, weight_decay=1e-4),
              loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.05),
              metrics=[keras.metrics.CategoricalAccuracy(name='accuracy'), 'top_k_categorical_accuracy'])
model.summary()
path = os.path.join(tempfile.mkdtemp(), 'best.keras')
history = model.fit(x[:1200], y[:1200], batch_size=32, epochs=4, verbose=2,
                    validation_data=(x[1200:], y[1200:]),
                    callbacks=[keras.callbacks.EarlyStopping(monitor='val_loss', patience=2),
                               keras.callbacks.ModelCheckpoint(path, save_best_only=True)])
again = keras.models.load_model(path)
results = again.evaluate(x[1200:], y[1200:], verbose=0, return_dict=True)
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': model.output_shape,
    'names': sorted(results), 'layers': [type(l).__name__ for l in model.layers],
    'keys': sorted(history.history), 'acc': results['accuracy']}))
