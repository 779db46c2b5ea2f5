"""What a file is that cannot be opened, and what to do instead."""

from __future__ import annotations

from pathlib import Path

from striate.errors import FormatError, message
from striate.formats.keras_files.hdf5 import Group
from striate.storage.contents import EMPTY, JSON, LFS, SAVED_MODEL, TFLITE, ZIP

WHAT_OPENS = "a Keras file: .keras, .h5 with a model, or JSON and weights; or a .striate file"
WHAT_HOLDS_WEIGHTS = "weights: .h5, .weights.h5, .keras, .safetensors or .striate"

_FAULTS: dict[str, tuple[str, str]] = {
    LFS: (
        "it is a Git LFS pointer: three lines that stand for the file, which was not downloaded",
        "Run `git lfs pull` in the repository, or download the file itself",
    ),
    TFLITE: (
        "it is a TFLite model, which is compiled for phones and cannot be turned back",
        "Ask for the Keras file it was made from (.keras or .h5)",
    ),
    SAVED_MODEL: (
        "it is a TensorFlow SavedModel: a program, not layers and weights",
        'Open it in TensorFlow and write its layers: model.save("model.h5")',
    ),
    EMPTY: ("the file is empty", "Copy or download it again"),
    ZIP: ("it is a zip file, but not a Keras one: it has no config.json", ""),
    JSON: ("it is JSON, which holds no weights", "st.load_model(path, weights=...)"),
}


def cannot_open(path: Path, kind: str) -> FormatError:
    """The error of a file that is no model."""
    return _error(path, kind, WHAT_OPENS)


def not_weights(path: Path, kind: str) -> FormatError:
    """The error of a file that holds no weights."""
    return _error(path, kind, WHAT_HOLDS_WEIGHTS)


def _error(path: Path, kind: str, expected: str) -> FormatError:
    if not path.exists():
        return FormatError(message(str(path), "there is no such file", expected=expected))
    fault, fix = _FAULTS.get(kind, ("it is not a file that can be read", ""))
    return FormatError(message(str(path), fault, expected=expected, fix=fix))


def not_keras(root: Group) -> FormatError:
    """The error of an HDF5 file that holds something else."""
    return FormatError(
        message(
            root.where,
            "it is an HDF5 file, but not Keras's: it holds neither a model nor the weights of one",
            got={"members": tuple(root.names()[:6])},
            expected=WHAT_OPENS,
        )
    )


def weights_alone(where: str) -> FormatError:
    """The error of a file with weights but without the model they belong to."""
    return FormatError(
        message(
            where,
            "it holds weights alone, without the model they belong to",
            expected="a file with a model",
            fix="Write the model in code, then model.load_weights(path); or give its JSON:"
            ' st.load_model("model.json", weights=path)',
        )
    )


def no_weights(where: str) -> FormatError:
    """The error of a model file without weights."""
    return FormatError(
        message(
            where,
            "it holds a model, but no weights",
            fix="st.models.model_from_json(config) builds it with new ones",
        )
    )


def too_large(path: Path, most: int) -> FormatError:
    """The error of a text that no architecture needs."""
    return FormatError(
        message(
            str(path),
            "it is too large for the description of a model",
            got={"bytes": path.stat().st_size},
            expected=f"at most {most}",
        )
    )


def too_many(where: str, needed: int, most: int) -> FormatError:
    """The error of a model far larger than the file that should hold its weights."""
    return FormatError(
        message(
            where,
            "it describes a model far larger than the file",
            got={"weights": needed},
            expected=f"at most {most}",
            fix="A model file holds all its weights; do not trust the file",
        )
    )


def damaged(where: str, error: BaseException) -> FormatError:
    """The error of a description that is not of the form that it should have."""
    text = " ".join(str(error).split())[:160]
    return FormatError(
        message(
            where,
            f"its description of the model is damaged ({type(error).__name__}: {text})",
            expected="what Keras's model.to_json() or model.save wrote",
        )
    )
