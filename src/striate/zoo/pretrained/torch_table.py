"""torchvision's ImageNet weights.

Source: `torchvision.models` 0.28, `<network>_Weights`: address, size in MiB, accuracy and the
transforms. The digits at the end of a file's name are the beginning of its SHA-256, as
`torch.hub` checks it.
"""

from __future__ import annotations

from striate.zoo.pretrained.records import (
    DEVIATION,
    MEAN,
    Preparation,
    PretrainedWeights,
    of_255,
    remote_file,
)

ADDRESS = "https://download.pytorch.org/models"
MIB = 1 << 20
# Network, stem of the file, its digest, MiB, top-1, shorter side in px, version of the training.
ROWS: tuple[tuple[str, str, str, float, float, int, int], ...] = (
    ("alexnet_one_tower", "alexnet-owt", "7be5be79", 233.087, 0.56522, 256, 1),
    ("googlenet_bn", "googlenet", "1378be20", 49.731, 0.69778, 256, 1),
    ("squeezenet1_0", "squeezenet1_0", "b66bff10", 4.778, 0.58092, 256, 1),
    ("squeezenet1_1", "squeezenet1_1", "b8a52dc0", 4.729, 0.58178, 256, 1),
    ("vgg11", "vgg11", "8a719046", 506.84, 0.69020, 256, 1),
    ("vgg13", "vgg13", "19584684", 507.545, 0.69928, 256, 1),
    ("vgg16", "vgg16", "397923af", 527.796, 0.71592, 256, 1),
    ("vgg19", "vgg19", "dcbb9e9d", 548.051, 0.72376, 256, 1),
    ("vgg11_bn", "vgg11_bn", "6002323d", 506.881, 0.70370, 256, 1),
    ("vgg13_bn", "vgg13_bn", "abd245e5", 507.59, 0.71586, 256, 1),
    ("vgg16_bn", "vgg16_bn", "6c64b313", 527.866, 0.73360, 256, 1),
    ("vgg19_bn", "vgg19_bn", "c79401a0", 548.143, 0.74218, 256, 1),
    ("resnet18", "resnet18", "f37072fd", 44.661, 0.69758, 256, 1),
    ("resnet34", "resnet34", "b627a593", 83.275, 0.73314, 256, 1),
    ("resnet50_v1_5", "resnet50", "0676ba61", 97.781, 0.76130, 256, 1),
    ("resnet50_v1_5", "resnet50", "11ad3fa6", 97.79, 0.80858, 232, 2),
    ("resnet101_v1_5", "resnet101", "63fe2227", 170.511, 0.77374, 256, 1),
    ("resnet101_v1_5", "resnet101", "cd907fc2", 170.53, 0.81886, 232, 2),
    ("resnet152_v1_5", "resnet152", "394f9c45", 230.434, 0.78312, 256, 1),
    ("resnet152_v1_5", "resnet152", "f82ba261", 230.474, 0.82284, 232, 2),
    ("resnext50_32x4d", "resnext50_32x4d", "7cdf4587", 95.789, 0.77618, 256, 1),
    ("resnext50_32x4d", "resnext50_32x4d", "1a0047aa", 95.833, 0.81198, 232, 2),
    ("wide_resnet50_2", "wide_resnet50_2", "95faca4d", 131.82, 0.78468, 256, 1),
    ("wide_resnet50_2", "wide_resnet50_2", "9ba9bcbe", 263.124, 0.81602, 232, 2),
    ("densenet121", "densenet121", "a639ec97", 30.845, 0.74434, 256, 1),
    ("densenet169", "densenet169", "b2777c0a", 54.708, 0.75600, 256, 1),
    ("densenet201", "densenet201", "c1103571", 77.373, 0.76896, 256, 1),
    ("convnext_tiny", "convnext_tiny", "983f1562", 109.119, 0.82520, 236, 1),
    ("convnext_small", "convnext_small", "0c510722", 191.703, 0.83616, 230, 1),
    ("convnext_base", "convnext_base", "6075fbad", 338.064, 0.84062, 232, 1),
)
# GoogLeNet's network itself turns torchvision's colours into those from -1 to 1.
FROM_MINUS_ONE = {"googlenet_bn"}
# Networks that normalize their images themselves.
ALONE = {"convnext_tiny", "convnext_small", "convnext_base"}


def _preparation(network: str, resize: int) -> Preparation:
    if network in ALONE:
        return Preparation(224, resize)
    half = (127.5, 127.5, 127.5)
    mean, deviation = (
        (half, half) if network in FROM_MINUS_ONE else (of_255(MEAN), of_255(DEVIATION))
    )
    return Preparation(224, resize, mean=mean, deviation=deviation)


def _called(network: str, version: int, names: set[str]) -> str:
    """ "imagenet" if no other publisher has it, the later training with its number."""
    plain = "imagenet_torchvision" if network in names else "imagenet"
    return plain if version == 1 else f"{plain}_v{version}"


def of_torchvision(others: set[str]) -> dict[str, list[PretrainedWeights]]:
    """The records by network.

    Args:
        others: networks whose "imagenet" is another publisher's.
    """
    found: dict[str, list[PretrainedWeights]] = {}
    for network, stem, digest, mib, top1, resize, version in ROWS:
        record = PretrainedWeights(
            name=_called(network, version, others),
            source=f"torchvision 0.28, IMAGENET1K_V{version}",
            file=remote_file(f"{ADDRESS}/{stem}-{digest}.pth", digest, round(mib * MIB)),
            without_top=None,
            preparation=_preparation(network, resize),
            top1=top1,
        )
        found.setdefault(network, []).append(record)
    return found
