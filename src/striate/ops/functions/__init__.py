"""Functions of tensors by name, with Keras's meaning; tensors channels last."""

from __future__ import annotations

from striate.ops.functions import creation as creation
from striate.ops.functions import elementwise as elementwise
from striate.ops.functions import images as images
from striate.ops.functions import neural as neural
from striate.ops.functions import products as products
from striate.ops.functions import reductions as reductions
from striate.ops.functions import shaping as shaping
from striate.ops.functions.definitions import DEFINITIONS as DEFINITIONS
from striate.ops.functions.definitions import Definition as Definition
