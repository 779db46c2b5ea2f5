"""torchvision's names of the layers of our networks, by rules per family.

Each rule takes our names of all layers with weights, in the order of the network, and gives
torchvision's prefix for each; `torchvision.models` 0.28 is the source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Names = dict[str, str]
Rule = Callable[[Sequence[str]], Names]

_RESNET = {"conv1_conv": "conv1", "conv1_bn": "bn1", "predictions": "fc"}


def resnet(layers: Sequence[str]) -> Names:
    """conv3_block2_1_bn -> layer2.1.bn1; the shortcut's two are downsample.0 and .1."""
    found = {}
    for name in layers:
        if name in _RESNET:
            found[name] = _RESNET[name]
            continue
        stage, block, part, kind = _parts(r"conv(\d)_block(\d+)_(\d)_(conv|bn)", name)
        inner = f"{kind}{part}" if part != "0" else f"downsample.{int(kind == 'bn')}"
        found[name] = f"layer{int(stage) - 1}.{int(block) - 1}.{inner}"
    return found


def densenet(layers: Sequence[str]) -> Names:
    """conv2_block1_0_bn -> features.denseblock1.denselayer1.norm1."""
    found = {}
    for name in layers:
        if name in _DENSENET:
            found[name] = _DENSENET[name]
        elif name.startswith("pool"):
            stage, kind = _parts(r"pool(\d)_(conv|bn)", name)
            kind = {"conv": "conv", "bn": "norm"}[kind]
            found[name] = f"features.transition{int(stage) - 1}.{kind}"
        else:
            stage, block, part, kind = _parts(r"conv(\d)_block(\d+)_(\d)_(conv|bn)", name)
            # ours: 0_bn, 1_conv, 1_bn, 2_conv
            inner = f"conv{part}" if kind == "conv" else f"norm{int(part) + 1}"
            found[name] = f"features.denseblock{int(stage) - 1}.denselayer{block}.{inner}"
    return found


_DENSENET = {
    "conv1_conv": "features.conv0",
    "conv1_bn": "features.norm0",
    "bn": "features.norm5",
    "predictions": "classifier",
}


def vgg(layers: Sequence[str]) -> Names:
    """Numbers in one list of convolutions, normalizations, relus and pools."""
    found = {"fc1": "classifier.0", "fc2": "classifier.3", "predictions": "classifier.6"}
    number, before, normalized = 0, "1", any(name.endswith("_bn") for name in layers)
    for name in layers:
        if name in found or name.endswith("_bn"):
            continue
        (block,) = _parts(r"block(\d)_conv\d", name)
        number += block != before  # the pool between two blocks
        before = block
        found[name] = f"features.{number}"
        if normalized:
            found[f"{name}_bn"] = f"features.{number + 1}"
        number += 3 if normalized else 2
    return found


def alexnet(layers: Sequence[str]) -> Names:
    """The one-tower form."""
    convolutions = zip(range(1, 6), (0, 3, 6, 8, 10), strict=True)
    found = {f"conv{ours}": f"features.{theirs}" for ours, theirs in convolutions}
    return found | {"fc6": "classifier.1", "fc7": "classifier.4", "predictions": "classifier.6"}


def squeezenet_of(places: Sequence[int]) -> Rule:
    """Fire modules 2 to 9 at these places of one list with the pools, which 1.1 has earlier."""
    at = {str(number): place for number, place in enumerate(places, 2)}

    def rule(layers: Sequence[str]) -> Names:
        found = {"conv1": "features.0", "conv10": "classifier.1"}
        for name in layers:
            if name not in found:
                fire, part = _parts(r"fire(\d)_(\w+)", name)
                found[name] = f"features.{at[fire]}.{part}"
        return found

    return rule


_BRANCHES = {
    "1x1": "branch1",
    "3x3_reduce": "branch2.0",
    "3x3": "branch2.1",
    "5x5_reduce": "branch3.0",
    "5x5": "branch3.1",
    "pool_proj": "branch4.1",
}
_GOOGLENET = {"conv1": "conv1", "conv2_reduce": "conv2", "conv2": "conv3"}


def googlenet(layers: Sequence[str]) -> Names:
    """inception_3a_5x5_reduce -> inception3a.branch3.0; each with .conv and .bn."""
    found = {"predictions": "fc"}
    for name in layers:
        if name in found:
            continue
        plain, inner = name.removesuffix("_bn"), "bn" if name.endswith("_bn") else "conv"
        if head := re.fullmatch(r"(aux\d)_(conv|fc|predictions)", plain):
            part = {"conv": f"conv.{inner}", "fc": "fc1", "predictions": "fc2"}[head[2]]
            found[name] = f"{head[1]}.{part}"
        elif plain in _GOOGLENET:
            found[name] = f"{_GOOGLENET[plain]}.{inner}"
        else:
            module, branch = _parts(r"inception_(\d\w)_(\w+)", plain)
            found[name] = f"inception{module}.{_BRANCHES[branch]}.{inner}"
    return found


_BLOCK = {
    "depthwise_conv": "block.0",
    "layernorm": "block.2",
    "pointwise_conv_1": "block.3",
    "pointwise_conv_2": "block.5",
    "layer_scale": "layer_scale",
}
_CONVNEXT = {
    "stem_conv": "features.0.0",
    "stem_layernorm": "features.0.1",
    "head_layernorm": "classifier.0",
    "layer_normalization": "classifier.0",
    "head_dense": "classifier.2",
}


def convnext(layers: Sequence[str]) -> Names:
    """stage_1_block_0_layernorm -> features.3.0.block.2; between the stages features.2, .4, .6."""
    found = {}
    for name in layers:
        if name in _CONVNEXT:
            found[name] = _CONVNEXT[name]
        elif name.startswith("downsampling"):
            stage, kind = _parts(r"downsampling_(\d)_(layernorm|conv)", name)
            found[name] = f"features.{2 * int(stage)}.{int(kind == 'conv')}"
        else:
            stage, block, part = _parts(r"stage_(\d)_block_(\d+)_(\w+)", name)
            found[name] = f"features.{2 * int(stage) + 1}.{block}.{_BLOCK[part]}"
    return found


def _parts(pattern: str, name: str) -> tuple[str, ...]:
    """What the groups of a pattern hold."""
    found = re.fullmatch(pattern, name)
    if found is None:
        raise KeyError(name)
    return found.groups()


RULES: dict[str, Rule] = {
    "alexnet_one_tower": alexnet,
    "googlenet_bn": googlenet,
    "squeezenet1_0": squeezenet_of((3, 4, 5, 7, 8, 9, 10, 12)),
    "squeezenet1_1": squeezenet_of((3, 4, 6, 7, 9, 10, 11, 12)),
    **{f"vgg{depth}{bn}": vgg for depth in (11, 13, 16, 19) for bn in ("", "_bn")},
    **{f"resnet{depth}": resnet for depth in (18, 34)},
    **{f"resnet{depth}_v1_5": resnet for depth in (50, 101, 152)},
    "resnext50_32x4d": resnet,
    "wide_resnet50_2": resnet,
    **{f"densenet{depth}": densenet for depth in (121, 169, 201)},
    **{f"convnext_{size}": convnext for size in ("tiny", "small", "base")},
}
# Heads that a network without one leaves in the file; of ConvNeXt's, the normalisation stays.
HEADS = ("fc.", "classifier.2.", "classifier.", "aux1.", "aux2.")

# Our name of a weight -> torchvision's.
WEIGHTS = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def full(prefix: str, weight: str) -> str:
    """torchvision's whole name of a weight.

    Example:
        >>> full("layer1.0.bn1", "gamma"), full("features.1.0.layer_scale", "kernel")
        ('layer1.0.bn1.weight', 'features.1.0.layer_scale')
    """
    return prefix if prefix.endswith(".layer_scale") else f"{prefix}.{WEIGHTS[weight]}"


def today(name: str) -> str:
    """DenseNet's published files have dots where a name of torch may no longer have them.

    Example:
        >>> today("features.denseblock1.denselayer2.norm.1.weight")
        'features.denseblock1.denselayer2.norm1.weight'
    """
    return re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12])\.", r"\1\2.", name)


def ignored(name: str) -> bool:
    """A counter that torch needs for another kind of moving average."""
    return name.endswith(".num_batches_tracked")
