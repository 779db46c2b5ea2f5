"""Files that survive crashes: atomic writes, checksummed archives, named arrays."""

from __future__ import annotations

from striate.storage.archive import CHECKSUMS as CHECKSUMS
from striate.storage.archive import Archive as Archive
from striate.storage.archive import Content as Content
from striate.storage.archive import read_archive as read_archive
from striate.storage.archive import write_archive as write_archive
from striate.storage.atomic import remove_leftovers as remove_leftovers
from striate.storage.atomic import storage_error as storage_error
from striate.storage.atomic import write_atomic as write_atomic
from striate.storage.atomic import write_bytes as write_bytes
from striate.storage.model_file import ModelFile as ModelFile
from striate.storage.model_file import read_graph as read_graph
from striate.storage.model_file import read_model as read_model
from striate.storage.model_file import write_model as write_model
from striate.storage.tensors import TensorSpec as TensorSpec
from striate.storage.tensors import decode_tensors as decode_tensors
from striate.storage.tensors import encode_tensors as encode_tensors
from striate.storage.tensors import tensor_specs as tensor_specs
from striate.storage.tensors import tensor_writer as tensor_writer
