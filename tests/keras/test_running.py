"""`python -m striate.keras`: scripts and notebooks unchanged, and the report on them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from striate import errors
from striate.keras import notebook
from striate.keras.report import report_on, report_on_parts

pytestmark = pytest.mark.torch


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "striate.keras", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


SCRIPT = """\
import sys
import matplotlib.pyplot as plt
from keras.models import Sequential
from keras.layers.core import Dense
model = Sequential([Dense(3, input_shape=(4,))])
print(model.count_params(), sys.argv[1:], __name__, sys.modules["__main__"].model is model)
plt.plot([1, 2])
plt.show()
sys.exit(7)
"""


def test_a_script_runs_as_python_runs_it(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = run(script, "--epochs", "3")
    assert done.stdout == "15 ['--epochs', '3'] __main__ True\n"
    assert (done.returncode, done.stderr) == (7, "")


CELLS = [
    "%matplotlib inline\nimport keras\n!pip install a \\\n  b",
    "pip install c\ncd data\nfiles = !ls\nkeras?",
    "%%bash\nls",
    "%%time\nfrom keras.layers import Dense\nlayer = Dense(3)",
    "get_ipython().run_line_magic('matplotlib', 'inline')\ndisplay(layer.units)\nlayer.units",
]
NOTES = [
    "{}, cell 1, line 1: left out: %matplotlib inline",
    "{}, cell 1, line 3: left out: !pip install a \\",
    "{}, cell 2, line 1: left out: pip install c",
    "{}, cell 2, line 2: left out: cd data",
    "{}, cell 2, line 3: left out: files = !ls",
    "{}, cell 2, line 4: left out: keras?",
    "{}, cell 3: left out: the cell of %%bash",
    "{}, cell 4, line 1: left out: %%time",
]


def test_a_notebook_runs_without_its_magics(tmp_path: Path) -> None:
    path = tmp_path / "book.ipynb"
    cells = [{"cell_type": "code", "source": c.splitlines(keepends=True)} for c in CELLS]
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": "x"}, *cells]}))
    done = run(path)
    assert done.stdout == "3\n", done.stderr
    assert done.stderr.splitlines() == [f"striate.keras: {note.format(path)}" for note in NOTES]


def test_a_name_that_is_not_covered_stops_a_script_before_it_runs(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "print('begun')\nimport keras\nif 0:\n    keras.layers.TFSMLayer\n"
        "try:\n    from keras.layers import Nothing\nexcept ImportError:\n    pass\n"
        "keras.layers.Densee(3)\n"
    )
    done = run(script)
    assert done.returncode == 1
    assert not done.stdout
    assert done.stderr == (
        "striate.keras cannot run this script:\nscript.py, line 9: keras.layers.Densee: striate"
        " does not have it. Near it are: keras.layers.Dense.\n"
    )


def test_an_error_of_the_script_shows_its_own_lines(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("def f():\n    return 1 / 0\nf()\n")
    done = run(script)
    assert done.returncode == 1
    assert done.stderr == (
        f'Traceback (most recent call last):\n  File "{script}", line 3, in <module>\n    f()\n'
        f'  File "{script}", line 2, in f\n    return 1 / 0\n           ~~^~~\n'
        "ZeroDivisionError: division by zero\n"
    )


def test_a_report_lists_names_with_lines_and_runs_nothing(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from keras.layers import Dense\nfrom keras import layers as L\nimport keras.src\n"
        "m = L.Conv2D(3, 3)\nm.filters\nm.count_params()\nm.nothing\nDense(1)\nprint('run')\n"
    )
    done = run("--report", script)
    assert done.returncode == 1
    assert done.stdout == (
        "keras.layers.Dense: covered (script.py, line 1)\n"
        "keras.layers: covered (script.py, line 2)\n"
        "keras.src: NOT covered (script.py, line 3)\n"
        "keras.layers.Conv2D: covered (script.py, line 4)\n"
        "keras.layers.Conv2D.filters: covered (script.py, line 5)\n"
        "keras.layers.Conv2D.count_params: covered (script.py, line 6)\n"
        "keras.layers.Conv2D.nothing: NOT covered (script.py, line 7)\n"
        "script.py, line 3: keras.src: it is refused: these are the insides of Keras, which change"
        " from release to release. Import the same name from keras, for example `from keras.layers"
        " import Dense`.\n"
        "script.py, line 7: keras.layers.Conv2D: unknown name. Got 'nothing'. Did you mean"
        " 'train'?\n"
        "5 of 7 names are covered\n"
    )


def test_wrong_calls_say_how_to_call_it(tmp_path: Path) -> None:
    assert run().returncode == 2
    assert "usage:" in run("--help").stdout
    assert run("nowhere.py").stderr == "nowhere.py: there is no such file\n"


def test_what_is_neither_python_nor_a_notebook_is_told(tmp_path: Path) -> None:
    script = tmp_path / "old.py"
    script.write_text("print 'a'\n")
    done = run(script)
    assert done.returncode == 1
    assert done.stderr == (
        "old.py, line 1: this is not Python 3 (Missing parentheses in call to 'print'. Did you"
        " mean print(...)?). Python 2 scripts are turned into Python 3 by 2to3.\n"
    )
    book = tmp_path / "book.ipynb"
    book.write_text("[]")
    with pytest.raises(
        errors.FormatError,
        match=r"book.ipynb: this is not a notebook. Expected JSON with a list of cells.$",
    ):
        report_on(str(book))


def test_names_are_followed_from_cell_to_cell() -> None:
    parts = [notebook.Part("c1", "import keras as k"), notebook.Part("c2", "l = k.layers\nl.Dens")]
    (missing,) = report_on_parts(parts).missing
    assert (missing.name, missing.where) == ("keras.layers.Dens", "c2, line 2")
