"""A model as the source of a plain torch program, with its weights and a test beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, fx

from striate import errors
from striate.formats.torch_module.conversion import outputs_of, random_inputs, sized, to_torch
from striate.models import Model
from striate.ops.layout import to_internal
from striate.storage import tensor_writer, write_atomic

INDENT = " " * 8

SOURCE = '''"""{name} in plain PyTorch.

The original takes {shapes}, channels last; here the channels come first: (N, C, H, W) for
images. `load()` gives the module with its weights, in inference mode.{notes}
"""

from __future__ import annotations

{imports}from safetensors.torch import load_file
from torch import nn


class {name}(nn.Module):
    def __init__(self) -> None:
        super().__init__()
{body}


def load(path: str | Path = Path(__file__).with_suffix(".safetensors")) -> {name}:
    """The module with its weights."""
    module = {name}()
    module.load_state_dict(load_file(path))
    return module.eval()


if __name__ == "__main__":
    print(load())
'''


def save_torch_source(
    model: Model,
    path: str | os.PathLike[str],
    *,
    input_shape: Any = None,
    overwrite: bool = True,
) -> list[Path]:
    """Writes a model as PyTorch source that needs torch and safetensors and nothing of striate.

    Beside `net.py` stand `net.safetensors` with the weights, `test_net.py`, which compares the
    source with outputs of the striate model, and `test_net.safetensors` with these. Run it with
    `python -m pytest test_net.py`.

    Args:
        model: what to write; see `to_torch` for what its layers become.
        path: a file name ending in `.py` that is a module name.
        input_shape: as in `to_torch`.
        overwrite: False raises if one of the files is there.

    Returns:
        The paths of the four files.

    Raises:
        ArgumentError: another ending, a name that Python cannot import, or a file is there.
        KernelError: the plain form differs, or a layer has none.
        StorageError: the disk is full or cannot be written.
    """
    place = _checked(path)
    stem = place.stem
    weights, test = place.with_suffix(".safetensors"), place.with_name(f"test_{stem}.py")
    recorded = test.with_suffix(".safetensors")
    files = [place, weights, test, recorded]
    for file in files:
        if not overwrite and file.exists():
            raise errors.ArgumentError(
                errors.message(
                    "save_torch_source",
                    "the file is there already",
                    got={"path": str(file)},
                    fix="overwrite=True",
                )
            )
    module = to_torch(model, input_shape=input_shape)
    arrays = {n: w.detach().cpu().contiguous().numpy() for n, w in module.state_dict().items()}
    write_atomic(weights, tensor_writer(arrays))
    write_atomic(recorded, tensor_writer(_recorded(model, input_shape)))
    write_atomic(test, _writer(test_text(stem)))
    write_atomic(place, _writer(source_text(module, model)))
    return files


def _checked(path: str | os.PathLike[str]) -> Path:
    place = Path(path)
    if place.suffix != ".py" or not place.stem.isidentifier():
        raise errors.ArgumentError(
            errors.message(
                "save_torch_source",
                "the source needs the name of a Python module",
                got={"path": str(path)},
                expected='a name such as "net.py"',
            )
        )
    return place


def _recorded(model: Model, input_shape: Any) -> dict[str, Any]:
    inputs = random_inputs(sized(model, input_shape).input_specs)
    weight = next(iter(model.parameters()), None)
    moved = inputs if weight is None else [x.to(weight.device) for x in inputs]
    outputs = outputs_of(model, moved)
    found = {f"input_{i}": to_internal(x) for i, x in enumerate(inputs)}
    found |= {f"output_{i}": y for i, y in enumerate(outputs)}
    return {n: x.detach().cpu().contiguous().numpy() for n, x in found.items()}


def _writer(text: str) -> Callable[[Any], None]:
    def write(file: Any) -> None:
        file.write(text.encode())

    return write


def source_text(module: fx.GraphModule, model: Model) -> str:
    """The program: one class with its layers and what they are called on, and `load`."""
    name = type(module).__name__
    shapes = ", ".join(str(tuple(s.shape)) for s in model.graph.input_specs)
    notes = "\n".join(f"- {_quiet(note)}" for note in module.meta["notes"])
    body = f"{_constructors(module)}\n\n{_forward(module)}"
    used = [
        ("operator.", "import operator\n"),
        ("", "from pathlib import Path\n\nimport torch\n"),
        ("F.", "import torch.nn.functional as F\n"),
    ]
    imports = "".join(text for mark, text in used if mark in body)
    notes = f"\n\n{notes}" if notes else ""
    return SOURCE.format(name=name, shapes=shapes, notes=notes, imports=imports, body=body)


def _constructors(module: fx.GraphModule) -> str:
    made: Mapping[str, str] = module.meta["constructors"]
    lines = [f"self.{name} = {made[name]}" for name, _ in module.named_children()]
    for name, weight in module.named_parameters(recurse=False):
        lines.append(f"self.{name} = nn.Parameter({_zeros(weight)})")
    for name, value in module.named_buffers(recurse=False):
        lines.append(f'self.register_buffer("{name}", {_zeros(value)})')
    seen: dict[int, str] = {}
    for path, weight in module.named_parameters(remove_duplicate=False):
        first = seen.setdefault(id(weight), path)
        if first != path:  # a layer that is called more than once
            lines.append(f"self.{path} = self.{first}")
    frozen = [n for n, w in module.named_parameters() if not w.requires_grad]
    lines += [f"self.{name}.requires_grad_(False)" for name in frozen]
    return "\n".join(INDENT + line for line in lines) or f"{INDENT}pass"


def _quiet(text: str) -> str:
    """Text that cannot end the docstring it stands in."""
    return text.encode("unicode_escape").decode().replace('"', "'")


def _zeros(weight: Tensor) -> str:
    dtype = "" if weight.dtype == torch.float32 else f", dtype={weight.dtype}"
    return f"torch.zeros({tuple(weight.shape)}{dtype})"


def _forward(module: fx.GraphModule) -> str:
    code = module.graph.python_code("self").src
    lines = []
    for line in code.strip().splitlines():
        text = re.sub(r";  [\w = ]+ = None.*$", "", line.rstrip())
        if text and not text.lstrip().startswith("#"):
            lines.append("    " + text.replace("torch.nn.functional.", "F."))
    return "\n".join(lines)


def test_text(stem: str) -> str:
    """The test that compares the source with recorded outputs."""
    return f'''"""Compares {stem}.py with outputs that were recorded when it was written."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file

from {stem} import load


def test_outputs_are_those_of_the_original() -> None:
    recorded = load_file(Path(__file__).with_suffix(".safetensors"))
    inputs = [recorded[f"input_{{i}}"] for i in range(sum("input_" in n for n in recorded))]
    with torch.no_grad():
        found = load()(*inputs)
    if isinstance(found, dict):
        found = list(found.values())
    found = [found] if isinstance(found, torch.Tensor) else list(found)
    assert len(found) == len(recorded) - len(inputs)
    for i, output in enumerate(found):
        wanted = recorded[f"output_{{i}}"]
        assert output.shape == wanted.shape
        assert (output - wanted).abs().max() <= 1e-4 * wanted.abs().max().clamp(min=1e-6)


if __name__ == "__main__":
    test_outputs_are_those_of_the_original()
    print("the same outputs")
'''
