"""The arithmetic: tensors in, tensors out, in the order of torch with channels-last strides."""

from __future__ import annotations
