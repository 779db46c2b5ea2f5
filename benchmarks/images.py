"""The images of time-to-accuracy runs, as arrays: MNIST, CIFAR-10."""

from __future__ import annotations

import os
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np

Split = tuple[np.ndarray, np.ndarray]
ROOT = Path(__file__).resolve().parent.parent


def found(name: str) -> Path | None:
    """A file in `$STRIATE_SHARED/data`, or in `shared/data` in or beside the checkout."""
    given = os.environ.get("STRIATE_SHARED")
    folders = [Path(given)] if given else [ROOT / "shared", ROOT.parent / "shared"]
    files = (folder / "data" / name for folder in folders)
    return next((file for file in files if file.exists()), None)


def copies(name: str) -> Path | None:
    """An archive of JPEG copies of a data set's images, which `load` takes instead of it."""
    return found("cifar10_images.zip") if name == "cifar10" else None


def load(name: str) -> tuple[Split, Split]:
    """(x_train, y_train), (x_test, y_test); x uint8 (N, H, W, C), y int64 (N,).

    From a file beside the checkout if there is one, else as `striate.datasets` has it.
    """
    if archive := copies(name):
        arrays = _decoded(archive)
    elif name == "mnist" and (file := found("mnist.npz")):
        with np.load(file) as opened:
            arrays = {key: opened[key] for key in opened.files}
    else:
        import striate as st

        arrays = vars(st.datasets.load(name))
    splits = []
    for part in ("train", "test"):
        x, y = arrays[f"x_{part}"], arrays[f"y_{part}"].reshape(-1).astype(np.int64)
        splits.append((x if x.ndim == 4 else x[..., None], y))
    return splits[0], splits[1]


def _decoded(archive: Path) -> dict[str, np.ndarray]:
    """Folders of JPEG files in a zip, decoded once and kept beside other temporary files."""
    kept = Path(tempfile.gettempdir()) / f"{archive.stem}_{archive.stat().st_size}.npz"
    if not kept.exists():
        arrays = _decode(archive)
        with tempfile.NamedTemporaryFile(dir=kept.parent, suffix=".npz", delete=False) as file:
            np.savez(file, **arrays)
        os.replace(file.name, kept)
    with np.load(kept) as opened:
        return {key: opened[key] for key in opened.files}


def _decode(archive: Path) -> dict[str, np.ndarray]:
    from PIL import Image

    with zipfile.ZipFile(archive) as opened:
        names = sorted(n for n in opened.namelist() if n.endswith(".jpg"))
        classes = sorted({n.split("/")[1] for n in names})
        arrays = {}
        for part in ("train", "test"):
            some = [n for n in names if n.startswith(f"{part}/")]
            pictures = (Image.open(BytesIO(opened.read(n))).convert("RGB") for n in some)
            arrays[f"x_{part}"] = np.stack([np.asarray(p) for p in pictures])
            arrays[f"y_{part}"] = np.array([classes.index(n.split("/")[1]) for n in some])
    return arrays
