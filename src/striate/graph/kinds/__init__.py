"""What each layer kind is: arguments, shape rule, weights; one family per file, no torch."""

from __future__ import annotations

from striate.graph.kinds.activation import ELU as ELU
from striate.graph.kinds.activation import Activation as Activation
from striate.graph.kinds.activation import LeakyReLU as LeakyReLU
from striate.graph.kinds.activation import PReLU as PReLU
from striate.graph.kinds.activation import ReLU as ReLU
from striate.graph.kinds.activation import Softmax as Softmax
from striate.graph.kinds.base import KINDS as KINDS
from striate.graph.kinds.base import Fault as Fault
from striate.graph.kinds.base import Kind as Kind
from striate.graph.kinds.base import WeightSpec as WeightSpec
from striate.graph.kinds.base import register as register
from striate.graph.kinds.base import snake_case as snake_case
from striate.graph.kinds.convolution import Conv as Conv
from striate.graph.kinds.convolution import Conv2D as Conv2D
from striate.graph.kinds.dense import Dense as Dense
from striate.graph.kinds.merging import Add as Add
from striate.graph.kinds.merging import Concatenate as Concatenate
from striate.graph.kinds.normalization import BatchNormalization as BatchNormalization
from striate.graph.kinds.pooling import AveragePooling2D as AveragePooling2D
from striate.graph.kinds.pooling import GlobalAveragePooling2D as GlobalAveragePooling2D
from striate.graph.kinds.pooling import GlobalMaxPooling2D as GlobalMaxPooling2D
from striate.graph.kinds.pooling import GlobalPooling as GlobalPooling
from striate.graph.kinds.pooling import MaxPooling2D as MaxPooling2D
from striate.graph.kinds.pooling import Pooling as Pooling
from striate.graph.kinds.preprocessing import Rescaling as Rescaling
from striate.graph.kinds.regularization import Dropout as Dropout
from striate.graph.kinds.shape import Flatten as Flatten
from striate.graph.kinds.shape import Reshape as Reshape
from striate.graph.kinds.shape import ZeroPadding2D as ZeroPadding2D
from striate.graph.kinds.structure import Custom as Custom
from striate.graph.kinds.structure import InputLayer as InputLayer
from striate.graph.kinds.structure import Nested as Nested
