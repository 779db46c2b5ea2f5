"""What of TensorFlow is not to be had here: why, and what to use instead."""

from __future__ import annotations

_CONTRIB = (
    "tf.contrib was removed from TensorFlow",
    "Use the layer or function of tf.keras, tf.nn or tf.image",
)
_GRAPHS = "graphs of TensorFlow 1 are not run here"
_MODELS = "Write the model with tf.keras"
_TPU = "there is no TPU here"

# name, whole or as a beginning -> (why not, what to use instead)
TENSORFLOW: dict[str, tuple[str, str]] = {
    "tensorflow.contrib.data": _CONTRIB,
    "tensorflow.contrib.distribute": _CONTRIB,
    "tensorflow.contrib.eager": _CONTRIB,
    "tensorflow.contrib.estimator": _CONTRIB,
    "tensorflow.contrib.image": _CONTRIB,
    "tensorflow.contrib.layers": _CONTRIB,
    "tensorflow.contrib.learn": _CONTRIB,
    "tensorflow.contrib.lite": _CONTRIB,
    "tensorflow.contrib.metrics": _CONTRIB,
    "tensorflow.contrib.opt": _CONTRIB,
    "tensorflow.contrib.rnn": _CONTRIB,
    "tensorflow.contrib.slim": _CONTRIB,
    "tensorflow.contrib.tpu": _CONTRIB,
    "tensorflow.contrib.training": _CONTRIB,
    "tensorflow.estimator": ("estimators were removed from TensorFlow", "Train with model.fit"),
    "tensorflow.feature_column": (
        "feature columns are for tables, not for images",
        "Pass arrays to model.fit",
    ),
    "tensorflow.examples": (
        "its data sets were removed from TensorFlow",
        "Use tf.keras.datasets.mnist.load_data()",
    ),
    "tensorflow.lite": (
        "TFLite files are not written here",
        "Save with model.save('model.keras') and export from there",
    ),
    "tensorflow.saved_model": (
        "SavedModels hold TensorFlow code",
        "Use model.save('model.keras') and tf.keras.models.load_model",
    ),
    "tensorflow.summary": (
        "event files are written by a callback",
        "Use tf.keras.callbacks.TensorBoard or CSVLogger",
    ),
    "tensorflow.tpu": (_TPU, "Run without a strategy: fit takes the card by itself"),
    "tensorflow.layers": (_GRAPHS, "Use tf.keras.layers"),
    "tensorflow.placeholder": (_GRAPHS, "Use tf.keras.Input"),
    "tensorflow.get_variable": (_GRAPHS, "Use tf.Variable or a Layer's add_weight"),
    "tensorflow.variable_scope": (_GRAPHS, _MODELS),
    "tensorflow.global_variables": (_GRAPHS, "Use model.weights"),
    "tensorflow.trainable_variables": (_GRAPHS, "Use model.trainable_variables"),
    "tensorflow.train.AdamOptimizer": (_GRAPHS, "Use tf.keras.optimizers.Adam"),
    "tensorflow.train.GradientDescentOptimizer": (_GRAPHS, "Use tf.keras.optimizers.SGD"),
    "tensorflow.train.MomentumOptimizer": (_GRAPHS, "Use tf.keras.optimizers.SGD(momentum=0.9)"),
    "tensorflow.train.RMSPropOptimizer": (_GRAPHS, "Use tf.keras.optimizers.RMSprop"),
    "tensorflow.train.Saver": (_GRAPHS, "Use model.save_weights and model.load_weights"),
    "tensorflow.train.Checkpoint": (
        "TensorFlow's checkpoints are not written here",
        "Use model.save_weights, or fit(..., checkpoint_dir=folder)",
    ),
    "tensorflow.train.CheckpointManager": (
        "TensorFlow's checkpoints are not written here",
        "Use model.save_weights, or fit(..., checkpoint_dir=folder)",
    ),
    "tensorflow.train.latest_checkpoint": (
        "TensorFlow's checkpoints are not read here",
        "Use model.load_weights of a .weights.h5 file",
    ),
    "tensorflow.train.Example": (
        "TFRecord files are not written here",
        "Save arrays with numpy.savez, or images in folders by class",
    ),
    "tensorflow.data.TFRecordDataset": (
        "TFRecord files are not read here",
        "Use arrays, or tf.keras.utils.image_dataset_from_directory",
    ),
    "tensorflow.io.TFRecordWriter": (
        "TFRecord files are not written here",
        "Save arrays with numpy.savez, or images in folders by class",
    ),
    "tensorflow.io.parse_single_example": (
        "TFRecord files are not read here",
        "Use arrays, or tf.keras.utils.image_dataset_from_directory",
    ),
    "tensorflow.io.parse_example": (
        "TFRecord files are not read here",
        "Use arrays, or tf.keras.utils.image_dataset_from_directory",
    ),
    "tensorflow.io.FixedLenFeature": (
        "TFRecord files are not read here",
        "Use arrays, or tf.keras.utils.image_dataset_from_directory",
    ),
    "tensorflow.io.VarLenFeature": (
        "TFRecord files are not read here",
        "Use arrays, or tf.keras.utils.image_dataset_from_directory",
    ),
    "tensorflow.python_io": ("TFRecord files are not read here", "Use arrays"),
    "tensorflow.config.experimental_connect_to_cluster": (
        "clusters are joined by torchrun here",
        "torchrun --nproc-per-node=2 -m striate.keras script.py",
    ),
    "tensorflow.distribute.experimental.TPUStrategy": (_TPU, "Use tf.distribute.get_strategy()"),
    "tensorflow.distribute.TPUStrategy": (_TPU, "Use tf.distribute.get_strategy()"),
    "tensorflow.app": ("it went with TensorFlow 1", "Use argparse, and call main() yourself"),
    "tensorflow.flags": ("they went with TensorFlow 1", "Use argparse"),
    "tensorflow.sparse": ("sparse tensors are not here", "Use arrays"),
    "tensorflow.ragged": ("ragged tensors are not here", "Pad the rows to one length"),
    "tensorflow.RaggedTensor": ("ragged tensors are not here", "Pad the rows to one length"),
    "tensorflow.SparseTensor": ("sparse tensors are not here", "Use arrays"),
    "tensorflow.TensorArray": ("lists of Python do the same here", "Use a list and tf.stack"),
    "tensorflow.FIFOQueue": (_GRAPHS, "Use tf.data.Dataset"),
    "tensorflow.raw_ops": ("these are the insides of TensorFlow", "Use tf.nn or tf.math"),
    "tensorflow.hub": (
        "models of tensorflow_hub hold TensorFlow code",
        "Use tf.keras.applications",
    ),
    "tensorflow.signal": ("sound is not the subject here", "Use numpy.fft"),
    "tensorflow.audio": ("sound is not the subject here", "Use scipy.io.wavfile"),
    "tensorflow.quantization": ("TensorFlow's quantization is not here", "Use a smaller precision"),
    "tensorflow.tensorboard": ("it is a program of its own", "Run tensorboard --logdir folder"),
}
