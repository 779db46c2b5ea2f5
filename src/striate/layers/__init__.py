"""Layers: torch modules under the names of Keras; one family per file."""

from __future__ import annotations

from striate.layers.activation import ELU as ELU
from striate.layers.activation import Activation as Activation
from striate.layers.activation import LeakyReLU as LeakyReLU
from striate.layers.activation import PReLU as PReLU
from striate.layers.activation import ReLU as ReLU
from striate.layers.activation import Softmax as Softmax
from striate.layers.augmentation import AugMix as AugMix
from striate.layers.augmentation import AutoContrast as AutoContrast
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
from striate.layers.builtin import LAYERS as LAYERS
from striate.layers.builtin import BuiltIn as BuiltIn
from striate.layers.builtin import register as register
from striate.layers.convolution import Conv2D as Conv2D
from striate.layers.dense import Dense as Dense
from striate.layers.input import Input as Input
from striate.layers.input import InputLayer as InputLayer
from striate.layers.merging import Add as Add
from striate.layers.merging import Concatenate as Concatenate
from striate.layers.normalization import BatchNormalization as BatchNormalization
from striate.layers.pooling import AveragePooling2D as AveragePooling2D
from striate.layers.pooling import GlobalAveragePooling2D as GlobalAveragePooling2D
from striate.layers.pooling import GlobalMaxPooling2D as GlobalMaxPooling2D
from striate.layers.pooling import MaxPooling2D as MaxPooling2D
from striate.layers.preprocessing import Rescaling as Rescaling
from striate.layers.regularization import Dropout as Dropout
from striate.layers.shape import Flatten as Flatten
from striate.layers.shape import Reshape as Reshape
from striate.layers.shape import ZeroPadding2D as ZeroPadding2D

# Keras's other names
Convolution2D = Conv2D
AvgPool2D = AveragePooling2D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalMaxPool2D = GlobalMaxPooling2D
MaxPool2D = MaxPooling2D
GaussianBlur = RandomGaussianBlur
