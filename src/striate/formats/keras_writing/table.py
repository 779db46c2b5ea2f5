"""Which kind of striate's is which layer of Keras 3, and what Keras lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

KERAS_VERSION = "3.15.1"  # the one whose files these are


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Kinds whose name and arguments are Keras's. Not Equalization: no model of Keras 3.15 can hold it.
SAME = _names(
    """
    Activation ActivityRegularization AdaptiveAveragePooling1D AdaptiveAveragePooling2D
    AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Add
    AdditiveAttention AlphaDropout Attention AugMix AutoContrast Average AveragePooling1D
    AveragePooling2D AveragePooling3D BatchNormalization Bidirectional CenterCrop Concatenate
    ContrastLimitedAdaptiveHistogramEqualization Conv1D Conv1DTranspose Conv2D Conv2DTranspose
    Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D Cropping1D Cropping2D Cropping3D CutMix
    Dense DepthwiseConv1D DepthwiseConv2D Dot Dropout ELU Embedding Flatten GRU GRUCell
    GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D
    GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
    GroupNormalization Identity LSTM LSTMCell LayerNormalization LeakyReLU Masking MaxPooling1D
    MaxPooling2D MaxPooling3D Maximum Minimum MixUp MultiHeadAttention Multiply Normalization PReLU
    Permute RMSNormalization RNN RandAugment RandomBrightness RandomColorDegeneration
    RandomColorJitter RandomContrast RandomCrop RandomElasticTransform RandomErasing RandomFlip
    RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective RandomPosterization
    RandomRotation RandomSaturation RandomSharpness RandomShear RandomTranslation RandomZoom ReLU
    RepeatVector Rescaling Reshape Resizing SeparableConv1D SeparableConv2D SimpleRNN SimpleRNNCell
    Softmax Solarization SpatialDropout1D SpatialDropout2D SpatialDropout3D SpectralNormalization
    StackedRNNCells Subtract TimeDistributed UnitNormalization UpSampling1D UpSampling2D
    UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
    """
)

# Those of them that Keras tells where the channels lie.
WITH_DATA_FORMAT = _names(
    """
    AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D AdaptiveMaxPooling1D
    AdaptiveMaxPooling2D AdaptiveMaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D
    CenterCrop Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D
    ConvLSTM2D ConvLSTM3D Cropping2D Cropping3D DepthwiseConv1D DepthwiseConv2D Flatten
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D
    GlobalMaxPooling2D GlobalMaxPooling3D MaxPooling1D MaxPooling2D MaxPooling3D RandomCrop
    RandomRotation RandomTranslation RandomZoom Resizing SeparableConv1D SeparableConv2D
    SpatialDropout2D SpatialDropout3D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D
    ZeroPadding3D
    """
)
# Those that look at single values, so that the order of axes is nothing to them.
OF_EACH_VALUE = _names(
    """
    Activation ActivityRegularization AlphaDropout Dropout ELU GaussianDropout GaussianNoise
    Identity LeakyReLU ReLU
    """
)
# Those with an axis that can be any.
WITH_AXIS = _names(
    """
    BatchNormalization GroupNormalization LayerNormalization RMSNormalization Softmax
    UnitNormalization
    """
)

ACTIVATIONS = _names(
    """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu linear
    log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign
    sparse_plus sparse_sigmoid sparsemax squareplus tanh tanh_shrink threshold
    """
)
# Activations with arguments that are a layer in Keras.
ACTIVATION_LAYERS = {"relu": "ReLU", "leaky_relu": "LeakyReLU", "elu": "ELU", "softmax": "Softmax"}

LOSSES = _names(
    """
    BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy CategoricalFocalCrossentropy
    CategoricalHinge CosineSimilarity Dice Hinge Huber KLDivergence LogCosh MeanAbsoluteError
    MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson
    SparseCategoricalCrossentropy SquaredHinge Tversky
    """
)
METRICS = _names(
    """
    AUC Accuracy BinaryAccuracy BinaryCrossentropy BinaryIoU CategoricalAccuracy
    CategoricalCrossentropy CategoricalHinge CosineSimilarity F1Score FBetaScore FalseNegatives
    FalsePositives Hinge IoU KLDivergence LogCoshError Mean MeanAbsoluteError
    MeanAbsolutePercentageError MeanIoU MeanMetricWrapper MeanSquaredError
    MeanSquaredLogarithmicError OneHotIoU OneHotMeanIoU Poisson Precision PrecisionAtRecall R2Score
    Recall RecallAtPrecision RootMeanSquaredError SensitivityAtSpecificity SparseCategoricalAccuracy
    SparseCategoricalCrossentropy SparseTopKCategoricalAccuracy SpecificityAtSensitivity
    SquaredHinge Sum TopKCategoricalAccuracy TrueNegatives TruePositives
    """
)

Fields: TypeAlias = "dict[str, Any]"


def _instance(fields: Fields) -> tuple[str, Fields]:
    return "GroupNormalization", {**fields, "groups": -1}


def _thresholded(fields: Fields) -> tuple[str, Fields]:
    return "ReLU", {"threshold": fields["theta"]}


# Kinds that Keras has under another name.
RENAMED: dict[str, Callable[[Fields], tuple[str, Fields]]] = {
    "InstanceNormalization": _instance,
    "ThresholdedReLU": _thresholded,
}

# (kinds, field, value): what is left out because Keras has no such argument, if it is so.
NOTHING_THERE: tuple[tuple[frozenset[str], str, Any], ...] = (
    (frozenset({"LayerNormalization"}), "rms_scaling", False),
    (frozenset({"RandomPerspective"}), "fill_mode", "constant"),
    (frozenset({"RNN"}), "activity_regularizer", None),
    (frozenset({"AdditiveAttention"}), "score_mode", "dot"),
)
# Arguments for one axis that Keras has without a tuple around them.
OF_ONE_AXIS = {"ZeroPadding1D": "padding", "Cropping1D": "cropping", "UpSampling1D": "size"}
# Layers that are not told whether they are trained.
WITHOUT_TRAINABLE = _names("SpatialDropout1D SpatialDropout2D SpatialDropout3D")
# (kinds, field, value) that Keras does not take; no kinds stands for all.
REFUSED: tuple[tuple[frozenset[str], str, Any], ...] = (
    (frozenset(), "padding", "full"),
    (frozenset({"DepthwiseConv1D"}), "padding", "causal"),
)
