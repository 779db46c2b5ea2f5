"""Where data sets are kept on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def data_folder() -> Path:
    """The folder of downloaded data: `$STRIATE_DATA`, or striate's part of the user's cache.

    That is `$XDG_CACHE_HOME/striate` or `~/.cache/striate`, on macOS `~/Library/Caches/striate`,
    on Windows `%LOCALAPPDATA%/striate/cache`. Nothing is created here.
    """
    chosen = os.environ.get("STRIATE_DATA")
    if chosen:
        return Path(chosen).expanduser()
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]).expanduser() / "striate"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "striate"
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
        return Path(local) / "striate" / "cache"
    return Path.home() / ".cache" / "striate"


def keras_folder() -> Path:
    """Where Keras keeps its data sets: `$KERAS_HOME/datasets` or `~/.keras/datasets`."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home).expanduser() if home else Path.home() / ".keras") / "datasets"
