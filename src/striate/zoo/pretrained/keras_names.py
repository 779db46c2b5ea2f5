"""Keras's names of the layers of our networks, and what to do with those it only numbers.

Most layers have the same name. What differs: ConvNeXt writes the name of the model before each and
puts stem and downsamplings into models of their own, Inception-ResNet's last convolution is called
otherwise, and layers without a name are `conv2d_17`: they, and names of older files that are not
known here, are taken in the order of the file, which is that of Keras's layers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# Layers of heads; a network without one leaves them in the file.
HEAD = {
    "fc1",
    "fc2",
    "predictions",
    "conv_preds",
    "conv_2",
    "logits",
    "head_layernorm",
    "head_dense",
}
_DOWNSAMPLING = re.compile(r"downsampling_block_(\d)")
_PREFIX = re.compile(r"convnext_[a-z]+_")


def our_names(name: str) -> tuple[str, ...]:
    """Our layers for one of Keras's, as they follow each other in it.

    Example:
        >>> our_names("convnext_tiny_downsampling_block_0")
        ('downsampling_1_layernorm', 'downsampling_1_conv')
        >>> our_names("conv2_block1_1_bn")
        ('conv2_block1_1_bn',)
    """
    name = _PREFIX.sub("", name, count=1)
    if name == "stem":
        return "stem_conv", "stem_layernorm"
    if found := _DOWNSAMPLING.fullmatch(name):
        number = int(found[1]) + 1
        return f"downsampling_{number}_layernorm", f"downsampling_{number}_conv"
    return ("conv_7b_conv",) if name == "conv_7b" else (name,)


def of_head(name: str) -> bool:
    """Whether a layer of a file belongs to a head, also as older files call it: "Logits".

    Example:
        >>> of_head("Logits"), of_head("block5_conv3")
        (True, False)
    """
    return _PREFIX.sub("", name, count=1).lower() in HEAD


def paired(stored: Iterable[str], own: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Each layer of a file with ours: by name, and those that are left over in their order.

    Args:
        stored: layers with weights, in the file's order.
        own: ours with weights, in Keras's order.

    Example:
        >>> paired(["conv2d_5", "predictions", "conv2d_6"], ["a", "b", "predictions"])
        [('conv2d_5', ('a',)), ('predictions', ('predictions',)), ('conv2d_6', ('b',))]
    """
    stored, left = list(stored), dict.fromkeys(own)
    known = {name: ours for name in stored if set(ours := our_names(name)) <= set(left)}
    for ours in known.values():
        for name in ours:
            left.pop(name, None)
    waiting = iter(left)
    pairs = []
    for name in stored:
        if name in known:
            pairs.append((name, known[name]))
        elif (mine := next(waiting, None)) is not None:
            pairs.append((name, (mine,)))
        else:
            pairs.append((name, ()))
    return pairs
