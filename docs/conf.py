"""Settings of the documentation, built strictly: every warning is an error (`make docs`)."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import reference

import striate

project = "striate"
author = "The striate authors"
copyright = "The striate authors, Apache-2.0"
release = version = striate.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
exclude_patterns = ["_build"]
default_role = "code"  # docstrings write `code` with single backticks
nitpicky = False

html_theme = "furo"
html_title = f"striate {release}"

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_preserve_defaults = True

# The sections of a docstring: Shapes, Args, Raises, Example, References.
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Shapes", "notes_style"), ("References", "references_style")]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3


def setup(app: object) -> None:
    """Writes the pages of the API reference before anything is read."""
    reference.write(Path(__file__).parent / "api")
