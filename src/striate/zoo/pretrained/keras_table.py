"""Keras's ImageNet weights.

Source: the modules of `keras.applications` in Keras 3.15: address, MD5 (SHA-256 for ConvNeXt; none
is published for MobileNet and MobileNetV2) and `preprocess_input`. The accuracies are those of the
table on https://keras.io/api/applications, whose images are one middle crop. Keras publishes no
size of a crop: the usual one is taken, 7/8 of the shorter side, and 32 px less than it for
EfficientNet, as timm 1.0.31 has it in its `default_cfgs`; timm takes 0.8975 for Xception and
Inception-ResNet v2.
"""

from __future__ import annotations

from typing import NamedTuple

from striate.zoo.pretrained.records import (
    DEVIATION,
    MEAN,
    Preparation,
    PretrainedWeights,
    of_255,
    remote_file,
)

ADDRESS = "https://storage.googleapis.com"
FLOAT32_BYTES = 4
CAFFE_MEAN = (103.939, 116.779, 123.68)  # blue, green, red


class Row(NamedTuple):
    """A network's two files: `<folder>/<stem>.h5` and, without a head, `<stem><ending>.h5`."""

    network: str
    folder: str
    stem: str
    ending: str
    digest: str
    digest_without_top: str


ROWS: tuple[Row, ...] = (
    Row(
        "vgg16",
        "tensorflow/keras-applications/vgg16",
        "vgg16_weights_tf_dim_ordering_tf_kernels",
        "_notop",
        "64373286793e3c8b2b4e3219cbf3544b",
        "6d6bbae143d832006294945121d1f1fc",
    ),
    Row(
        "vgg19",
        "tensorflow/keras-applications/vgg19",
        "vgg19_weights_tf_dim_ordering_tf_kernels",
        "_notop",
        "cbe5617147190e668d6c5d5026f83318",
        "253f8cb515780f3b799900260a226db6",
    ),
    Row(
        "resnet50",
        "tensorflow/keras-applications/resnet",
        "resnet50_weights_tf_dim_ordering_tf_kernels",
        "_notop",
        "2cb95161c43110f7111970584f804107",
        "4d473c1dd8becc155b73f8504c6f6626",
    ),
    Row(
        "resnet101",
        "tensorflow/keras-applications/resnet",
        "resnet101_weights_tf_dim_ordering_tf_kernels",
        "_notop",
        "f1aeb4b969a6efcfb50fad2f0c20cfc5",
        "88cf7a10940856eca736dc7b7e228a21",
    ),
    Row(
        "resnet152",
        "tensorflow/keras-applications/resnet",
        "resnet152_weights_tf_dim_ordering_tf_kernels",
        "_notop",
        "100835be76be38e30d865e96f2aaae62",
        "ee4c566cf9a93f14d82f913c2dc6dd0c",
    ),
    Row(
        "resnet50v2",
        "tensorflow/keras-applications/resnet",
        "resnet50v2_weights_tf_dim_ordering_tf_kernels",
        "_notop",
        "3ef43a0b657b3be2300d5770ece849e0",
        "fac2f116257151a9d068a22e544a4917",
    ),
    Row(
        "resnet101v2",
        "tensorflow/keras-applications/resnet",
        "resnet101v2_weights_tf_dim_ordering_tf_kernels",
        "_notop",
        "6343647c601c52e1368623803854d971",
        "c0ed64b8031c3730f411d2eb4eea35b5",
    ),
    Row(
        "resnet152v2",
        "tensorflow/keras-applications/resnet",
        "resnet152v2_weights_tf_dim_ordering_tf_kernels",
        "_notop",
        "a49b44d1979771252814e80f8ec446f9",
        "ed17cf2e0169df9d443503ef94b23b33",
    ),
    Row(
        "inception_v3",
        "tensorflow/keras-applications/inception_v3",
        "inception_v3_weights_tf_dim_ordering_tf_kernels",
        "_notop",
        "9a0d58056eeedaa3f26cb7ebd46da564",
        "bcbd6486424b2319ff4ef7d526e38f63",
    ),
    Row(
        "inception_resnet_v2",
        "tensorflow/keras-applications/inception_resnet_v2",
        "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels",
        "_notop",
        "e693bd0210a403b3192acc6073ad2e96",
        "d19885ff4a710c122648d3b5c3b684e4",
    ),
    Row(
        "xception",
        "tensorflow/keras-applications/xception",
        "xception_weights_tf_dim_ordering_tf_kernels",
        "_notop",
        "0a58e3b7378bc2990ea3b43d5981f1f6",
        "b0042744bf5b25fce3cb969f33bebb97",
    ),
    Row(
        "nasnet_mobile",
        "tensorflow/keras-applications/nasnet",
        "NASNet-mobile",
        "-no-top",
        "020fb642bf7360b370c678b08e0adf61",
        "1ed92395b5b598bdda52abe5c0dbfd63",
    ),
    Row(
        "nasnet_large",
        "tensorflow/keras-applications/nasnet",
        "NASNet-large",
        "-no-top",
        "11577c9a518f0070763c2b964a382f17",
        "d81d89dc07e6e56530c4e77faddd61b5",
    ),
    Row(
        "densenet121",
        "tensorflow/keras-applications/densenet",
        "densenet121_weights_tf_dim_ordering_tf_kernels",
        "_notop",
        "9d60b8095a5708f2dcce2bca79d332c7",
        "30ee3e1110167f948a6b9946edeeb738",
    ),
    Row(
        "densenet169",
        "tensorflow/keras-applications/densenet",
        "densenet169_weights_tf_dim_ordering_tf_kernels",
        "_notop",
        "d699b8f76981ab1b30698df4c175e90b",
        "b8c4d4c20dd625c148057b9ff1c1176b",
    ),
    Row(
        "densenet201",
        "tensorflow/keras-applications/densenet",
        "densenet201_weights_tf_dim_ordering_tf_kernels",
        "_notop",
        "1ceb130c1ea1b78c3bf6114dbdfd8807",
        "c13680b51ded0fb44dff2d8f86ac8bb1",
    ),
    Row(
        "mobilenet",
        "tensorflow/keras-applications/mobilenet",
        "mobilenet_1_0_224_tf",
        "_no_top",
        "",
        "",
    ),
    Row(
        "mobilenet_v2",
        "tensorflow/keras-applications/mobilenet_v2",
        "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224",
        "_no_top",
        "",
        "",
    ),
    Row(
        "mobilenet_v3_large",
        "tensorflow/keras-applications/mobilenet_v3",
        "weights_mobilenet_v3_large_224_1.0_float",
        "_no_top_v2",
        "59e551e166be033d707958cf9e29a6a7",
        "07fb09a5933dd0c8eaafa16978110389",
    ),
    Row(
        "mobilenet_v3_small",
        "tensorflow/keras-applications/mobilenet_v3",
        "weights_mobilenet_v3_small_224_1.0_float",
        "_no_top_v2",
        "8768d4c2e7dee89b9d02b2d03d65d862",
        "d3e8ec802a04aa4fc771ee12a9a9b836",
    ),
    Row(
        "efficientnet_b0",
        "keras-applications",
        "efficientnetb0",
        "_notop",
        "902e53a9f72be733fc0bcb005b3ebbac",
        "50bc09e76180e00e4465e1a485ddc09d",
    ),
    Row(
        "efficientnet_b1",
        "keras-applications",
        "efficientnetb1",
        "_notop",
        "1d254153d4ab51201f1646940f018540",
        "74c4e6b3e1f6a1eea24c589628592432",
    ),
    Row(
        "efficientnet_b2",
        "keras-applications",
        "efficientnetb2",
        "_notop",
        "b15cce36ff4dcbd00b6dd88e7857a6ad",
        "111f8e2ac8aa800a7a99e3239f7bfb39",
    ),
    Row(
        "efficientnet_b3",
        "keras-applications",
        "efficientnetb3",
        "_notop",
        "ffd1fdc53d0ce67064dc6a9c7960ede0",
        "af6d107764bb5b1abb91932881670226",
    ),
    Row(
        "efficientnet_b4",
        "keras-applications",
        "efficientnetb4",
        "_notop",
        "18c95ad55216b8f92d7e70b3a046e2fc",
        "ebc24e6d6c33eaebbd558eafbeedf1ba",
    ),
    Row(
        "efficientnet_b5",
        "keras-applications",
        "efficientnetb5",
        "_notop",
        "ace28f2a6363774853a83a0b21b9421a",
        "38879255a25d3c92d5e44e04ae6cec6f",
    ),
    Row(
        "efficientnet_b6",
        "keras-applications",
        "efficientnetb6",
        "_notop",
        "165f6e37dce68623721b423839de8be5",
        "9ecce42647a20130c1f39a5d4cb75743",
    ),
    Row(
        "efficientnet_b7",
        "keras-applications",
        "efficientnetb7",
        "_notop",
        "8c03f828fec3ef71311cd463b6759d99",
        "cbcfe4450ddf6f3ad90b1b398090fe4a",
    ),
    Row(
        "efficientnet_v2_s",
        "tensorflow/keras-applications/efficientnet_v2",
        "efficientnetv2-s",
        "_notop",
        "e1d88a8495beba45748fedd0cecbe016",
        "af0682fb74e8c54910f2d4393339c070",
    ),
    Row(
        "convnext_tiny",
        "tensorflow/keras-applications/convnext",
        "convnext_tiny",
        "_notop",
        "8ae6e78ce2933352b1ef4008e6dd2f17bc40771563877d156bc6426c7cf503ff",
        "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
    ),
    Row(
        "convnext_small",
        "tensorflow/keras-applications/convnext",
        "convnext_small",
        "_notop",
        "ce1277d8f1ee5a0ef0e171469089c18f5233860ceaf9b168049cb9263fd7483c",
        "6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab",
    ),
    Row(
        "convnext_base",
        "tensorflow/keras-applications/convnext",
        "convnext_base",
        "_notop",
        "52cbb006d3dadd03f6e095a8ca1aca47aecdd75acb4bc74bce1f5c695d0086e6",
        "40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45",
    ),
)
# Colours by the word of Keras's `preprocess_input`; networks not named here prepare them inside.
COLOURS = {
    "caffe": ("vgg16", "vgg19", "resnet50", "resnet101", "resnet152"),
    "tf": (
        "resnet50v2",
        "resnet101v2",
        "resnet152v2",
        "inception_v3",
        "inception_resnet_v2",
        "xception",
        "mobilenet",
        "mobilenet_v2",
        "nasnet_mobile",
        "nasnet_large",
    ),
    "torch": ("densenet121", "densenet169", "densenet201"),
}
# Not in Keras's table: ConvNeXt's accuracies there could not be looked up.
UNKNOWN_TOP1 = ("convnext_tiny", "convnext_small", "convnext_base")


def _preparation(network: str, size: int) -> Preparation:
    efficient = network.startswith("efficientnet_b")
    resize = size + 32 if efficient else round(size * 8 / 7)
    resize = size if network == "efficientnet_v2_s" else resize
    plain = Preparation(size, resize, "bicubic" if efficient else "bilinear")
    word = next((w for w, networks in COLOURS.items() if network in networks), None)
    if word == "caffe":
        return Preparation(size, resize, channels="bgr", mean=CAFFE_MEAN)
    if word == "tf":
        return Preparation(size, resize, mean=(127.5,) * 3, deviation=(127.5,) * 3)
    if word == "torch":
        return Preparation(size, resize, mean=of_255(MEAN), deviation=of_255(DEVIATION))
    return plain


def of_keras(row: Row, size: int, parameters: int, top1: float | None) -> PretrainedWeights:
    """The record of a row.

    Args:
        row: of the table.
        size: of the network's images, in pixels.
        parameters: of the whole network; its file has about four bytes for each.
        top1: the network's accuracy in Keras's table.
    """
    folder = f"{ADDRESS}/{row.folder}"
    about = FLOAT32_BYTES * parameters
    return PretrainedWeights(
        name="imagenet",
        source="Keras applications 3.15",
        file=remote_file(f"{folder}/{row.stem}.h5", row.digest, about),
        without_top=remote_file(
            f"{folder}/{row.stem}{row.ending}.h5", row.digest_without_top, about
        ),
        preparation=_preparation(row.network, size),
        top1=None if row.network in UNKNOWN_TOP1 else top1,
    )
