"""What each layer kind is: arguments, shape rule, weights; one family per file, no torch."""

from __future__ import annotations

from striate.graph.kinds.activation import ELU as ELU
from striate.graph.kinds.activation import Activation as Activation
from striate.graph.kinds.activation import LeakyReLU as LeakyReLU
from striate.graph.kinds.activation import PReLU as PReLU
from striate.graph.kinds.activation import ReLU as ReLU
from striate.graph.kinds.activation import Softmax as Softmax
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
