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
from striate.graph.kinds.base import KINDS as KINDS
from striate.graph.kinds.base import Fault as Fault
from striate.graph.kinds.base import Kind as Kind
from striate.graph.kinds.base import WeightSpec as WeightSpec
from striate.graph.kinds.base import register as register
from striate.graph.kinds.base import snake_case as snake_case
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
from striate.graph.kinds.merging import Concatenate as Concatenate
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
from striate.graph.kinds.pooling import AveragePooling2D as AveragePooling2D
from striate.graph.kinds.pooling import GlobalAveragePooling2D as GlobalAveragePooling2D
from striate.graph.kinds.pooling import GlobalMaxPooling2D as GlobalMaxPooling2D
from striate.graph.kinds.pooling import GlobalPooling as GlobalPooling
from striate.graph.kinds.pooling import MaxPooling2D as MaxPooling2D
from striate.graph.kinds.pooling import Pooling as Pooling
from striate.graph.kinds.preprocessing import Normalization as Normalization
from striate.graph.kinds.preprocessing import Rescaling as Rescaling
from striate.graph.kinds.regularization import Dropout as Dropout
from striate.graph.kinds.shape import Flatten as Flatten
from striate.graph.kinds.shape import Reshape as Reshape
from striate.graph.kinds.shape import ZeroPadding2D as ZeroPadding2D
from striate.graph.kinds.structure import Custom as Custom
from striate.graph.kinds.structure import InputLayer as InputLayer
from striate.graph.kinds.structure import Nested as Nested
from striate.graph.kinds.wrapping import SpectralNormalization as SpectralNormalization
from striate.graph.kinds.wrapping import WeightStandardization as WeightStandardization
from striate.graph.kinds.wrapping import Wrapping as Wrapping
