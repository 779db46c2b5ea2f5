"""`striate convert`: a model file in another form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from striate.app.named import parsed_shape
from striate.app.reporting import Report, waiting
from striate.errors import ArgumentError, message

PLAIN_TORCH = ".py"


def convert(
    source: str, target: str, weights: str | None, input_shape: str | None, *, overwrite: bool
) -> Report:
    """Writes a saved model under another name, in the form that the name's ending says.

    Args:
        source: a run folder, a `.striate` file or a Keras file of any version.
        target: ends in `.striate`, `.keras`, `.h5`, `.weights.h5`, `.safetensors` or `.py`.
        weights: the file with the weights, for a source that is Keras's JSON alone.
        input_shape: for `.py`, of a model whose sizes are open, such as "64x64x3".
        overwrite: replaces files that are there.

    Raises:
        FormatError: no such model, a damaged one, or layers that the other form lacks.
        ArgumentError: another ending, an input shape for another form than source, or the file
            is there.
        StorageError: the disk is full or cannot be written; what stood there is untouched.
    """
    place = Path(target)
    plain = place.suffix == PLAIN_TORCH
    shape = parsed_shape(input_shape)
    if shape is not None and not plain:
        raise ArgumentError(
            message(
                "convert",
                "an input shape is for source alone",
                got={"target": target},
                expected="--input-shape with a target that ends in .py",
            )
        )
    if place.exists() and not overwrite:
        raise ArgumentError(
            message(
                "convert",
                "the file is there already",
                got={"target": target},
                fix=f"striate convert {source} {target} --overwrite",
            )
        )
    with waiting("loading PyTorch and the model"):
        from striate.models import load_model

        model = load_model(source, compile=not plain, weights=weights)
    if plain:
        from striate.formats.torch_module import save_torch_source

        files = save_torch_source(model, place, input_shape=shape, overwrite=overwrite)
    elif target.endswith((".weights.h5", ".safetensors")):
        model.save_weights(place)
        files = [place]
    else:
        model.save(place)
        files = [place]
    return Report({"source": source, "files": [str(f) for f in files]}, _shown(source, files))


def _shown(source: str, files: list[Path]) -> Callable[[Console], None]:
    def show(console: Console) -> None:
        console.print(f"{source} is now:", markup=False, highlight=False)
        for file in files:
            size = file.stat().st_size
            console.print(f"  {file}  [dim]{size:,} bytes[/dim]", highlight=False)
        if len(files) > 1:
            line = f"The outputs are compared by: python -m pytest {files[2]}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    return show
