"""Our own CPU kernels: whole blocks of a network in one pass over their values."""

from __future__ import annotations
