"""Settings of the documentation, built strictly: every warning is an error (`make docs`)."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import guide_figures
import reference

import striate

project = "striate"
author = "The striate authors"
copyright = "The striate authors, Apache-2.0"
release = version = striate.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
default_role = "code"  # docstrings write `code` with single backticks
smartquotes = False  # H' and "same" stay as they are written

# Every page shows the tree of all pages; with each method in it, building took twice as long.
# The pages of the reference begin with the names that they describe instead.
toc_object_entries = False

html_theme = "furo"
html_title = f"striate {release}"

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
autodoc_default_options = {
    "members": True,
    "show-inheritance": True,
    "exclude-members": "set",  # matplotlib gives it to subclasses of its own, with its own roles
}
autodoc_preserve_defaults = True

# The sections of a docstring: Shapes, Args, Raises, Example, References.
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = ["Shapes"]
SECTION = re.compile(r"(Shapes|Args|Raises|Example|References): +(\S.*)")

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3


def sections_on_lines_of_their_own(*arguments: Any) -> None:
    """`Shapes: (N, C) -> (N, 1)` becomes a heading and its text, the form that napoleon reads."""
    lines: list[str] = arguments[-1]
    found = []
    for line in lines:
        match = SECTION.fullmatch(line)
        found += [f"{match[1]}:", f"    {match[2]}"] if match else [line]
    lines[:] = found


def the_constructor(*arguments: Any) -> tuple[str, str] | None:
    """Classes show the arguments of `__init__`; autodoc would show those of a `__new__`."""
    _, what, _, described, *_ = arguments
    if what not in ("class", "exception"):
        return None
    try:
        signature = inspect.signature(described)
    except ValueError:  # built in, and silent about its arguments
        return None
    shown = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=shown, return_annotation=signature.empty)), ""


def setup(app: Any) -> None:
    """Writes the API reference and the pictures of the guides before anything is read."""
    app.connect("autodoc-process-docstring", sections_on_lines_of_their_own, priority=100)
    app.connect("autodoc-process-signature", the_constructor)
    reference.write(Path(__file__).parent / "api")
    guide_figures.write(Path(__file__).parent / "guides")


# `Model` and `Graph` of the keras room have the names of ours; which is meant, the page's own
# module says. The estimators of its wrappers inherit scikit-learn's text with its labels; our own
# pages link by path, which MyST checks.
suppress_warnings = ["ref.python", "ref.term", "ref.ref"]
