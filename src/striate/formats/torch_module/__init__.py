"""Models as plain modules of torch, and as their source."""

from __future__ import annotations

from striate.formats.torch_module.conversion import to_torch as to_torch
from striate.formats.torch_module.source import save_torch_source as save_torch_source
