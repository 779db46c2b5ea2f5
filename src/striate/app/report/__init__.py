"""`striate report`: one HTML file that tells all about a run or a model."""

from __future__ import annotations
