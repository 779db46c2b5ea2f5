"""Keras 3: folders of images, layers that augment, a picture of the model."""
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
folder = tempfile.mkdtemp()
for i, (image, label) in enumerate(zip(digits.images[:400], digits.target[:400])):
    os.makedirs(os.path.join(folder, str(label)), exist_ok=True)
    picture = keras.utils.array_to_img(np.repeat(image[..., None], 3, axis=-1), scale=True)
    picture.save(os.path.join(folder, str(label), f'{i}.png'))

images, labels = [], []
for name in sorted(os.listdir(folder)):
    for file in sorted(os.listdir(os.path.join(folder, name))):
        image = keras.utils.load_img(os.path.join(folder, name, file), target_size=(12, 12))
        images.append(keras.utils.img_to_array(image))
        labels.append(int(name))
x, y = np.stack(images), np.array(labels)
order = np.random.RandomState(0).permutation(len(x))
x, y = x[order], y[order]

augmentation = keras.Sequential([layers.RandomTranslation(0.05, 0.05), layers.RandomRotation(0.02)])
moved = layers.RandomFlip('horizontal')(x[:8])
assert not np.array_equal(keras.ops.convert_to_numpy(moved), x[:8])
model = keras.Sequential([
    keras.Input((12, 12, 3)), layers.Rescaling(1 / 255), augmentation,
    layers.Conv2D(16, 3, activation='relu'), layers.MaxPooling2D(), layers.Flatten(),
    layers.Dense(10, activation='softmax')])
model.compile('adam', 'sparse_categorical_crossentropy', metrics=['accuracy'])
history = model.fit(x, y, batch_size=16, epochs=6, validation_split=0.25, verbose=0)
print('RESULT ' + json.dumps({
    'params': model.count_params(), 'shape': model.output_shape,
    'keys': sorted(history.history), 'acc': history.history['val_accuracy'][-1]}))
