"""Every augmentation with strong amounts, for claims that hold for all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from striate import layers

ALWAYS = (1.0, 1.0)

# name -> arguments with which training changes an image of values from 0 to 1
ARGUMENTS: dict[str, dict[str, Any]] = {
    "RandomFlip": {"mode": "horizontal"},
    "RandomCrop": {"height": 5, "width": 4},
    "RandomTranslation": {"height_factor": 0.4, "width_factor": 0.3},
    "RandomRotation": {"factor": 0.4},
    "RandomZoom": {"height_factor": 0.4},
    "RandomShear": {"x_factor": 0.4, "y_factor": 0.4},
    "RandomPerspective": {"factor": ALWAYS, "scale": 0.7},
    "RandomElasticTransform": {"factor": ALWAYS, "scale": (0.7, 1.0), "value_range": (0, 1)},
    "RandomBrightness": {"factor": 0.4, "value_range": (0, 1)},
    "RandomContrast": {"factor": 0.8, "value_range": (0, 1)},
    "RandomSaturation": {"factor": 1.0, "value_range": (0, 1)},
    "RandomHue": {"factor": 1.0, "value_range": (0, 1)},
    "RandomColorDegeneration": {"factor": 1.0, "value_range": (0, 1)},
    "RandomGrayscale": {"factor": 0.5},
    "RandomColorJitter": {"value_range": (0, 1), "contrast_factor": 0.5, "hue_factor": 0.5},
    "RandomSharpness": {"factor": 1.0, "value_range": (0, 1)},
    "RandomGaussianBlur": {"factor": ALWAYS, "kernel_size": 5, "value_range": (0, 1)},
    "RandomPosterization": {"factor": (1, 6), "value_range": (0, 1)},
    "RandomInvert": {"value_range": (0, 1)},
    "Solarization": {"addition_factor": 0.3, "threshold_factor": 0.9, "value_range": (0, 1)},
    "RandomErasing": {"factor": ALWAYS, "value_range": (0, 1)},
    "Cutout": {"size": 4, "fill_value": (2.0, 3.0, 4.0)},
    "MixUp": {"alpha": 2.0},
    "CutMix": {"factor": ALWAYS},
    "RandAugment": {"value_range": (0, 1)},
    "TrivialAugment": {"value_range": (0, 1)},
    "AugMix": {"value_range": (0, 1)},
}


def make(name: str, seed: int | None = None) -> Any:
    return getattr(layers, name)(**ARGUMENTS[name], seed=seed)


def images(count: int = 4, dtype: str = "float32") -> torch.Tensor:
    values = np.random.default_rng(0).uniform(0, 1, (count, 8, 7, 3)).astype(dtype)
    return torch.from_numpy(values)
