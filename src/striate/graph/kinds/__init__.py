"""What each layer kind is: arguments, shape rule, weights; one family per file, no torch."""

from __future__ import annotations

from striate.graph.kinds.activation import ELU as ELU
from striate.graph.kinds.activation import GELU as GELU
from striate.graph.kinds.activation import Activation as Activation
from striate.graph.kinds.activation import LeakyReLU as LeakyReLU
from striate.graph.kinds.activation import Maxout as Maxout
from striate.graph.kinds.activation import PReLU as PReLU
from striate.graph.kinds.activation import ReLU as ReLU
from striate.graph.kinds.activation import Softmax as Softmax
from striate.graph.kinds.activation import ThresholdedReLU as ThresholdedReLU
from striate.graph.kinds.arrangement import Identity as Identity
from striate.graph.kinds.arrangement import Permute as Permute
from striate.graph.kinds.arrangement import RepeatVector as RepeatVector
from striate.graph.kinds.augmentation import Cutout as Cutout
from striate.graph.kinds.augmentation import OnImages as OnImages
from striate.graph.kinds.augmentation import RandomCrop as RandomCrop
from striate.graph.kinds.augmentation import RandomElasticTransform as RandomElasticTransform
from striate.graph.kinds.augmentation import RandomErasing as RandomErasing
from striate.graph.kinds.augmentation import RandomFlip as RandomFlip
from striate.graph.kinds.augmentation import RandomGaussianBlur as RandomGaussianBlur
from striate.graph.kinds.augmentation import RandomPerspective as RandomPerspective
from striate.graph.kinds.augmentation import RandomRotation as RandomRotation
from striate.graph.kinds.augmentation import RandomShear as RandomShear
from striate.graph.kinds.augmentation import RandomTranslation as RandomTranslation
from striate.graph.kinds.augmentation import RandomZoom as RandomZoom
from striate.graph.kinds.augmentation import Resampling as Resampling
from striate.graph.kinds.augmentation_colour import AutoContrast as AutoContrast
from striate.graph.kinds.augmentation_colour import (
    ContrastLimitedAdaptiveHistogramEqualization as ContrastLimitedAdaptiveHistogramEqualization,
)
from striate.graph.kinds.augmentation_colour import Equalization as Equalization
from striate.graph.kinds.augmentation_colour import RandomBrightness as RandomBrightness
from striate.graph.kinds.augmentation_colour import (
    RandomColorDegeneration as RandomColorDegeneration,
)
from striate.graph.kinds.augmentation_colour import RandomColorJitter as RandomColorJitter
from striate.graph.kinds.augmentation_colour import RandomContrast as RandomContrast
from striate.graph.kinds.augmentation_colour import RandomGrayscale as RandomGrayscale
from striate.graph.kinds.augmentation_colour import RandomHue as RandomHue
from striate.graph.kinds.augmentation_colour import RandomInvert as RandomInvert
from striate.graph.kinds.augmentation_colour import RandomPosterization as RandomPosterization
from striate.graph.kinds.augmentation_colour import RandomSaturation as RandomSaturation
from striate.graph.kinds.augmentation_colour import RandomSharpness as RandomSharpness
from striate.graph.kinds.augmentation_colour import Solarization as Solarization
from striate.graph.kinds.augmentation_policies import AugMix as AugMix
from striate.graph.kinds.augmentation_policies import CutMix as CutMix
from striate.graph.kinds.augmentation_policies import MixUp as MixUp
from striate.graph.kinds.augmentation_policies import RandAugment as RandAugment
from striate.graph.kinds.augmentation_policies import TrivialAugment as TrivialAugment
from striate.graph.kinds.base import KINDS as KINDS
from striate.graph.kinds.base import Fault as Fault
from striate.graph.kinds.base import Kind as Kind
from striate.graph.kinds.base import WeightSpec as WeightSpec
from striate.graph.kinds.base import register as register
from striate.graph.kinds.base import snake_case as snake_case
from striate.graph.kinds.border import Cropping as Cropping
from striate.graph.kinds.border import Cropping1D as Cropping1D
from striate.graph.kinds.border import Cropping2D as Cropping2D
from striate.graph.kinds.border import Cropping3D as Cropping3D
from striate.graph.kinds.border import Padding as Padding
from striate.graph.kinds.border import Reflection as Reflection
from striate.graph.kinds.border import ReflectionPadding1D as ReflectionPadding1D
from striate.graph.kinds.border import ReflectionPadding2D as ReflectionPadding2D
from striate.graph.kinds.border import ReflectionPadding3D as ReflectionPadding3D
from striate.graph.kinds.border import ZeroPadding1D as ZeroPadding1D
from striate.graph.kinds.border import ZeroPadding2D as ZeroPadding2D
from striate.graph.kinds.border import ZeroPadding3D as ZeroPadding3D
<<<<<<< HEAD
from striate.graph.kinds.calling import Calling as Calling
=======
>>>>>>> catA
from striate.graph.kinds.convolution import Conv as Conv
from striate.graph.kinds.convolution import Conv1D as Conv1D
from striate.graph.kinds.convolution import Conv1DTranspose as Conv1DTranspose
from striate.graph.kinds.convolution import Conv2D as Conv2D
from striate.graph.kinds.convolution import Conv2DTranspose as Conv2DTranspose
from striate.graph.kinds.convolution import Conv3D as Conv3D
from striate.graph.kinds.convolution import Conv3DTranspose as Conv3DTranspose
from striate.graph.kinds.convolution import ConvTranspose as ConvTranspose
from striate.graph.kinds.convolution import DepthwiseConv as DepthwiseConv
from striate.graph.kinds.convolution import DepthwiseConv1D as DepthwiseConv1D
from striate.graph.kinds.convolution import DepthwiseConv2D as DepthwiseConv2D
from striate.graph.kinds.convolution import LocallyConnected as LocallyConnected
from striate.graph.kinds.convolution import LocallyConnected1D as LocallyConnected1D
from striate.graph.kinds.convolution import LocallyConnected2D as LocallyConnected2D
from striate.graph.kinds.convolution import SeparableConv as SeparableConv
from striate.graph.kinds.convolution import SeparableConv1D as SeparableConv1D
from striate.graph.kinds.convolution import SeparableConv2D as SeparableConv2D
from striate.graph.kinds.dense import Dense as Dense
from striate.graph.kinds.merging import Add as Add
from striate.graph.kinds.merging import Average as Average
from striate.graph.kinds.merging import Concatenate as Concatenate
from striate.graph.kinds.merging import Dot as Dot
from striate.graph.kinds.merging import Maximum as Maximum
from striate.graph.kinds.merging import Merge as Merge
from striate.graph.kinds.merging import Minimum as Minimum
from striate.graph.kinds.merging import Multiply as Multiply
from striate.graph.kinds.merging import Subtract as Subtract
from striate.graph.kinds.normalization import Affine as Affine
from striate.graph.kinds.normalization import BatchNormalization as BatchNormalization
from striate.graph.kinds.normalization import (
    GlobalResponseNormalization as GlobalResponseNormalization,
)
from striate.graph.kinds.normalization import GroupNormalization as GroupNormalization
from striate.graph.kinds.normalization import InstanceNormalization as InstanceNormalization
from striate.graph.kinds.normalization import LayerNormalization as LayerNormalization
from striate.graph.kinds.normalization import (
    LocalResponseNormalization as LocalResponseNormalization,
)
from striate.graph.kinds.normalization import Normalizing as Normalizing
from striate.graph.kinds.normalization import RMSNormalization as RMSNormalization
from striate.graph.kinds.normalization import UnitNormalization as UnitNormalization
from striate.graph.kinds.operation import Operation as Operation
from striate.graph.kinds.pooling import AdaptivePooling as AdaptivePooling
from striate.graph.kinds.pooling import BlurPooling as BlurPooling
from striate.graph.kinds.pooling import DepthwisePooling as DepthwisePooling
from striate.graph.kinds.pooling import GlobalPooling as GlobalPooling
from striate.graph.kinds.pooling import LpPooling as LpPooling
from striate.graph.kinds.pooling import MaxPoolingWithArgmax2D as MaxPoolingWithArgmax2D
from striate.graph.kinds.pooling import MaxUnpooling2D as MaxUnpooling2D
from striate.graph.kinds.pooling import Pooling as Pooling
from striate.graph.kinds.pooling import SpatialPyramidPooling2D as SpatialPyramidPooling2D
from striate.graph.kinds.pooling import StochasticPooling as StochasticPooling
from striate.graph.kinds.pooling_ranks import AdaptiveAveragePooling1D as AdaptiveAveragePooling1D
from striate.graph.kinds.pooling_ranks import AdaptiveAveragePooling2D as AdaptiveAveragePooling2D
from striate.graph.kinds.pooling_ranks import AdaptiveAveragePooling3D as AdaptiveAveragePooling3D
from striate.graph.kinds.pooling_ranks import AdaptiveMaxPooling1D as AdaptiveMaxPooling1D
from striate.graph.kinds.pooling_ranks import AdaptiveMaxPooling2D as AdaptiveMaxPooling2D
from striate.graph.kinds.pooling_ranks import AdaptiveMaxPooling3D as AdaptiveMaxPooling3D
from striate.graph.kinds.pooling_ranks import AveragePooling1D as AveragePooling1D
from striate.graph.kinds.pooling_ranks import AveragePooling2D as AveragePooling2D
from striate.graph.kinds.pooling_ranks import AveragePooling3D as AveragePooling3D
from striate.graph.kinds.pooling_ranks import BlurPool1D as BlurPool1D
from striate.graph.kinds.pooling_ranks import BlurPool2D as BlurPool2D
from striate.graph.kinds.pooling_ranks import BlurPool3D as BlurPool3D
from striate.graph.kinds.pooling_ranks import DepthwiseAveragePooling as DepthwiseAveragePooling
from striate.graph.kinds.pooling_ranks import DepthwiseMaxPooling as DepthwiseMaxPooling
from striate.graph.kinds.pooling_ranks import GlobalAveragePooling1D as GlobalAveragePooling1D
from striate.graph.kinds.pooling_ranks import GlobalAveragePooling2D as GlobalAveragePooling2D
from striate.graph.kinds.pooling_ranks import GlobalAveragePooling3D as GlobalAveragePooling3D
from striate.graph.kinds.pooling_ranks import GlobalL2Pooling1D as GlobalL2Pooling1D
from striate.graph.kinds.pooling_ranks import GlobalL2Pooling2D as GlobalL2Pooling2D
from striate.graph.kinds.pooling_ranks import GlobalL2Pooling3D as GlobalL2Pooling3D
from striate.graph.kinds.pooling_ranks import GlobalMaxPooling1D as GlobalMaxPooling1D
from striate.graph.kinds.pooling_ranks import GlobalMaxPooling2D as GlobalMaxPooling2D
from striate.graph.kinds.pooling_ranks import GlobalMaxPooling3D as GlobalMaxPooling3D
from striate.graph.kinds.pooling_ranks import GlobalMinPooling1D as GlobalMinPooling1D
from striate.graph.kinds.pooling_ranks import GlobalMinPooling2D as GlobalMinPooling2D
from striate.graph.kinds.pooling_ranks import GlobalMinPooling3D as GlobalMinPooling3D
from striate.graph.kinds.pooling_ranks import L2Pooling1D as L2Pooling1D
from striate.graph.kinds.pooling_ranks import L2Pooling2D as L2Pooling2D
from striate.graph.kinds.pooling_ranks import L2Pooling3D as L2Pooling3D
from striate.graph.kinds.pooling_ranks import LpPooling1D as LpPooling1D
from striate.graph.kinds.pooling_ranks import LpPooling2D as LpPooling2D
from striate.graph.kinds.pooling_ranks import LpPooling3D as LpPooling3D
from striate.graph.kinds.pooling_ranks import MaxPooling1D as MaxPooling1D
from striate.graph.kinds.pooling_ranks import MaxPooling2D as MaxPooling2D
from striate.graph.kinds.pooling_ranks import MaxPooling3D as MaxPooling3D
from striate.graph.kinds.pooling_ranks import MinPooling1D as MinPooling1D
from striate.graph.kinds.pooling_ranks import MinPooling2D as MinPooling2D
from striate.graph.kinds.pooling_ranks import MinPooling3D as MinPooling3D
from striate.graph.kinds.pooling_ranks import StochasticPooling1D as StochasticPooling1D
from striate.graph.kinds.pooling_ranks import StochasticPooling2D as StochasticPooling2D
from striate.graph.kinds.pooling_ranks import StochasticPooling3D as StochasticPooling3D
from striate.graph.kinds.preprocessing import Normalization as Normalization
from striate.graph.kinds.preprocessing import Rescaling as Rescaling
from striate.graph.kinds.regularization import ActivityRegularization as ActivityRegularization
from striate.graph.kinds.regularization import AlphaDropout as AlphaDropout
from striate.graph.kinds.regularization import DropBlock2D as DropBlock2D
from striate.graph.kinds.regularization import Dropout as Dropout
from striate.graph.kinds.regularization import GaussianDropout as GaussianDropout
from striate.graph.kinds.regularization import GaussianNoise as GaussianNoise
from striate.graph.kinds.regularization import SpatialDropout1D as SpatialDropout1D
from striate.graph.kinds.regularization import SpatialDropout2D as SpatialDropout2D
from striate.graph.kinds.regularization import SpatialDropout3D as SpatialDropout3D
from striate.graph.kinds.regularization import StochasticDepth as StochasticDepth
from striate.graph.kinds.resampling import CenterCrop as CenterCrop
from striate.graph.kinds.resampling import PixelShuffle as PixelShuffle
from striate.graph.kinds.resampling import PixelUnshuffle as PixelUnshuffle
from striate.graph.kinds.resampling import Resizing as Resizing
from striate.graph.kinds.resampling import UpSampling as UpSampling
from striate.graph.kinds.resampling import UpSampling1D as UpSampling1D
from striate.graph.kinds.resampling import UpSampling2D as UpSampling2D
from striate.graph.kinds.resampling import UpSampling3D as UpSampling3D
<<<<<<< HEAD
from striate.graph.kinds.sequence import Embedding as Embedding
from striate.graph.kinds.sequence import Masking as Masking
=======
>>>>>>> catA
from striate.graph.kinds.shape import Flatten as Flatten
from striate.graph.kinds.shape import Reshape as Reshape
from striate.graph.kinds.structure import Custom as Custom
from striate.graph.kinds.structure import InputLayer as InputLayer
from striate.graph.kinds.structure import Nested as Nested
from striate.graph.kinds.wrapping import SpectralNormalization as SpectralNormalization
from striate.graph.kinds.wrapping import WeightStandardization as WeightStandardization
from striate.graph.kinds.wrapping import Wrapping as Wrapping
