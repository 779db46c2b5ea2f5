"""`striate plot`: a picture of a saved model, drawn without torch, or of a network of the zoo."""

from __future__ import annotations

from pathlib import Path

from striate.app.named import Named
from striate.app.reporting import Report


def plot(
    model: Named,
    out: str | None,
    *,
    shapes: bool,
    names: bool,
    activations: bool,
    rankdir: str,
    expand_nested: bool,
    dpi: float,
    volumes: bool = False,
) -> Report:
    """Draws a model into a file.

    Args:
        model: a run folder, a `.striate` file, or a network of the zoo.
        out: the picture; None: `model.png` in the run folder, or beside the file under its name;
            of a network a file of its name in this folder.
        shapes, names, activations, rankdir, expand_nested, dpi: as in `plot_model`.
        volumes: draws what flows through the model as boxes, as `plot_volumes` does.

    Raises:
        FormatError: no such model, or a damaged one.
        UnknownNameError: neither a file nor a network.
        ArgumentError: an unknown direction or ending.
    """
    from striate.diagrams import plot_model, plot_volumes

    graph = model.graph()
    path = Path(model.name)
    default = path / "model.png" if path.is_dir() else path.with_suffix(".png")
    target = Path(out) if out is not None else default
    if volumes:
        drawing = plot_volumes(graph, target, dpi=dpi)
    else:
        drawing = plot_model(
            graph,
            target,
            show_shapes=shapes,
            show_layer_names=names,
            show_layer_activations=activations,
            rankdir=rankdir.upper(),
            expand_nested=expand_nested,
            dpi=dpi,
        )
    record = {"file": str(target), "width_points": drawing.width, "height_points": drawing.height}
    return Report(record, lambda console: console.print(f"Drawn into {target}.", highlight=False))
