"""tf.keras: where a network looks, by gradients of a tape."""
import json

import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits
from tensorflow import keras
from tensorflow.keras import layers

keras.utils.set_random_seed(1)
digits = load_digits()
X = digits.images[..., None].astype('float32') / 16
inputs = keras.Input((8, 8, 1))
x = layers.Conv2D(16, 3, activation='relu', padding='same', name='last_conv')(inputs)
x = layers.GlobalAveragePooling2D()(layers.MaxPooling2D()(x))
outputs = layers.Dense(10)(x)
model = keras.Model(inputs, outputs)
model.compile('adam', keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=['accuracy'])
h = model.fit(X, digits.target, epochs=2, verbose=0)


def make_gradcam_heatmap(img_array, model, last_conv_layer_name, pred_index=None):
    grad_model = keras.models.Model(model.inputs, [model.get_layer(last_conv_layer_name).output, model.output])
    with tf.GradientTape() as tape:
        last_conv_layer_output, preds = grad_model(img_array)
        if pred_index is None:
            pred_index = tf.argmax(preds[0])
        class_channel = preds[:, pred_index]
    grads = tape.gradient(class_channel, last_conv_layer_output)
    pooled_grads = tf.reduce_mean(grads, axis=(0, 1, 2))
    last_conv_layer_output = last_conv_layer_output[0]
    heatmap = last_conv_layer_output @ pooled_grads[..., tf.newaxis]
    heatmap = tf.squeeze(heatmap)
    heatmap = tf.maximum(heatmap, 0) / tf.math.reduce_max(heatmap)
    return heatmap.numpy()


heatmap = make_gradcam_heatmap(X[:1], model, 'last_conv')
assert np.isfinite(heatmap).all()
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': heatmap.shape, 'keys': sorted(h.history)}))
