"""The arithmetic: tensors in, tensors out, in the order of torch with channels-last strides."""

from __future__ import annotations

from striate.ops.threads import apply_thread_count

apply_thread_count()  # whoever computes comes through here first
