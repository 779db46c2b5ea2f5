"""What can be looked at: the worst mistakes and where the network looked, filters, feature maps."""

from __future__ import annotations

from typing import Any

import numpy as np

from striate.app.report.drawing import drawing, picture
from striate.app.report.markup import Html, element, section
from striate.app.report.subject import Subject
from striate.errors import StriateError
from striate.figures import as_pixels

Array = np.ndarray[Any, Any]

_LAYERS = 4
"""Of deeper networks so many convolutions are shown, the first and the last among them."""

_MAPS = 64
_SHEET_PX = 1024


def mistakes(subject: Subject) -> Html:
    """The mistakes that the model is surest of, with Grad-CAM."""
    found = subject.evaluation.worst_mistakes(subject.request.mistakes)
    if not len(found):
        told = element("p", "There are none: every image is classified right.", class_="good")
        return section("mistakes", "Worst mistakes", told)
    images = np.stack([subject.images[m.index] for m in found])
    taken = [int(subject.evaluation.predicted[m.index]) for m in found]
    maps, note = _grad_cam(subject, images, taken)
    entries = []
    for place, mistake in enumerate(found):
        right, wrong = mistake.true, mistake.predicted
        parts = [picture(_pixels(subject, images[place]), f"Image {mistake.index}: {right}")]
        if maps is not None:
            text = f"Grad-CAM: where the network saw {wrong} in image {mistake.index}"
            parts.append(picture(maps[place], text))
        caption = element(
            "figcaption",
            "taken for ",
            element("strong", wrong),
            f", {mistake.confidence:.0%} sure; is ",
            element("strong", right),
            f", {mistake.true_probability:.1%}",
        )
        pair = element("div", *parts, class_="pair" if maps is not None else None)
        entries.append(element("li", element("figure", pair, caption)))
    told = element("p", f"The {len(found)} surest of {found.total:,} mistakes. {note}")
    return section("mistakes", "Worst mistakes", told, element("ul", *entries, class_="gallery"))


def _grad_cam(subject: Subject, images: Array, taken: list[int]) -> tuple[Array | None, str]:
    """Overlays (N, H, W, 3), and where they are from or why there are none."""
    from striate.explain import grad_cam

    try:
        found = grad_cam(subject.model, images, taken)
    except StriateError:  # no convolution leads to the output
        return None, "The network has no convolution, so Grad-CAM cannot say where it looked."
    told = (
        f"Beside each image Grad-CAM of {found.layer}: bright where the network saw the class "
        "that it told."
    )
    return found.overlay(), told


def seen(subject: Subject) -> Html | None:
    """The filters of the first convolution, and what convolutions make of a few images."""
    names = _convolutions(subject)
    if not names:
        return None
    parts: list[object] = [_filters(subject)]
    for index in _examples(subject):
        parts += _example(subject, index, names)
    return section("seen", "What it sees", *parts)


def _filters(subject: Subject) -> Html:
    """The kernels of the first convolution, wherever in the model it stands."""
    from striate.explain import plot_filters

    every: Any = subject.model.modules()
    first = next((layer for layer in every if _has_filters(layer)), None)
    if first is None:
        return Html()
    text = f"The learned filters of {first.name} as small images"
    label = f"Filters of {first.name}"
    drawn = drawing(plot_filters(first), "filters", text)
    scrolls = element("div", drawn, class_="wide", role="region", tabindex="0", aria_label=label)
    return Html(element("h3", label) + scrolls)


def _has_filters(layer: Any) -> bool:
    kernel = getattr(layer, "kernel", None)
    return type(layer).__name__.startswith("Conv2D") and kernel is not None and kernel.dim() == 4


def _example(subject: Subject, index: int, names: list[str]) -> list[object]:
    """An image, and what each of some convolutions makes of it."""
    from striate.explain import feature_maps

    image = subject.images[index]
    true = subject.evaluation.class_names[subject.evaluation.labels[index]]
    found = feature_maps(subject.model, image, names)
    first = element(
        "figure",
        picture(_pixels(subject, image), f"Image {index}: {true}"),
        element("figcaption", "the image"),
        class_="small",
    )
    maps = [_maps(name, found[name][0], f"image {index}: {true}") for name in names]
    return [
        element("h3", f"Feature maps of image {index}: {true}"),
        element("div", first, *maps, class_="maps"),
    ]


def _maps(name: str, values: Array, what: str) -> Html:
    """The maps (H, W, C) of a layer in a grid, on one scale; the gaps are transparent."""
    import matplotlib

    from striate.explain.drawing import MAPS, mosaic

    height, width, count = values.shape
    shown = min(count, _MAPS)
    cells = [values[..., k].astype(np.float64) for k in range(shown)]
    sheet = mosaic(cells, 8, max(1, width // 12))
    low, high = float(np.nanmin(sheet)), float(np.nanmax(sheet))
    level = (sheet - low) / max(high - low, 1e-30)
    pixels = matplotlib.colormaps[MAPS](np.nan_to_num(level), bytes=True)
    pixels[np.isnan(sheet)] = 0
    cut = f", the first {shown}" if shown < count else ""
    caption = f"{name}: {count} maps of {height} x {width}{cut}; {low:.3g} dark to {high:.3g} light"
    shown_maps = picture(pixels, f"Feature maps of {name} for {what}", _SHEET_PX)
    return element("figure", shown_maps, element("figcaption", caption))


def _convolutions(subject: Subject) -> list[str]:
    """Names of convolutions, those in nested models by path; some of them where there are many."""
    from striate.explain import feature_maps

    try:
        found = feature_maps(subject.model, subject.images[0])
    except StriateError:  # there is none
        return []
    names = [name for name, values in found.items() if values.ndim == 4]
    places = np.unique(np.linspace(0, len(names) - 1, min(_LAYERS, len(names))).round())
    return [names[int(place)] for place in places]


def _examples(subject: Subject) -> list[int]:
    """The first image of each of the first classes that is classified right."""
    found = subject.evaluation
    firsts = []
    for label in range(len(found.class_names)):
        right = np.flatnonzero(found.correct & (found.labels == label))
        firsts += [int(right[0])] if len(right) else []
    return firsts[: subject.request.examples]


def _pixels(subject: Subject, image: Array) -> Array:
    return as_pixels(image, subject.form.range)
