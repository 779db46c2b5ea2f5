"""Feature maps: what the layers of a network make of an image, as arrays and as pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from striate import errors
from striate.explain.places import is_convolution
from striate.explain.probe import Probe
from striate.graph import Port

if TYPE_CHECKING:
    from striate.figures import Picture
    from striate.layers import Layer
    from striate.models import Model

Array = np.ndarray[Any, np.dtype[Any]]
MOST_COLUMNS = 16


class FeatureMaps(Mapping[str, Array]):
    """Arrays by layer name, in the order in which the layers run, and a picture of each.

    Shapes: (N, H, W, C) for a layer with maps, (N, units) for others.

    Args:
        arrays: layer name -> what it gave.
    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = dict(arrays)

    def __getitem__(self, name: str) -> Array:
        if name not in self._arrays:
            raise errors.unknown_name("feature_maps", "layer", name, self._arrays)
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name}: {value.shape}" for name, value in self._arrays.items())
        return f"FeatureMaps({shapes})"

    def plot(
        self, layer: str, *, image: int = 0, columns: int | None = None, same_scale: bool = True
    ) -> Picture:
        """All maps of a layer in a grid.

        Args:
            layer: its name.
            image: which image of the batch.
            columns: maps in a row; None chooses.
            same_scale: one scale of brightness for all maps of the layer, so that maps that see
                nothing stay dark; False: each map is stretched alone.

        Raises:
            UnknownNameError: no such layer among these.
            ShapeError: the layer gives no maps.
        """
        from striate.explain.drawing import MAPS, mosaic_picture

        values = self[layer]
        if values.ndim != 4:
            raise errors.ShapeError(
                errors.message(
                    f"feature_maps, {layer}",
                    "this layer gives no maps",
                    got={"shape": values.shape},
                    expected="(N, H, W, C)",
                )
            )
        maps = [values[image, ..., k].astype(np.float64) for k in range(values.shape[-1])]
        silent = sum(float(m.max()) == float(m.min()) for m in maps)
        if not same_scale:
            maps = [(m - m.min()) / max(float(np.ptp(m)), 1e-30) for m in maps]
        across = columns or min(MOST_COLUMNS, int(np.ceil(np.sqrt(2 * len(maps)))))
        height, width = values.shape[1:3]
        note = f"{min(float(m.min()) for m in maps):.3g} to {max(float(m.max()) for m in maps):.3g}"
        if not same_scale:
            note = "each stretched alone"
        if silent:
            note += f"; {silent} the same everywhere"
        return mosaic_picture(
            maps,
            f"{layer}: {len(maps)} maps of {height} x {width}",
            columns=across,
            cell_inches=min(1.2, 12.8 / across),
            colours=MAPS,
            note=note,
        )

    def pictures(self, *, image: int = 0) -> dict[str, Picture]:
        """A picture for each layer that gives maps."""
        return {n: self.plot(n, image=image) for n, v in self.items() if v.ndim == 4}


def feature_maps(
    model: Model, image: Any, layers: str | Layer | Sequence[str | Layer] | None = None
) -> FeatureMaps:
    """What the layers of a network make of an image, in one run of it.

    The values are those of a plain forward pass in inference mode, with each layer's activation.

    Shapes: image (H, W, C) or (N, H, W, C) -> for each layer (N, H', W', C').

    Args:
        model: a built model; layers of nested models are called by path, `model/layer`.
        image: an image or a batch, as the model takes them.
        layers: a layer or several, by name or themselves; None: every convolution.

    Raises:
        UnknownNameError: no layer of that name; the nearest are listed.
        GraphError: `layers` is None and the network has no convolution.
        ShapeError: the image has another shape than the model was built for.

    Example:
        >>> import numpy as np
        >>> import striate as st
        >>> from striate import explain
        >>> model = st.Sequential(
        ...     [layers.Conv2D(4, 3, input_shape=(12, 12, 1)), layers.MaxPooling2D()]
        ... )
        >>> explain.feature_maps(model, np.random.rand(12, 12, 1))
        FeatureMaps(conv2d: (1, 10, 10, 4))
        >>> picture = explain.feature_maps(model, np.random.rand(12, 12, 1)).plot("conv2d")
    """
    from striate.layers import Layer

    probe = Probe("feature_maps", model, image)
    if layers is None:
        wanted = {n.name: Port(n.name) for n in probe.graph if is_convolution(n)}
        if not wanted:
            raise errors.GraphError(
                errors.message(
                    "feature_maps",
                    "the network has no convolution",
                    got={"layers": tuple(f"{n.name} ({n.kind_name})" for n in probe.graph)},
                    expected="layers=[...], the names of those to look at",
                )
            )
    else:
        listed = [layers] if isinstance(layers, (str, Layer)) else layers
        ports = [probe.port(x) for x in listed]
        wanted = {
            x if isinstance(x, str) else str(p): p for x, p in zip(listed, ports, strict=True)
        }
    seen, _ = probe.values(list(wanted.values()), logits=False)
    order = {n.name: i for i, n in enumerate(probe.graph)}
    names = sorted(wanted, key=lambda name: order[wanted[name].node])
    return FeatureMaps({name: seen[wanted[name]].cpu().numpy() for name in names})
