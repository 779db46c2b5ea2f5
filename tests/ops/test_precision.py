"""Which machines gain by a half type."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from striate.ops.precision import fast_bfloat16, fast_half

pytestmark = pytest.mark.torch

NEITHER = "this CPU has neither AVX512-BF16 nor AMX"
INTEL = "without AMX, an Intel CPU multiplies bfloat16 at half the rate of float32"


@pytest.fixture(autouse=True)
def ask_anew() -> Iterator[None]:
    fast_bfloat16.cache_clear()
    yield
    fast_bfloat16.cache_clear()


@pytest.mark.parametrize(
    ("amx", "dot", "name", "expected"),
    [
        (False, False, "AMD EPYC", ("float32", NEITHER)),
        (False, True, "AMD EPYC", ("bfloat16", "")),
        (False, True, "Intel Xeon", ("float32", INTEL)),
        (True, True, "Intel Xeon", ("bfloat16", "")),
        (False, False, "Intel Xeon", ("float32", NEITHER)),
    ],
)
def test_a_cpu_gains_by_bfloat16_where_its_products_are_faster(
    monkeypatch: pytest.MonkeyPatch, amx: bool, dot: bool, name: str, expected: tuple[str, str]
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: dot, raising=False)
    capabilities = {"cpu_name": name}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert fast_half("cpu") == expected


def test_what_an_older_torch_does_not_tell_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported", "get_capabilities"):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    assert fast_half("cpu") == ("float32", NEITHER)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True, raising=False)
    fast_bfloat16.cache_clear()
    assert fast_half("cpu") == ("bfloat16", "")


@pytest.mark.parametrize(
    ("capability", "expected"),
    [
        ((9, 0), ("bfloat16", "")),
        ((8, 0), ("bfloat16", "")),
        ((7, 5), ("float16", "")),
        ((6, 1), ("float32", "compute capability 6.1 is below 8.0")),
    ],
)
def test_a_card_gains_by_what_its_generation_multiplies(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], expected: tuple[str, str]
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    assert fast_half("cuda") == expected
