"""Runs scripts one after another, each in a process of its own that starts with all loaded.

    python tests/keras/scripts_driver.py striate|keras FOLDER SCRIPT...

writes FOLDER/<script>.txt, what the script prints, ending with its exit code.
"""

from __future__ import annotations

import contextlib
import os
import runpy
import sys
import tempfile
import traceback
from pathlib import Path


def _run(side: str, script: str) -> int:
    os.chdir(tempfile.mkdtemp())
    try:
        if side == "striate":
            from striate.keras.running import run

            return run(script)
        runpy.run_path(script, run_name="__main__")
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def main(side: str, folder: str, scripts: list[str]) -> None:
    """Runs them all."""
    del sys.path[0]  # this folder: `tensorflow` in it is none
    import matplotlib.pyplot  # noqa: F401
    import sklearn.datasets
    import sklearn.model_selection

    sklearn.datasets.load_digits()
    if side == "striate":
        from striate.keras import layers, models, running  # noqa: F401
    else:
        import keras  # noqa: F401
    for script in scripts:
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            continue
        with (
            (Path(folder) / f"{Path(script).stem}.txt").open("w") as out,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(out),
        ):
            print(f"\nexit code {_run(side, script)}")
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
