"""Cases of the layers in `striate/layers/augmentation/`."""

from __future__ import annotations

from tests.contract.cases.case import Case

CASES = [
    Case("RandomFlip", {}, random=True),
    Case("RandomFlip", {"mode": "vertical", "seed": 5}, random=True),
    Case("RandomCrop", {"height": 3, "width": 4}, keras=False, random=True, note="see its docs"),
    Case(
        "RandomCrop",
        {"height": 9, "width": 8},
        keras=False,
        note="an image smaller than the window is resized, without chance",
    ),
    Case("RandomTranslation", {"height_factor": 0.3, "width_factor": (0.1, 0.4)}, random=True),
    Case("RandomRotation", {"factor": 0.2, "fill_mode": "constant", "seed": 1}, random=True),
    Case("RandomZoom", {"height_factor": 0.3, "width_factor": 0.2}, random=True),
    Case("RandomShear", {"x_factor": 0.3, "y_factor": (0.1, 0.2)}, random=True),
    Case("RandomPerspective", {"factor": (1.0, 1.0), "scale": 0.6}, random=True),
    Case(
        "RandomElasticTransform",
        {"factor": (1.0, 1.0), "scale": (0.9, 1.0), "seed": 2},
        random=True,
    ),
    Case("RandomBrightness", {"factor": 0.4, "value_range": (-3, 3)}, random=True),
    Case("RandomContrast", {"factor": (0.5, 0.4), "value_range": (-3, 3)}, random=True),
    Case("RandomSaturation", {"factor": (0.1, 0.9), "value_range": (0, 1)}, random=True),
    Case("RandomHue", {"factor": (0.4, 0.9), "value_range": (0, 1)}, random=True),
    Case("RandomColorDegeneration", {"factor": (0.4, 0.9)}, random=True),
    Case("RandomGrayscale", {"factor": 0.9, "seed": 4}, random=True),
    Case(
        "RandomColorJitter",
        {"value_range": (0, 1), "brightness_factor": 0.3, "saturation_factor": (0.2, 0.8)},
        random=True,
    ),
    Case("RandomSharpness", {"factor": (0.0, 0.2), "value_range": (-3, 3)}, random=True),
    Case(
        "RandomGaussianBlur",
        {"factor": (1.0, 1.0), "kernel_size": 5, "value_range": (-3, 3)},
        random=True,
    ),
    Case("RandomPosterization", {"factor": 3}, random=True),
    Case("RandomInvert", {"factor": (1.0, 1.0), "value_range": (0, 1)}, random=True),
    Case("Solarization", {"threshold_factor": 0.6, "value_range": (0, 1)}, random=True),
    Case("AutoContrast", {"value_range": (0, 1)}, smooth=False, note="kinks at the extremes"),
    Case(
        "Equalization",
        {"value_range": (-4, 4), "bins": 32},
        keras=False,
        smooth=False,
        note="Keras counts over the batch; ranks are steps",
    ),
    Case(
        "ContrastLimitedAdaptiveHistogramEqualization",
        {"value_range": (-4, 4), "clip_limit": 0.0, "tile_grid_size": (2, 3)},
        smooth=False,
        note="ranks are steps",
    ),
    Case("RandomErasing", {"factor": (1.0, 1.0), "fill_value": (1.0, 2.0, 3.0)}, random=True),
    Case("Cutout", {"size": 2, "seed": 6}, keras=False, random=True, note="not in Keras"),
    Case("MixUp", {"alpha": 4.0, "seed": 5}, random=True),
    Case("CutMix", {"factor": (1.0, 1.0), "seed": 8}, random=True),
    Case("RandAugment", {"value_range": (-3, 3), "num_ops": 3}, random=True),
    Case("TrivialAugment", {"value_range": (-3, 3)}, keras=False, random=True, note="not in Keras"),
    Case("AugMix", {"value_range": (-3, 3), "all_ops": False, "seed": 2}, random=True),
]
