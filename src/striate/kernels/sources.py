"""Which sources the kernels were compiled from; `setup.py` runs this file, too."""

from __future__ import annotations

import hashlib
from pathlib import Path


def stamp(folder: Path) -> str:
    """A checksum of the C++ files of a folder, names and contents; "" if there are none."""
    files = sorted(path for path in folder.glob("*") if path.suffix in (".cpp", ".h"))
    told = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        told.update(f"{path.name} {len(content)}\n".encode() + content)
    return told.hexdigest()[:16] if files else ""
