"""What all class activation maps share: a layer's maps summed up and enlarged."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from striate.explain.attribution import Attribution
from striate.explain.places import Place
from striate.explain.probe import Probe
from striate.ops.layout import to_external, to_internal


def enlarged(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps (N, h, w) as (N, H, W), bilinear, pixel centres aligned."""
    return F.interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]


def enlarged_channels(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps (N, h, w, C) as (N, H, W, C)."""
    large = F.interpolate(to_internal(maps), size=size, mode="bilinear", align_corners=False)
    return to_external(large)


def activation_map(
    method: str, probe: Probe, place: Place, labels: tuple[str, ...], coarse: Tensor
) -> Attribution:
    """The record of a class activation map (N, h, w)."""
    large = enlarged(coarse.float(), probe.size)
    empty = [i for i, one in enumerate(coarse) if not bool((one > 0).any())]
    note = f"nothing speaks for the class in image {', '.join(map(str, empty))}" if empty else ""
    return Attribution(
        method=method,
        values=large.cpu().numpy(),
        images=probe.shown,
        labels=labels,
        layer=place.name,
        reason=place.reason,
        coarse=coarse.cpu().numpy(),
        note=note,
    )
