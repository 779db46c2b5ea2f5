"""tf.keras: a subclassed model, trained by a loop of the script's own."""
import json

import tensorflow as tf
from sklearn.datasets import load_digits
from tensorflow.keras import Model
from tensorflow.keras.layers import Conv2D, Dense, Flatten

digits = load_digits()
x = digits.images[..., tf.newaxis].astype('float32') / 16
train_ds = tf.data.Dataset.from_tensor_slices((x[:1200], digits.target[:1200])).shuffle(1200).batch(32)
test_ds = tf.data.Dataset.from_tensor_slices((x[1200:], digits.target[1200:])).batch(32)


class MyModel(Model):
    def __init__(self):
        super(MyModel, self).__init__()
        self.conv1 = Conv2D(16, 3, activation='relu')
        self.flatten = Flatten()
        self.d1 = Dense(32, activation='relu')
        self.d2 = Dense(10)

    def call(self, x):
        x = self.conv1(x)
        x = self.flatten(x)
        x = self.d1(x)
        return self.d2(x)


model = MyModel()
loss_object = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = tf.keras.optimizers.Adam(learning_rate=0.003)
train_loss = tf.keras.metrics.Mean(name='train_loss')
test_accuracy = tf.keras.metrics.SparseCategoricalAccuracy(name='test_accuracy')


@tf.function
def train_step(images, labels):
    with tf.GradientTape() as tape:
        predictions = model(images, training=True)
        loss = loss_object(labels, predictions)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    train_loss(loss)


for epoch in range(3):
    train_loss.reset_state()
    test_accuracy.reset_state()
    for images, labels in train_ds:
        train_step(images, labels)
    for images, labels in test_ds:
        test_accuracy(labels, model(images, training=False))
    print(f'Epoch {epoch + 1}, Loss: {train_loss.result():.4f}, Accuracy: {test_accuracy.result() * 100:.1f}')
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'acc': float(test_accuracy.result())}))
