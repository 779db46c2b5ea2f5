"""Layers that change images at random in training; one family per file."""

from __future__ import annotations

from striate.layers.augmentation.base import Adjustment as Adjustment
from striate.layers.augmentation.base import Augmentation as Augmentation
from striate.layers.augmentation.colours import RandomBrightness as RandomBrightness
from striate.layers.augmentation.colours import RandomColorDegeneration as RandomColorDegeneration
from striate.layers.augmentation.colours import RandomColorJitter as RandomColorJitter
from striate.layers.augmentation.colours import RandomContrast as RandomContrast
from striate.layers.augmentation.colours import RandomGrayscale as RandomGrayscale
from striate.layers.augmentation.colours import RandomHue as RandomHue
from striate.layers.augmentation.colours import RandomSaturation as RandomSaturation
from striate.layers.augmentation.distortion import RandomElasticTransform as RandomElasticTransform
from striate.layers.augmentation.distortion import RandomPerspective as RandomPerspective
from striate.layers.augmentation.erasing import Cutout as Cutout
from striate.layers.augmentation.erasing import RandomErasing as RandomErasing
from striate.layers.augmentation.filtering import RandomGaussianBlur as RandomGaussianBlur
from striate.layers.augmentation.filtering import RandomSharpness as RandomSharpness
from striate.layers.augmentation.mixing import CutMix as CutMix
from striate.layers.augmentation.mixing import MixUp as MixUp
from striate.layers.augmentation.moving import RandomCrop as RandomCrop
from striate.layers.augmentation.moving import RandomFlip as RandomFlip
from striate.layers.augmentation.policies import AugMix as AugMix
from striate.layers.augmentation.policies import RandAugment as RandAugment
from striate.layers.augmentation.tones import AutoContrast as AutoContrast
from striate.layers.augmentation.tones import (
    ContrastLimitedAdaptiveHistogramEqualization as ContrastLimitedAdaptiveHistogramEqualization,
)
from striate.layers.augmentation.tones import Equalization as Equalization
from striate.layers.augmentation.tones import RandomInvert as RandomInvert
from striate.layers.augmentation.tones import RandomPosterization as RandomPosterization
from striate.layers.augmentation.tones import Solarization as Solarization
from striate.layers.augmentation.trivial import TrivialAugment as TrivialAugment
from striate.layers.augmentation.warping import RandomRotation as RandomRotation
from striate.layers.augmentation.warping import RandomShear as RandomShear
from striate.layers.augmentation.warping import RandomTranslation as RandomTranslation
from striate.layers.augmentation.warping import RandomZoom as RandomZoom
