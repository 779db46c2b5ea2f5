"""What PyTorch saved is read without running anything in it."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from striate.errors import FormatError
from striate.formats.torch_weights import read_torch_weights

pytestmark = pytest.mark.torch


class Harmful:
    """Would run when it is unpickled."""

    def __reduce__(self):
        return print, ("it ran",)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before 1.6"])
@pytest.mark.parametrize("inside", [None, "state_dict", "model"])
def test_state_dicts_of_every_layout_are_read(
    zipped: bool, inside: str | None, tmp_path: Path
) -> None:
    state = OrderedDict(
        a=torch.arange(6.0).reshape(2, 3), b=torch.tensor(3), h=torch.ones(2).half()
    )
    state["c"] = torch.tensor([1.5]).bfloat16()
    path = tmp_path / "w.pth"
    whole = state if inside is None else {inside: state, "epoch": 7}
    torch.save(whole, path, _use_new_zipfile_serialization=zipped)
    found = read_torch_weights(path)
    assert {n: (a.dtype.name, a.shape) for n, a in found.items()} == {
        "a": ("float32", (2, 3)),
        "b": ("int64", ()),
        "h": ("float16", (2,)),
        "c": ("float32", (1,)),
    }
    np.testing.assert_array_equal(found["a"], np.arange(6.0).reshape(2, 3))
    assert found["c"] == 1.5


def refused(path: Path) -> str:
    with pytest.raises(FormatError) as caught:
        read_torch_weights(path)
    return str(caught.value)


def test_what_is_no_state_dict_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "w.pth"
    assert refused(path) == f"{path}: there is no such file."
    torch.save({"w": Harmful()}, path)
    assert refused(path) == (
        f"{path}: the file holds more than weights and is not opened, as its code would run. "
        "Expected a state dict. torch.save(model.state_dict(), path) where it comes from."
    )
    assert capsys.readouterr().out == ""
    torch.save([torch.zeros(2)], path)
    assert refused(path) == (
        f"{path}: the file holds no state dict. Got content='list'. Expected tensors by name. "
        "torch.save(model.state_dict(), path)."
    )
    torch.save({"w": torch.zeros(20)}, path)
    path.write_bytes(path.read_bytes()[:-200])
    damaged = (
        f"{path}: PyTorch cannot read the file; it is damaged, or no weights. "
        "Expected a file that torch.save(model.state_dict(), path) wrote."
    )
    more = (
        f"{path}: the file holds more than weights and is not opened, as its code would run. "
        "Expected a state dict. torch.save(model.state_dict(), path) where it comes from."
    )
    assert refused(path) in (damaged, more)  # the rest is taken for the layout before 1.6
    path.write_bytes(b"")
    assert refused(path) == damaged
