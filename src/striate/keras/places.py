"""Where each Keras module of any age lives here, and what is refused: tables, no code.

Paths are written without their root (`keras`, `tensorflow.keras`, ...), so `layers.core` stands for
`keras.layers.core` and for `tensorflow.python.keras.layers.core`.
"""

from __future__ import annotations

from striate.keras.refusals import TENSORFLOW

# What `import` may begin with.
ROOTS = ("keras", "tensorflow", "tf_keras", "keras_preprocessing", "keras_applications")

# Begin of a dotted name -> what it means. The longest one that fits counts.
PREFIXES: dict[str, str] = {
    "keras.api": "keras",
    "keras.api._v1.keras": "keras",
    "keras.api._v2.keras": "keras",
    "keras._tf_keras.keras": "keras",
    "keras_preprocessing": "keras.preprocessing",
    "keras_applications": "keras.applications",
    "tf_keras": "keras",
    "tensorflow.keras": "keras",
    "tensorflow.python.keras": "keras",
    "tensorflow.python.keras.api._v1.keras": "keras",
    "tensorflow.python.keras.api._v2.keras": "keras",
    "tensorflow.python.keras._impl.keras": "keras",
    "tensorflow.compat.v1.keras": "keras",
    "tensorflow.compat.v2.keras": "keras",
    "tensorflow.compat.v1": "tensorflow",
    "tensorflow.compat.v2": "tensorflow",
    "tensorflow.contrib.keras": "keras",
    "tensorflow.contrib.keras.api.keras": "keras",
    "tensorflow.contrib.keras.python.keras": "keras",
    "tensorflow.initializers": "keras.initializers",
    "tensorflow.losses": "keras.losses",
    "tensorflow.metrics": "keras.metrics",
    "tensorflow.optimizers": "keras.optimizers",
    "tensorflow.python": "tensorflow",
    "tensorflow.python.client": "tensorflow.client",
}

# Old path -> the paths that have its names today.
MOVED: dict[str, tuple[str, ...]] = {
    "callbacks_v1": ("callbacks",),
    "engine.base_layer": ("engine",),
    "engine.functional": ("engine",),
    "engine.input_layer": ("engine",),
    "engine.keras_tensor": ("engine",),
    "engine.network": ("engine",),
    "engine.saving": ("models",),
    "engine.sequential": ("engine",),
    "engine.topology": ("engine",),
    "engine.training": ("engine",),
    "initializers.initializers_v1": ("initializers",),
    "initializers.initializers_v2": ("initializers",),
    "initializations": ("initializers",),
    "layers.activation": ("layers",),
    "layers.advanced_activations": ("layers",),
    "layers.attention": ("layers",),
    "layers.convolutional": ("layers",),
    "layers.convolutional_recurrent": ("layers",),
    "layers.core": ("layers",),
    "layers.cudnn_recurrent": ("layers",),
    "layers.embeddings": ("layers",),
    "layers.experimental": ("layers",),
    "layers.experimental.preprocessing": ("layers",),
    "layers.local": ("layers",),
    "layers.merge": ("layers",),
    "layers.merging": ("layers",),
    "layers.noise": ("layers",),
    "layers.normalization": ("layers",),
    "layers.normalization.batch_normalization": ("layers",),
    "layers.normalization.layer_normalization": ("layers",),
    "layers.normalization_v2": ("layers",),
    "layers.pooling": ("layers",),
    "layers.preprocessing": ("layers",),
    "layers.preprocessing.image_preprocessing": ("layers",),
    "layers.recurrent": ("layers",),
    "layers.recurrent_v2": ("layers",),
    "layers.regularization": ("layers",),
    "layers.reshaping": ("layers",),
    "layers.rnn": ("layers",),
    "layers.wrappers": ("layers",),
    "objectives": ("losses",),
    "optimizer_v1": ("optimizers",),
    "optimizer_v2": ("optimizers",),
    "optimizers.experimental": ("optimizers",),
    "saving.hdf5_format": ("models",),
    "saving.save": ("models",),
    "saving.saved_model": ("models",),
    "backend.common": ("backend",),
    "backend.tensorflow_backend": ("backend",),
    "backend.load_backend": ("backend",),
    "utils.data_utils": ("utils",),
    "utils.generic_utils": ("utils", "saving"),
    "utils.image_utils": ("utils",),
    "utils.io_utils": ("utils",),
    "utils.layer_utils": ("utils", "engine"),
    "utils.losses_utils": ("losses",),
    "utils.multi_gpu_utils": ("utils",),
    "utils.np_utils": ("utils",),
    "utils.training_utils": ("utils",),
    "utils.vis_utils": ("utils",),
    "utils.visualize_util": ("utils",),
}
# Every file of these folders is the folder: `keras.optimizers.optimizer_v2.adam`.
MOVED_FOLDERS: dict[str, tuple[str, ...]] = {
    "optimizers.optimizer_v1": ("optimizers",),
    "optimizers.optimizer_v2": ("optimizers",),
    "optimizer_v2": ("optimizers",),
    "optimizer_experimental": ("optimizers",),
}

# Dotted name, whole or as a beginning -> (why not, what to use instead).
REFUSED: dict[str, tuple[str, str]] = {
    "keras.src": (
        "these are the insides of Keras, which change from release to release",
        "Import the same name from keras, for example `from keras.layers import Dense`",
    ),
    "keras.distribution": (
        "devices are not divided by hand here",
        "Run the script on several cards with torchrun --nproc-per-node=2 -m striate.keras",
    ),
    "keras.distribute": (
        "devices are not divided by hand here",
        "Run the script on several cards with torchrun --nproc-per-node=2 -m striate.keras",
    ),
    "keras.estimator": (
        "estimators were removed from TensorFlow",
        "Train the model with model.fit",
    ),
    "keras.export": (
        "TensorFlow's SavedModel is not written here",
        "Use model.save('model.keras')",
    ),
    "keras.experimental": (
        "these experiments of Keras 2 are in no later Keras",
        "Use the layer or model of keras.layers or keras.models",
    ),
    "keras.premade": ("linear and wide models are no networks of images", "Use keras.Sequential"),
    "keras.quantizers": (
        "Keras's quantization is not here",
        'Use a smaller number type: model.predict(x, precision="bfloat16")',
    ),
    "keras.dtype_policies": (
        "number types are chosen for a whole model",
        "Use keras.mixed_precision.set_global_policy",
    ),
    "keras.visualization": (
        "pictures of boxes and masks are not here",
        "Use matplotlib, or striate.explain",
    ),
    **TENSORFLOW,
}

# Packages that are no part of Keras -> what to do without them.
ADD_ONS: dict[str, str] = {
    "efficientnet": "Use keras.applications.EfficientNetB0",
    "kaggle_datasets": "Give the folder of the data",
    "keras_applications": "Use keras.applications",
    "keras_contrib": "Write the layer as a keras.layers.Layer subclass",
    "keras_cv": "Use keras.layers and keras.applications",
    "keras_hub": "Use keras.applications",
    "keras_retinanet": "No detector stands in for it",
    "keras_tuner": "Install it, or loop over the settings",
    "keras_vggface": "No model stands in for it",
    "resnet": "Use keras.applications.ResNet50",
    "segmentation_models": "Use striate.zoo.UNet",
    "tensorflow_addons": "Use the layer, loss or optimizer of the same name in keras",
    "tensorflow_datasets": "Use keras.datasets, or keras.utils.image_dataset_from_directory",
    "tensorflow_hub": "Use keras.applications",
    "tflearn": "Use keras.layers",
}

# Name of a module here -> what to use instead of a name that no age of striate will have.
INSTEAD: dict[str, str] = {
    "keras.Variable": "Use tf.Variable, or a Layer's add_weight",
    "keras.DTypePolicy": "Use keras.mixed_precision.set_global_policy for the whole model",
    "keras.FloatDTypePolicy": "Use keras.mixed_precision.set_global_policy for the whole model",
    "keras.Function": "Models are functions of symbols: keras.Model(inputs, outputs)",
    "keras.Operation": "Write it as a keras.layers.Layer subclass",
    "keras.Quantizer": 'Use a smaller number type: model.predict(x, precision="bfloat16")',
    "keras.RematScope": "Use model.fit(..., recompute=True)",
    "keras.remat": "Use model.fit(..., recompute=True)",
    "keras.StatelessScope": "It is for JAX; tensors here can be changed",
    "keras.SymbolicScope": "Symbols know by themselves that they have no numbers",
    "keras.callbacks.SwapEMAWeights": "Use an optimizer with use_ema=True and its ema_weights()",
    "keras.config.enable_unsafe_deserialization": "Code in files is never run",
    "keras.config.is_nnx_enabled": "It is for JAX",
    "keras.initializers.STFT": "Make the spectrogram before, with scipy.signal",
    "keras.initializers.STFTInitializer": "Make the spectrogram before, with scipy.signal",
    "keras.initializers.stft": "Make the spectrogram before, with scipy.signal",
    "keras.layers.CategoryEncoding": "Use keras.utils.to_categorical",
    "keras.layers.Discretization": "Use np.digitize before",
    "keras.layers.EinsumDense": "Use Dense, which acts on the last axis, with Reshape or Permute",
    "keras.layers.GroupQueryAttention": "Use keras.layers.MultiHeadAttention",
    "keras.layers.ReversibleEmbedding": "Use keras.layers.Embedding",
    "keras.layers.Pipeline": "Use keras.Sequential",
    "keras.layers.MaxNumBoundingBoxes": "Boxes are not among what layers here augment",
    "keras.mixed_precision.LossScaleOptimizer": "fit scales the loss itself where it must",
    "keras.optimizers.LossScaleOptimizer": "fit scales the loss itself where it must",
    "keras.layers.TFSMLayer": "SavedModels hold TensorFlow code; use a .keras or .h5 file",
    "keras.layers.JaxLayer": "Write the layer as a keras.layers.Layer subclass",
    "keras.layers.FlaxLayer": "Write the layer as a keras.layers.Layer subclass",
    "keras.layers.TorchModuleWrapper": "A torch module is a layer of a subclassed model as it is",
    "keras.layers.StringLookup": "Make whole numbers of the text before, with a dict",
    "keras.layers.IntegerLookup": "Make the numbers before, with a dict",
    "keras.layers.TextVectorization": "Use keras.preprocessing.text.Tokenizer",
    "keras.layers.Hashing": "Make the numbers before, with hash()",
    "keras.layers.HashedCrossing": "Make the numbers before, with hash()",
    "keras.layers.MelSpectrogram": "Make the spectrogram before, with scipy.signal",
    "keras.layers.STFTSpectrogram": "Make the spectrogram before, with scipy.signal",
    "keras.datasets.imdb": (
        "Its arrays are Python pickles, which are never opened here; load the text from a file"
        " and use keras.preprocessing.text.Tokenizer"
    ),
    "keras.datasets.reuters": (
        "Its arrays are Python pickles, which are never opened here; load the text from a file"
        " and use keras.preprocessing.text.Tokenizer"
    ),
    "keras.preprocessing.sequence.make_sampling_table": "It is for models of words, not of images",
    "keras.preprocessing.sequence.skipgrams": "It is for models of words, not of images",
    "keras.utils.FeatureSpace": "Make the columns with scikit-learn's ColumnTransformer",
    "keras.utils.HDF5Matrix": "Give fit an h5py data set itself; it is read batch by batch",
    "keras.utils.audio_dataset_from_directory": "Make spectrograms of the files before",
    "keras.utils.bounding_boxes": "Boxes are not here; striate is for whole images",
    "keras.utils.text_dataset_from_directory": "Read the files, and use Tokenizer",
    "keras.preprocessing.text_dataset_from_directory": "Read the files, and use Tokenizer",
    "keras.callbacks.RemoteMonitor": "Use a LambdaCallback that posts the logs",
    "keras.callbacks.OrbaxCheckpoint": "Use keras.callbacks.BackupAndRestore",
}

# Module -> what to do where no name of it is near.
OTHERWISE: dict[str, str] = {
    "keras.applications": "Use the network of striate.zoo",
    "keras.backend": "Use the function of that name in keras.ops, or in torch",
    "keras.callbacks": "Write it as a keras.callbacks.Callback subclass",
    "keras.config": "Leave it out: there is nothing to set",
    "keras.datasets": "Use mnist, fashion_mnist, cifar10 or cifar100 of keras.datasets",
    "keras.distillation": "Write the distillation as a loss of the student's output",
    "keras.layers": "Write it as a keras.layers.Layer subclass",
    "keras.losses": "Write it as a function of y_true and y_pred with keras.ops",
    "keras.metrics": "Write it as a function of y_true and y_pred with keras.ops",
    "keras.ops": "Use the torch function for it: tensors here are torch's",
    "keras.optimizers": "Use another optimizer, one of torch.optim too",
    "keras.random": "Use the torch function for it: tensors here are torch's",
    "keras.saving": "Use keras.models.load_model and model.save",
    "keras.tree": "Use torch.utils._pytree, or a loop",
    "keras.utils": "Leave it out, or use NumPy: it is for the insides of Keras or for other data",
}

# Name of Keras 3 that striate has -> in what it differs.
DIFFERS: dict[str, str] = {
    "keras.KerasTensor": "made by Input and layers only",
    "keras.Layer": "numbers are float32; a policy is set for the whole model",
    "keras.layers.Layer": "numbers are float32; a policy is set for the whole model",
    "keras.backend.backend": 'KERAS_BACKEND, "tensorflow" if not set; torch computes',
    "keras.config.backend": 'KERAS_BACKEND, "tensorflow" if not set; torch computes',
    "keras.config.set_floatx": "float32 only",
    "keras.backend.set_floatx": "float32 only",
    "keras.device": "accepted; fit, evaluate and predict choose the device",
    "keras.name_scope": "accepted; layers keep their own names",
}
