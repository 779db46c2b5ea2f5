"""The command line: `striate train`, `evaluate`, `predict`, `summary`, `datasets`."""

from __future__ import annotations
