"""tf.keras: a tf.data pipeline, augmentation by layers."""
import json

import tensorflow as tf
from sklearn.datasets import load_digits

AUTOTUNE = tf.data.AUTOTUNE
digits = load_digits()
images = digits.images[..., tf.newaxis].astype('float32')


def scale(image, label):
    image = tf.cast(image, tf.float32) / 16.0
    image = tf.image.resize(image, (16, 16))
    return image, label


train_ds = tf.data.Dataset.from_tensor_slices((images[:1200], digits.target[:1200]))
train_ds = train_ds.map(scale, num_parallel_calls=AUTOTUNE).cache().shuffle(1000).batch(64).prefetch(AUTOTUNE)
val_ds = tf.data.Dataset.from_tensor_slices((images[1200:], digits.target[1200:])).map(scale).batch(64)
for image_batch, label_batch in train_ds.take(1):
    print(image_batch.shape, label_batch.shape)

data_augmentation = tf.keras.Sequential([
    tf.keras.layers.RandomTranslation(0.05, 0.05, input_shape=(16, 16, 1)),
    tf.keras.layers.experimental.preprocessing.RandomRotation(0.02)])
model = tf.keras.Sequential([
    data_augmentation,
    tf.keras.layers.Conv2D(16, 3, activation='relu'),
    tf.keras.layers.MaxPooling2D(),
    tf.keras.layers.Conv2D(16, 3, activation='relu'),
    tf.keras.layers.Flatten(),
    tf.keras.layers.Dense(10)])
model.compile(optimizer=tf.keras.optimizers.Adam(3e-3),
              loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=['accuracy'])
history = model.fit(train_ds, validation_data=val_ds, epochs=4, verbose=0)
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': model.output_shape,
    'keys': sorted(history.history), 'acc': history.history['val_accuracy'][-1]}))
