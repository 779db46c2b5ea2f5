"""Layers: torch modules under the names of Keras; one family per file."""

from __future__ import annotations

from striate.layers.activation import ELU as ELU
from striate.layers.activation import GELU as GELU
from striate.layers.activation import Activation as Activation
from striate.layers.activation import LeakyReLU as LeakyReLU
from striate.layers.activation import Maxout as Maxout
from striate.layers.activation import PReLU as PReLU
from striate.layers.activation import ReLU as ReLU
from striate.layers.activation import Softmax as Softmax
from striate.layers.activation import ThresholdedReLU as ThresholdedReLU
from striate.layers.arrangement import Identity as Identity
from striate.layers.arrangement import Permute as Permute
from striate.layers.arrangement import RepeatVector as RepeatVector
from striate.layers.attention import AdditiveAttention as AdditiveAttention
from striate.layers.attention import Attention as Attention
from striate.layers.augmentation import AugMix as AugMix
from striate.layers.augmentation import AutoContrast as AutoContrast
from striate.layers.augmentation import (
    ContrastLimitedAdaptiveHistogramEqualization as ContrastLimitedAdaptiveHistogramEqualization,
)
from striate.layers.augmentation import CutMix as CutMix
from striate.layers.augmentation import Cutout as Cutout
from striate.layers.augmentation import Equalization as Equalization
from striate.layers.augmentation import MixUp as MixUp
from striate.layers.augmentation import RandAugment as RandAugment
from striate.layers.augmentation import RandomBrightness as RandomBrightness
from striate.layers.augmentation import RandomColorDegeneration as RandomColorDegeneration
from striate.layers.augmentation import RandomColorJitter as RandomColorJitter
from striate.layers.augmentation import RandomContrast as RandomContrast
from striate.layers.augmentation import RandomCrop as RandomCrop
from striate.layers.augmentation import RandomElasticTransform as RandomElasticTransform
from striate.layers.augmentation import RandomErasing as RandomErasing
from striate.layers.augmentation import RandomFlip as RandomFlip
from striate.layers.augmentation import RandomGaussianBlur as RandomGaussianBlur
from striate.layers.augmentation import RandomGrayscale as RandomGrayscale
from striate.layers.augmentation import RandomHue as RandomHue
from striate.layers.augmentation import RandomInvert as RandomInvert
from striate.layers.augmentation import RandomPerspective as RandomPerspective
from striate.layers.augmentation import RandomPosterization as RandomPosterization
from striate.layers.augmentation import RandomRotation as RandomRotation
from striate.layers.augmentation import RandomSaturation as RandomSaturation
from striate.layers.augmentation import RandomSharpness as RandomSharpness
from striate.layers.augmentation import RandomShear as RandomShear
from striate.layers.augmentation import RandomTranslation as RandomTranslation
from striate.layers.augmentation import RandomZoom as RandomZoom
from striate.layers.augmentation import Solarization as Solarization
from striate.layers.augmentation import TrivialAugment as TrivialAugment
from striate.layers.base import Layer as Layer
from striate.layers.border import Cropping1D as Cropping1D
from striate.layers.border import Cropping2D as Cropping2D
from striate.layers.border import Cropping3D as Cropping3D
from striate.layers.border import ReflectionPadding1D as ReflectionPadding1D
from striate.layers.border import ReflectionPadding2D as ReflectionPadding2D
from striate.layers.border import ReflectionPadding3D as ReflectionPadding3D
from striate.layers.border import ZeroPadding1D as ZeroPadding1D
from striate.layers.border import ZeroPadding2D as ZeroPadding2D
from striate.layers.border import ZeroPadding3D as ZeroPadding3D
from striate.layers.builtin import LAYERS as LAYERS
from striate.layers.builtin import BuiltIn as BuiltIn
from striate.layers.builtin import register as register
from striate.layers.cells import GRUCell as GRUCell
from striate.layers.cells import LSTMCell as LSTMCell
from striate.layers.cells import SimpleRNNCell as SimpleRNNCell
from striate.layers.channels_first import ChannelsFirst as ChannelsFirst
from striate.layers.convolution import Conv1D as Conv1D
from striate.layers.convolution import Conv2D as Conv2D
from striate.layers.convolution import Conv3D as Conv3D
from striate.layers.convolution_depthwise import DepthwiseConv1D as DepthwiseConv1D
from striate.layers.convolution_depthwise import DepthwiseConv2D as DepthwiseConv2D
from striate.layers.convolution_depthwise import SeparableConv1D as SeparableConv1D
from striate.layers.convolution_depthwise import SeparableConv2D as SeparableConv2D
from striate.layers.convolution_local import LocallyConnected1D as LocallyConnected1D
from striate.layers.convolution_local import LocallyConnected2D as LocallyConnected2D
from striate.layers.convolution_transpose import Conv1DTranspose as Conv1DTranspose
from striate.layers.convolution_transpose import Conv2DTranspose as Conv2DTranspose
from striate.layers.convolution_transpose import Conv3DTranspose as Conv3DTranspose
from striate.layers.dense import Dense as Dense
from striate.layers.function import Lambda as Lambda
from striate.layers.gating import CBAM as CBAM
from striate.layers.gating import ECA as ECA
from striate.layers.gating import SqueezeExcite as SqueezeExcite
from striate.layers.input import Input as Input
from striate.layers.input import InputLayer as InputLayer
from striate.layers.merging import Add as Add
from striate.layers.merging import Average as Average
from striate.layers.merging import Concatenate as Concatenate
from striate.layers.merging import Dot as Dot
from striate.layers.merging import Maximum as Maximum
from striate.layers.merging import Minimum as Minimum
from striate.layers.merging import Multiply as Multiply
from striate.layers.merging import Subtract as Subtract
from striate.layers.merging import add as add
from striate.layers.merging import average as average
from striate.layers.merging import concatenate as concatenate
from striate.layers.merging import dot as dot
from striate.layers.merging import maximum as maximum
from striate.layers.merging import minimum as minimum
from striate.layers.merging import multiply as multiply
from striate.layers.merging import subtract as subtract
from striate.layers.multi_head_attention import MultiHeadAttention as MultiHeadAttention
from striate.layers.noise import ActivityRegularization as ActivityRegularization
from striate.layers.noise import AlphaDropout as AlphaDropout
from striate.layers.noise import GaussianDropout as GaussianDropout
from striate.layers.noise import GaussianNoise as GaussianNoise
from striate.layers.normalization import BatchNormalization as BatchNormalization
from striate.layers.normalization import GroupNormalization as GroupNormalization
from striate.layers.normalization import InstanceNormalization as InstanceNormalization
from striate.layers.normalization import LayerNormalization as LayerNormalization
from striate.layers.operation import Operation as Operation
from striate.layers.pooling import AveragePooling1D as AveragePooling1D
from striate.layers.pooling import AveragePooling2D as AveragePooling2D
from striate.layers.pooling import AveragePooling3D as AveragePooling3D
from striate.layers.pooling import MaxPooling1D as MaxPooling1D
from striate.layers.pooling import MaxPooling2D as MaxPooling2D
from striate.layers.pooling import MaxPooling3D as MaxPooling3D
from striate.layers.pooling import MinPooling1D as MinPooling1D
from striate.layers.pooling import MinPooling2D as MinPooling2D
from striate.layers.pooling import MinPooling3D as MinPooling3D
from striate.layers.pooling_adaptive import AdaptiveAveragePooling1D as AdaptiveAveragePooling1D
from striate.layers.pooling_adaptive import AdaptiveAveragePooling2D as AdaptiveAveragePooling2D
from striate.layers.pooling_adaptive import AdaptiveAveragePooling3D as AdaptiveAveragePooling3D
from striate.layers.pooling_adaptive import AdaptiveMaxPooling1D as AdaptiveMaxPooling1D
from striate.layers.pooling_adaptive import AdaptiveMaxPooling2D as AdaptiveMaxPooling2D
from striate.layers.pooling_adaptive import AdaptiveMaxPooling3D as AdaptiveMaxPooling3D
from striate.layers.pooling_adaptive import SpatialPyramidPooling2D as SpatialPyramidPooling2D
from striate.layers.pooling_blur import BlurPool1D as BlurPool1D
from striate.layers.pooling_blur import BlurPool2D as BlurPool2D
from striate.layers.pooling_blur import BlurPool3D as BlurPool3D
from striate.layers.pooling_channels import DepthwiseAveragePooling as DepthwiseAveragePooling
from striate.layers.pooling_channels import DepthwiseMaxPooling as DepthwiseMaxPooling
from striate.layers.pooling_global import GlobalAveragePooling1D as GlobalAveragePooling1D
from striate.layers.pooling_global import GlobalAveragePooling2D as GlobalAveragePooling2D
from striate.layers.pooling_global import GlobalAveragePooling3D as GlobalAveragePooling3D
from striate.layers.pooling_global import GlobalL2Pooling1D as GlobalL2Pooling1D
from striate.layers.pooling_global import GlobalL2Pooling2D as GlobalL2Pooling2D
from striate.layers.pooling_global import GlobalL2Pooling3D as GlobalL2Pooling3D
from striate.layers.pooling_global import GlobalMaxPooling1D as GlobalMaxPooling1D
from striate.layers.pooling_global import GlobalMaxPooling2D as GlobalMaxPooling2D
from striate.layers.pooling_global import GlobalMaxPooling3D as GlobalMaxPooling3D
from striate.layers.pooling_global import GlobalMinPooling1D as GlobalMinPooling1D
from striate.layers.pooling_global import GlobalMinPooling2D as GlobalMinPooling2D
from striate.layers.pooling_global import GlobalMinPooling3D as GlobalMinPooling3D
from striate.layers.pooling_indices import MaxPoolingWithArgmax2D as MaxPoolingWithArgmax2D
from striate.layers.pooling_indices import MaxUnpooling2D as MaxUnpooling2D
from striate.layers.pooling_norm import L2Pooling1D as L2Pooling1D
from striate.layers.pooling_norm import L2Pooling2D as L2Pooling2D
from striate.layers.pooling_norm import L2Pooling3D as L2Pooling3D
from striate.layers.pooling_norm import LpPooling1D as LpPooling1D
from striate.layers.pooling_norm import LpPooling2D as LpPooling2D
from striate.layers.pooling_norm import LpPooling3D as LpPooling3D
from striate.layers.pooling_stochastic import StochasticPooling1D as StochasticPooling1D
from striate.layers.pooling_stochastic import StochasticPooling2D as StochasticPooling2D
from striate.layers.pooling_stochastic import StochasticPooling3D as StochasticPooling3D
from striate.layers.preprocessing import Normalization as Normalization
from striate.layers.preprocessing import Rescaling as Rescaling
from striate.layers.recurrent_convolution import ConvLSTM1D as ConvLSTM1D
from striate.layers.recurrent_convolution import ConvLSTM2D as ConvLSTM2D
from striate.layers.recurrent_convolution import ConvLSTM3D as ConvLSTM3D
from striate.layers.recurrent_dense import GRU as GRU
from striate.layers.recurrent_dense import LSTM as LSTM
from striate.layers.recurrent_dense import SimpleRNN as SimpleRNN
from striate.layers.regularization import DropBlock2D as DropBlock2D
from striate.layers.regularization import Dropout as Dropout
from striate.layers.regularization import SpatialDropout1D as SpatialDropout1D
from striate.layers.regularization import SpatialDropout2D as SpatialDropout2D
from striate.layers.regularization import SpatialDropout3D as SpatialDropout3D
from striate.layers.regularization import StochasticDepth as StochasticDepth
from striate.layers.resampling import CenterCrop as CenterCrop
from striate.layers.resampling import PixelShuffle as PixelShuffle
from striate.layers.resampling import PixelUnshuffle as PixelUnshuffle
from striate.layers.resampling import Resizing as Resizing
from striate.layers.resampling import UpSampling1D as UpSampling1D
from striate.layers.resampling import UpSampling2D as UpSampling2D
from striate.layers.resampling import UpSampling3D as UpSampling3D
from striate.layers.response_normalization import (
    GlobalResponseNormalization as GlobalResponseNormalization,
)
from striate.layers.response_normalization import (
    LocalResponseNormalization as LocalResponseNormalization,
)
from striate.layers.response_normalization import RMSNormalization as RMSNormalization
from striate.layers.response_normalization import UnitNormalization as UnitNormalization
from striate.layers.rnn import RNN as RNN
from striate.layers.rnn import StackedRNNCells as StackedRNNCells
from striate.layers.sequence import Embedding as Embedding
from striate.layers.sequence import Masking as Masking
from striate.layers.shape import Flatten as Flatten
from striate.layers.shape import Reshape as Reshape
from striate.layers.through_time import Bidirectional as Bidirectional
from striate.layers.through_time import TimeDistributed as TimeDistributed
from striate.layers.weight_normalization import SpectralNormalization as SpectralNormalization
from striate.layers.weight_normalization import WeightStandardization as WeightStandardization
from striate.layers.wrapping import Wrapper as Wrapper

# Keras's other names
AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
Convolution1D = Conv1D
Convolution1DTranspose = Conv1DTranspose
Convolution2D = Conv2D
Convolution2DTranspose = Deconvolution2D = Conv2DTranspose
Convolution3D = Conv3D
Convolution3DTranspose = Conv3DTranspose
DepthwiseConvolution1D = DepthwiseConv1D
DepthwiseConvolution2D = DepthwiseConv2D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D

# PyTorch's and other names
CLAHE = ContrastLimitedAdaptiveHistogramEqualization
DropPath = StochasticDepth
GaussianBlur = RandomGaussianBlur
DepthToSpace = PixelShuffle
SpaceToDepth = PixelUnshuffle
