"""Cases of the layers in `striate/layers/resampling.py`."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import Case

OURS: dict[str, Any] = {"keras": False, "note": "Keras has no such layer"}
# Keras's other backends interpolate as here; on torch it has another kernel, or none
NOT_TORCH_KERAS: dict[str, Any] = {
    "keras": False,
    "note": "Keras on torch differs; tested with the slow definition",
}
VIEW: dict[str, Any] = {"copies": True, "note": "a view into its input"}

CASES = [
    Case("UpSampling1D", {"size": 3}, ((9, 4),)),
    Case("UpSampling2D", {"size": (2, 3)}),
    Case("UpSampling2D", {}, whole=256),
    Case("UpSampling2D", {"interpolation": "bilinear"}),
    Case("UpSampling2D", {"interpolation": "bicubic"}, **NOT_TORCH_KERAS),
    Case("UpSampling2D", {"size": (1, 2), "interpolation": "lanczos3"}, **NOT_TORCH_KERAS),
    Case("UpSampling3D", {"size": (1, 2, 3)}, ((4, 5, 6, 2),)),
    Case("Resizing", {"height": 7, "width": 4}),
    Case("Resizing", {"height": 3, "width": 9, "antialias": True}),
    Case("Resizing", {"height": 3, "width": 8, "interpolation": "nearest"}),
    Case("Resizing", {"height": 3, "width": 4, "interpolation": "bicubic", "antialias": True}),
    Case("Resizing", {"height": 3, "width": 9, "interpolation": "bicubic"}, **NOT_TORCH_KERAS),
    Case("Resizing", {"height": 8, "width": 3, "interpolation": "lanczos5"}, **NOT_TORCH_KERAS),
    Case("Resizing", {"height": 4, "width": 9, "crop_to_aspect_ratio": True}),
    Case("Resizing", {"height": 9, "width": 4, "pad_to_aspect_ratio": True, "fill_value": 2.0}),
    Case("CenterCrop", {"height": 3, "width": 3}, **VIEW),
    Case("CenterCrop", {"height": 7, "width": 4}),
    Case("PixelShuffle", {"upscale_factor": 2}, ((3, 4, 8),), **OURS),
    Case("PixelShuffle", {"upscale_factor": 3, "mode": "CRD"}, ((3, 4, 9),), **OURS),
    Case("PixelUnshuffle", {"downscale_factor": 2}, ((4, 6, 3),), **OURS),
    Case("PixelUnshuffle", {"downscale_factor": 2, "mode": "CRD"}, ((4, 6, 2),), **OURS),
]
