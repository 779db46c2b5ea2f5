"""Plots: one maker of matplotlib figures, their colours, and how notebooks show them."""

from __future__ import annotations

from striate.figures.figure import Picture as Picture
from striate.figures.figure import as_text as as_text
from striate.figures.figure import figure as figure
from striate.figures.figure import panels as panels
from striate.figures.figure import quiet as quiet
from striate.figures.images import as_pixels as as_pixels
from striate.figures.images import show_image as show_image
from striate.figures.palette import ACCENT as ACCENT
from striate.figures.palette import COLOURS as COLOURS
from striate.figures.palette import MUTED as MUTED
from striate.figures.palette import SECOND as SECOND
from striate.figures.palette import WRONG as WRONG
from striate.figures.palette import colour as colour
from striate.figures.palette import shades as shades
from striate.figures.saving import save_picture as save_picture
