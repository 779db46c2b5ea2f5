"""Whether the kernels are there, and what is said where they are not."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest
import torch

from striate.errors import KernelError
from striate.kernels import library

pytestmark = pytest.mark.torch

reason = library.missing.__wrapped__


@pytest.fixture
def _fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing is missing."""
    monkeypatch.delenv(library.VARIABLE, raising=False)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    monkeypatch.setattr(library, "_file", lambda: Path("_native.so"))
    monkeypatch.setattr(library, "_compiled", lambda: "one")
    monkeypatch.setattr(library, "stamp", lambda folder: "one")


@pytest.mark.usefixtures("_fit")
def test_each_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reason() == ""

    monkeypatch.setattr(library, "stamp", lambda folder: "another")
    assert reason() == (
        "their sources are newer: `python setup.py build_ext --inplace` compiles them"
    )
    monkeypatch.setattr(library, "stamp", lambda folder: "")  # a wheel
    assert reason() == ""

    def unloadable() -> str:
        raise OSError("libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr(library, "_compiled", unloadable)
    assert reason() == ("they cannot be loaded: libgomp.so.1: cannot open shared object file")
    monkeypatch.setattr(library, "_file", lambda: None)
    assert reason() == (
        "they were not compiled when striate was installed (is there a C++ compiler?)"
    )
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    assert reason() == "the processor has no AVX-512"
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert reason() == "there are none for aarch64 processors"
    monkeypatch.setenv(library.VARIABLE, "off")
    assert reason() == "STRIATE_KERNELS says so"


def test_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "missing", lambda: "the processor has no AVX-512")
    with pytest.raises(KernelError) as caught:
        library.function("plain_conv")
    assert str(caught.value) == (
        "kernels: cannot run here. Got reason='the processor has no AVX-512'."
    )
    for status, text in (
        (1, "no memory for scratch"),
        (2, "the kernel does not do this shape"),
        (7, "failed with status 7"),
    ):
        with pytest.raises(KernelError) as caught:
            library.check(status, "plain_conv")
        assert str(caught.value) == f"plain_conv: {text}."
    library.check(0, "plain_conv")
