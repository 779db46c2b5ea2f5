"""The maps of every stage are those of the paper's table or figure."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from striate import zoo

pytestmark = pytest.mark.torch

Stages = Mapping[str, tuple[int, ...]]


def square(**maps: tuple[int, int]) -> dict[str, tuple[int, int, int]]:
    """(side, channels) -> (side, side, channels)."""
    return {name: (side, side, channels) for name, (side, channels) in maps.items()}


# Table 1 of arXiv:1512.03385: output sizes 112, 56, 28, 14, 7.
def residual(depths: tuple[int, ...], expansion: int) -> Stages:
    found = {"conv1_relu": (112, 112, 64), "pool1_pool": (56, 56, 64)}
    for stage, (depth, side) in enumerate(zip(depths, (56, 28, 14, 7), strict=True), 2):
        for block in (1, depth):
            channels = 64 * 2 ** (stage - 2) * expansion
            found[f"conv{stage}_block{block}_out"] = (side, side, channels)
    return found


# Table 1 of arXiv:1409.1556, columns A, B, D, E: each block ends in a max pooling.
VGG = square(
    block1_conv1=(224, 64),
    block1_pool=(112, 64),
    block2_pool=(56, 128),
    block3_pool=(28, 256),
    block4_pool=(14, 512),
    block5_pool=(7, 512),
)
# Section 4.2 of arXiv:1512.03385: 32x32, 16x16, 8x8 with 16, 32, 64 filters.
CIFAR = square(
    conv1_relu=(32, 16), conv2_block3_out=(32, 16), conv3_block3_out=(16, 32),
    conv4_block3_out=(8, 64),
)  # fmt: skip
# Table 1 of arXiv:1608.06993: 112, 56; blocks at 56, 28, 14, 7, and transitions that halve.
DENSE = {121: (1024, 512, 1024, 1024), 169: (1280, 640, 1664, 1664), 201: (1792, 896, 1920, 1920)}


def dense(depth: int, blocks: tuple[int, int, int, int]) -> Stages:
    third, before_last, last, _ = DENSE[depth]
    a, b, c, d = blocks
    return {
        "conv1_relu": (112, 112, 64),
        "pool1": (56, 56, 64),
        f"conv2_block{a}_concat": (56, 56, 256),
        "pool2_pool": (28, 28, 128),
        f"conv3_block{b}_concat": (28, 28, 512),
        "pool3_pool": (14, 14, 256),
        f"conv4_block{c}_concat": (14, 14, third),
        "pool4_pool": (7, 7, before_last),
        f"conv5_block{d}_concat": (7, 7, last),
    }


# Figure 2 of arXiv:2201.03545 and its appendix: patches of 4, then halvings.
def convnext(depth: int, width: int) -> Stages:
    return {
        "stem_conv": (56, 56, width),
        "stage_0_block_2_add": (56, 56, width),
        "stage_1_block_2_add": (28, 28, 2 * width),
        f"stage_2_block_{depth - 1}_add": (14, 14, 4 * width),
        "stage_3_block_2_add": (7, 7, 8 * width),
    }


# Table 1 of arXiv:1905.11946 at the resolution of each network; channels rounded to 8s.
def efficient(number: int, stem: int, channels: tuple[int, ...], top: int) -> Stages:
    side = (224, 240, 260, 300, 380, 456, 528, 600)[number]
    sides = []
    for _ in range(5):
        side = -(-side // 2)
        sides.append(side)
    at = (sides[0], sides[1], sides[2], sides[3], sides[3], sides[4], sides[4])
    found = {"stem_conv": (sides[0], sides[0], stem)}
    for stage, (where, count) in enumerate(zip(at, channels, strict=True), 1):
        found[f"block{stage}a_project_bn"] = (where, where, count)
    return {**found, "top_conv": (sides[4], sides[4], top)}


SQUEEZE = square(
    # Table 1 of arXiv:1602.07360, whose maps are those of 227 px; it says 12 for what ends at 13.
    conv1=(111, 96),
    pool1=(55, 96),
    fire2_concat=(55, 128),
    fire4_concat=(55, 256),
    pool4=(27, 256),
    fire5_concat=(27, 256),
    fire8_concat=(27, 512),
    pool8=(13, 512),
    fire9_concat=(13, 512),
    conv10=(13, 1000),
)

STAGES: dict[str, Stages] = {
    **{f"vgg{n}{bn}": VGG for n in (11, 13, 16, 19) for bn in ("", "_bn")},
    "resnet18": residual((2, 2, 2, 2), 1),
    "resnet34": residual((3, 4, 6, 3), 1),
    **{
        name: residual((3, 4, 6, 3), 4)
        for name in (
            "resnet50", "resnet50_v1_5", "resnext50_32x4d", "wide_resnet50_2", "se_resnet50",
        )
    },
    "resnet101": residual((3, 4, 23, 3), 4),
    "resnet101_v1_5": residual((3, 4, 23, 3), 4),
    "resnet152": residual((3, 8, 36, 3), 4),
    "resnet152_v1_5": residual((3, 8, 36, 3), 4),
    # the last block of a stage halves: its output is the input of the next
    **{
        f"resnet{n}v2": square(
            conv1_conv=(112, 64), pool1_pool=(56, 64), conv2_block1_out=(56, 256),
            conv3_block1_out=(28, 512), conv4_block1_out=(14, 1024), conv5_block1_out=(7, 2048),
            post_relu=(7, 2048),
        )
        for n in (50, 101, 152)
    },
    **{f"resnet{n}": CIFAR for n in (20, 32, 44, 56, 110)},
    **{
        f"densenet{n}": dense(n, blocks)
        for n, blocks in {
            121: (6, 12, 24, 16), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32)
        }.items()
    },
    # table 1 of arXiv:1512.00567
    "inception_v3": square(
        stem1_relu=(149, 32), stem2_relu=(147, 32), stem3_relu=(147, 64), stem3_pool=(73, 64),
        stem4_relu=(73, 80), stem5_relu=(71, 192), stem5_pool=(35, 192), mixed2=(35, 288),
        mixed3=(17, 768), mixed7=(17, 768), mixed8=(8, 1280), mixed10=(8, 2048),
    ),
    # figure 15 of arXiv:1602.07261; channels as in the authors' code
    "inception_resnet_v2": square(
        stem5_pool=(35, 192), mixed_5b=(35, 320), block35_10_ac=(35, 320), mixed_6a=(17, 1088),
        block17_20_ac=(17, 1088), mixed_7a=(8, 2080), conv_7b_relu=(8, 1536),
    ),
    # figure 5 of arXiv:1610.02357: "19x19x728 feature maps" enter and leave the middle flow
    "xception": square(
        block1_conv1=(149, 32), block1_conv2=(147, 64), block2_add=(74, 128), block3_add=(37, 256),
        block4_add=(19, 728), block12_add=(19, 728), block13_add=(10, 1024),
        block14_sepconv2_act=(10, 2048),
    ),
    # Section 3.1 and figure 2 of arXiv:1707.07012: two reductions before the first of three stacks,
    # "4 @ 1056" and "6 @ 4032", whose cells join six maps of filters, 2 filters, 4 filters.
    "nasnet_mobile": square(
        stem_bn1=(111, 32), reduction_concat_stem_1=(56, 44), reduction_concat_stem_2=(28, 88),
        normal_concat_3=(28, 264), normal_concat_8=(14, 528), normal_concat_12=(7, 1056),
    ),
    "nasnet_large": square(
        stem_bn1=(165, 96), reduction_concat_stem_1=(83, 168), reduction_concat_stem_2=(42, 336),
        normal_concat_5=(42, 1008), normal_concat_12=(21, 2016), normal_concat_18=(11, 4032),
    ),
    "squeezenet1_0": SQUEEZE,
    "squeezenet1_1": square(
        conv1=(111, 64), pool1=(55, 64), pool3=(27, 128), fire5_concat=(27, 256), pool5=(13, 256),
        fire9_concat=(13, 512), conv10=(13, 1000),
    ),
    # table 1 of arXiv:1704.04861
    "mobilenet": square(
        conv1=(112, 32), conv_pw_1=(112, 64), conv_pw_2=(56, 128), conv_pw_3=(56, 128),
        conv_pw_4=(28, 256), conv_pw_6=(14, 512), conv_pw_11=(14, 512), conv_pw_12=(7, 1024),
        conv_pw_13=(7, 1024),
    ),
    # table 2 of arXiv:1801.04381
    "mobilenet_v2": square(
        Conv1=(112, 32), expanded_conv_project=(112, 16), block_2_add=(56, 24),
        block_5_add=(28, 32), block_9_add=(14, 64), block_12_add=(14, 96), block_15_add=(7, 160),
        block_16_project=(7, 320), Conv_1=(7, 1280),
    ),
    # tables 1 and 2 of arXiv:1905.02244
    "mobilenet_v3_large": square(
        conv=(112, 16), expanded_conv_project=(112, 16), expanded_conv_2_add=(56, 24),
        expanded_conv_5_add=(28, 40), expanded_conv_9_add=(14, 80), expanded_conv_11_add=(14, 112),
        expanded_conv_14_add=(7, 160), conv_1=(7, 960),
    ),
    "mobilenet_v3_small": square(
        conv=(112, 16), expanded_conv_project=(56, 16), expanded_conv_2_add=(28, 24),
        expanded_conv_5_add=(14, 40), expanded_conv_7_add=(14, 48), expanded_conv_10_add=(7, 96),
        conv_1=(7, 576),
    ),
    "efficientnet_b0": efficient(0, 32, (16, 24, 40, 80, 112, 192, 320), 1280),
    "efficientnet_b1": efficient(1, 32, (16, 24, 40, 80, 112, 192, 320), 1280),
    "efficientnet_b2": efficient(2, 32, (16, 24, 48, 88, 120, 208, 352), 1408),
    "efficientnet_b3": efficient(3, 40, (24, 32, 48, 96, 136, 232, 384), 1536),
    "efficientnet_b4": efficient(4, 48, (24, 32, 56, 112, 160, 272, 448), 1792),
    "efficientnet_b5": efficient(5, 48, (24, 40, 64, 128, 176, 304, 512), 2048),
    "efficientnet_b6": efficient(6, 56, (32, 40, 72, 144, 200, 344, 576), 2304),
    "efficientnet_b7": efficient(7, 64, (32, 48, 80, 160, 224, 384, 640), 2560),
    # table 4 of arXiv:2104.00298
    "efficientnet_v2_s": square(
        stem_conv=(192, 24), block1b_add=(192, 24), block2d_add=(96, 48), block3d_add=(48, 64),
        block4f_add=(24, 128), block5i_add=(24, 160), block6o_add=(12, 256), top_conv=(12, 1280),
    ),
    "convnext_tiny": convnext(9, 96),
    "convnext_small": convnext(27, 96),
    "convnext_base": convnext(27, 128),
    # figure 1 of arXiv:1505.04597
    "unet": square(
        down1_conv1=(570, 64), down1_conv2=(568, 64), down1_pool=(284, 64), down2_conv2=(280, 128),
        down3_conv2=(136, 256), down4_conv2=(64, 512), down4_pool=(32, 512),
        bottom_conv1=(30, 1024), bottom_conv2=(28, 1024), up4_grow=(56, 512),
        up4_concat=(56, 1024), up4_conv2=(52, 512), up3_conv2=(100, 256), up2_conv2=(196, 128),
        up1_concat=(392, 128), up1_conv2=(388, 64), predictions=(388, 2),
    ),
    # tables 1 and 2 of arXiv:1412.6806
    "all_cnn_c": square(
        conv1_2=(32, 96), conv1_3=(16, 96), conv2_2=(16, 192), conv2_3=(8, 192), conv3_1=(6, 192),
        conv3_2=(6, 192), scores=(6, 10),
    ),
    # figure 2 of arXiv:1312.4400 with the sizes of the authors' CIFAR-10 model
    "nin": square(
        conv1_1=(32, 192), conv1_3=(32, 96), pool1=(16, 96), conv2_3=(16, 192), pool2=(8, 192),
        conv3_2=(8, 192), scores=(8, 10),
    ),
    # figure 4 of arXiv:1809.00888
    "meso4": square(pool1=(128, 8), pool2=(64, 8), pool3=(32, 16), pool4=(8, 16)),
    # figure 1 of arXiv:2004.15004
    # Halved as often as 32 px allow; layers take the names that any model gives them.
    "small": square(
        max_pooling2d=(16, 32), max_pooling2d_1=(8, 64), max_pooling2d_2=(4, 128),
    ),
    "tiny_vgg": square(
        conv_1_1=(62, 10), conv_1_2=(60, 10), max_pool_1=(30, 10), conv_2_1=(28, 10),
        conv_2_2=(26, 10), max_pool_2=(13, 10),
    ),
    "resnet9": square(
        prep_relu=(32, 64), layer1_residual_add=(16, 128), layer2_relu=(8, 256),
        layer3_residual_add=(4, 512),
    ),
    "lenet5_modern": square(c1=(28, 6), s2=(14, 6), c3=(10, 16), s4=(5, 16)),
    # the same modules as in googlenet, halved twice by 2x2
    "googlenet_bn": square(
        pool1=(56, 64), pool2=(28, 192), inception_3a_output=(28, 256),
        inception_3b_output=(28, 480), inception_4a_output=(14, 512), inception_4e_output=(14, 832),
        inception_5b_output=(7, 1024),
    ),
    # figure 2 of arXiv:1404.5997 with torchvision's padding
    "alexnet_one_tower": square(
        conv1=(55, 64), pool1=(27, 64), conv2=(27, 192), pool2=(13, 192), conv3=(13, 384),
        conv4=(13, 256), conv5=(13, 256), pool5=(6, 256),
    ),
}  # fmt: skip

# These have tests of their own in test_architectures.py, as the papers' figures number them.
APART = {"lenet5", "alexnet", "zfnet", "googlenet"}


def test_every_network_has_a_table() -> None:
    assert {*STAGES, *APART} == set(zoo.ARCHITECTURES)


@pytest.mark.parametrize("name", list(STAGES))
def test_the_maps_of_each_stage_are_those_of_the_paper(name: str) -> None:
    shape = (227, 227, 3) if name == "squeezenet1_0" else None
    model = zoo.architecture(name)(input_shape=shape)
    found = {stage: model.get_layer(stage).output_shape[1:] for stage in STAGES[name]}
    assert found == STAGES[name]
