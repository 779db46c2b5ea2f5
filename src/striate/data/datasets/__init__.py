"""The classic image data sets."""

from __future__ import annotations
