"""tf.keras: the quickstart."""
import json

import tensorflow as tf
from sklearn.datasets import load_digits
from tensorflow.keras import layers, models

print('TensorFlow version:', tf.__version__, tf.config.list_physical_devices('GPU'))
tf.random.set_seed(0)
digits = load_digits()
x_train, y_train = digits.images[:1200] / 16.0, digits.target[:1200]
x_test, y_test = digits.images[1200:], digits.target[1200:]
x_test = x_test / 16.0

model = tf.keras.models.Sequential([
    tf.keras.layers.Flatten(input_shape=(8, 8)),
    tf.keras.layers.Dense(64, activation='relu'),
    layers.Dropout(0.2),
    layers.Dense(10)
])
predictions = model(x_train[:1]).numpy()
print(tf.nn.softmax(predictions).numpy())
loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
print(loss_fn(y_train[:1], predictions).numpy())
model.compile(optimizer='adam', loss=loss_fn, metrics=['accuracy'])
history = model.fit(x_train, y_train, epochs=8, verbose=0, validation_data=(x_test, y_test))
test_loss, test_acc = model.evaluate(x_test, y_test, verbose=2)
probability_model = models.Sequential([model, layers.Softmax()])
assert abs(float(tf.reduce_sum(probability_model(x_test[:5]))) - 5) < 1e-4
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': probability_model.output_shape,
    'keys': sorted(history.history), 'acc': test_acc}))
