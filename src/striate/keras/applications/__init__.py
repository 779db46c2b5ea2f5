"""keras.applications: networks with published weights, under Keras's names."""

from __future__ import annotations

from striate.keras.applications import (
    convnext as convnext,
)
from striate.keras.applications import (
    densenet as densenet,
)
from striate.keras.applications import (
    efficientnet as efficientnet,
)
from striate.keras.applications import (
    efficientnet_v2 as efficientnet_v2,
)
from striate.keras.applications import (
    imagenet_utils as imagenet_utils,
)
from striate.keras.applications import (
    inception_resnet_v2 as inception_resnet_v2,
)
from striate.keras.applications import (
    inception_v3 as inception_v3,
)
from striate.keras.applications import (
    mobilenet as mobilenet,
)
from striate.keras.applications import (
    mobilenet_v2 as mobilenet_v2,
)
from striate.keras.applications import (
    mobilenet_v3 as mobilenet_v3,
)
from striate.keras.applications import (
    nasnet as nasnet,
)
from striate.keras.applications import (
    resnet as resnet,
)
from striate.keras.applications import (
    resnet50 as resnet50,
)
from striate.keras.applications import (
    resnet_v2 as resnet_v2,
)
from striate.keras.applications import (
    vgg16 as vgg16,
)
from striate.keras.applications import (
    vgg19 as vgg19,
)
from striate.keras.applications import (
    xception as xception,
)
from striate.keras.applications.convnext import ConvNeXtBase as ConvNeXtBase
from striate.keras.applications.convnext import ConvNeXtSmall as ConvNeXtSmall
from striate.keras.applications.convnext import ConvNeXtTiny as ConvNeXtTiny
from striate.keras.applications.densenet import DenseNet121 as DenseNet121
from striate.keras.applications.densenet import DenseNet169 as DenseNet169
from striate.keras.applications.densenet import DenseNet201 as DenseNet201
from striate.keras.applications.efficientnet import EfficientNetB0 as EfficientNetB0
from striate.keras.applications.efficientnet import EfficientNetB1 as EfficientNetB1
from striate.keras.applications.efficientnet import EfficientNetB2 as EfficientNetB2
from striate.keras.applications.efficientnet import EfficientNetB3 as EfficientNetB3
from striate.keras.applications.efficientnet import EfficientNetB4 as EfficientNetB4
from striate.keras.applications.efficientnet import EfficientNetB5 as EfficientNetB5
from striate.keras.applications.efficientnet import EfficientNetB6 as EfficientNetB6
from striate.keras.applications.efficientnet import EfficientNetB7 as EfficientNetB7
from striate.keras.applications.efficientnet_v2 import EfficientNetV2S as EfficientNetV2S
from striate.keras.applications.inception_resnet_v2 import InceptionResNetV2 as InceptionResNetV2
from striate.keras.applications.inception_v3 import InceptionV3 as InceptionV3
from striate.keras.applications.mobilenet import MobileNet as MobileNet
from striate.keras.applications.mobilenet_v2 import MobileNetV2 as MobileNetV2
from striate.keras.applications.mobilenet_v3 import MobileNetV3Large as MobileNetV3Large
from striate.keras.applications.mobilenet_v3 import MobileNetV3Small as MobileNetV3Small
from striate.keras.applications.nasnet import NASNetLarge as NASNetLarge
from striate.keras.applications.nasnet import NASNetMobile as NASNetMobile
from striate.keras.applications.resnet import ResNet50 as ResNet50
from striate.keras.applications.resnet import ResNet101 as ResNet101
from striate.keras.applications.resnet import ResNet152 as ResNet152
from striate.keras.applications.resnet_v2 import ResNet50V2 as ResNet50V2
from striate.keras.applications.resnet_v2 import ResNet101V2 as ResNet101V2
from striate.keras.applications.resnet_v2 import ResNet152V2 as ResNet152V2
from striate.keras.applications.vgg16 import VGG16 as VGG16
from striate.keras.applications.vgg19 import VGG19 as VGG19
from striate.keras.applications.xception import Xception as Xception

__all__ = [
    "ConvNeXtBase",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "DenseNet121",
    "DenseNet169",
    "DenseNet201",
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "EfficientNetV2S",
    "InceptionResNetV2",
    "InceptionV3",
    "MobileNet",
    "MobileNetV2",
    "MobileNetV3Large",
    "MobileNetV3Small",
    "ResNet101",
    "ResNet101V2",
    "ResNet152",
    "ResNet152V2",
    "ResNet50",
    "ResNet50V2",
    "VGG16",
    "VGG19",
    "Xception",
    "convnext",
    "densenet",
    "efficientnet",
    "efficientnet_v2",
    "imagenet_utils",
    "inception_resnet_v2",
    "inception_v3",
    "mobilenet",
    "mobilenet_v2",
    "NASNetLarge",
    "NASNetMobile",
    "nasnet",
    "mobilenet_v3",
    "resnet",
    "resnet50",
    "resnet_v2",
    "vgg16",
    "vgg19",
    "xception",
]
