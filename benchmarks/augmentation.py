"""Images per second of each augmentation layer, on small and on large images.

    python benchmarks/augmentation.py [--threads 1] [--rounds 5] [--device cpu] [--keras] [NAME ...]

First it is checked that the layer repeats with its seed and gives finite numbers of the promised
shape. The time of a call is the median over rounds after one warm-up; the spread is that of the
middle half. With --keras, the real Keras on its torch backend is timed on the same images, in turn.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from striate import layers

SHAPES = [(128, 32, 32, 3), (32, 224, 224, 3)]

LAYERS: dict[str, dict[str, Any]] = {
    "RandomFlip": {},
    "RandomCrop": {"height": 28, "width": 28},
    "RandomTranslation": {"height_factor": 0.1, "width_factor": 0.1},
    "RandomRotation": {"factor": 0.1},
    "RandomZoom": {"height_factor": 0.2},
    "RandomShear": {"x_factor": 0.2},
    "RandomPerspective": {"factor": (1.0, 1.0)},
    "RandomElasticTransform": {"factor": (1.0, 1.0)},
    "RandomBrightness": {"factor": 0.2},
    "RandomContrast": {"factor": 0.2},
    "RandomSaturation": {"factor": (0.3, 0.7)},
    "RandomHue": {"factor": 0.2},
    "RandomColorDegeneration": {"factor": (0.0, 0.5)},
    "RandomColorJitter": {
        "brightness_factor": 0.2,
        "contrast_factor": 0.2,
        "saturation_factor": (0.3, 0.7),
        "hue_factor": 0.1,
    },
    "RandomGrayscale": {},
    "RandomInvert": {},
    "RandomPosterization": {"factor": (3, 6)},
    "Solarization": {"threshold_factor": 0.8},
    "AutoContrast": {},
    "Equalization": {},
    "ContrastLimitedAdaptiveHistogramEqualization": {},
    "RandomSharpness": {"factor": (0.2, 0.8)},
    "RandomGaussianBlur": {"factor": (1.0, 1.0)},
    "RandomErasing": {"factor": (1.0, 1.0)},
    "Cutout": {"size": 8},
    "MixUp": {},
    "CutMix": {},
    "RandAugment": {},
    "TrivialAugment": {},
    "AugMix": {},
}


def check(name: str, x: torch.Tensor) -> None:
    """The layer repeats with its seed, and promises what it gives."""
    arguments = LAYERS[name]
    cls = getattr(layers, name)
    seed = {"seed": 1} if issubclass(cls, layers.augmentation.Augmentation) else {}
    first, second = (cls(**arguments, **seed) for _ in range(2))
    out = first(x, training=True)
    assert torch.equal(out, second(x, training=True)), name
    assert torch.isfinite(out).all(), name
    assert tuple(out.shape) == (len(x), *first(layers.Input(tuple(x.shape[1:]))).shape[1:]), name


def seconds(call: Callable[[], Any], device: str) -> float:
    """One call, with the device's work."""
    start = time.perf_counter()
    call()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def calls(name: str, x: torch.Tensor, with_keras: bool) -> list[Callable[[], Any]]:
    """Our layer, and Keras's where wanted and there."""
    found = []
    modules = [layers]
    if with_keras:
        os.environ["KERAS_BACKEND"] = "torch"
        import keras

        modules.append(keras.layers)
    for module in modules:
        if hasattr(module, name):
            layer = getattr(module, name)(**LAYERS[name])
            found.append(lambda layer=layer: layer(x, training=True))
    return found


def line(name: str, shape: tuple[int, ...], options: argparse.Namespace) -> str:
    """A row of the table."""
    x = torch.rand(shape, generator=torch.Generator().manual_seed(0)).mul(255).to(options.device)
    check(name, x)
    functions = calls(name, x, options.keras)
    times: list[list[float]] = [[] for _ in functions]
    for turn in range(options.rounds + 1):
        for function, found in zip(functions, times, strict=True):
            took = seconds(function, options.device)
            if turn:
                found.append(took)
    low, middle, high = (1e3 * q for q in statistics.quantiles(times[0], n=4))
    rate = 1e3 * shape[0] / middle
    text = f"{name[:24]:24} {rate:12,.0f} images/s {middle:8.2f} ms +-{(high - low) / 2:7.2f} ms"
    if len(times) > 1:
        ratio = statistics.median(times[1]) / statistics.median(times[0])
        text += f"   Keras takes {ratio:6.1f} times as long"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(LAYERS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--keras", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__},", end=" ")
    print(f"{options.device}, {options.threads} threads, {options.rounds} rounds")
    with torch.inference_mode():
        for shape in SHAPES:
            print(f"\n{shape}, float32")
            for name in options.names:
                print(line(name, shape, options), flush=True)


if __name__ == "__main__":
    main()
