"""The table of all networks."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

from striate.errors import unknown_name
from striate.zoo import (
    alexnets,
    compact,
    convnext,
    densenet,
    efficientnet,
    googlenets,
    inception,
    lenet,
    mobilenet,
    nasnet,
    plain,
    resnet,
    resnet_cifar,
    resnet_v2,
    squeezenet,
    unets,
    vgg,
    xceptions,
)
from striate.zoo.architecture import Architecture

FAMILIES: tuple[ModuleType, ...] = (
    lenet,
    alexnets,
    plain,
    googlenets,
    vgg,
    resnet,
    resnet_v2,
    resnet_cifar,
    inception,
    squeezenet,
    nasnet,
    xceptions,
    densenet,
    mobilenet,
    efficientnet,
    convnext,
    unets,
    compact,
)


def _all(families: Iterable[ModuleType]) -> dict[str, Architecture]:
    found = [item for family in families for item in vars(family).values()]
    return {item.name: item for item in found if isinstance(item, Architecture)}


ARCHITECTURES: dict[str, Architecture] = _all(FAMILIES)


def architecture(name: str) -> Architecture:
    """A network of the zoo by its name.

    Raises:
        UnknownNameError: there is none of this name; the nearest ones are named.

    Example:
        >>> architecture("resnet50").parameters
        25636712
    """
    if name not in ARCHITECTURES:
        raise unknown_name("zoo", "network", name, ARCHITECTURES)
    return ARCHITECTURES[name]
