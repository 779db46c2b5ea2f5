"""The native kernels; everything else about the package is in pyproject.toml."""

from __future__ import annotations

import platform
import runpy
from pathlib import Path

from setuptools import Extension, setup

NATIVE = Path("src/striate/kernels/native")
# The first AVX-512 that has vectors of bytes (F, CD, BW, DQ, VL). What needs more says so itself
# (`__attribute__((target("avx512bf16")))`) and is only called where kernels/library.py found it.
FLAGS = ["-O3", "-std=c++17", "-fopenmp", "-fvisibility=hidden", "-Wall", "-Wextra"]
# g++ warns of its own headers: intrinsics begin with undefined vectors on purpose.
FLAGS += ["-Wno-maybe-uninitialized", "-Wno-uninitialized"]
FLAGS += ["-march=skylake-avx512", "-mtune=icelake-server", "-mprefer-vector-width=512"]

stamp = runpy.run_path(str(NATIVE.parent / "sources.py"))["stamp"]

extensions = [
    Extension(
        "striate.kernels._native",
        sources=sorted(str(path) for path in NATIVE.glob("*.cpp")),
        depends=sorted(str(path) for path in NATIVE.glob("*.h")),
        define_macros=[("STRIATE_SOURCES", f'"{stamp(NATIVE)}"')],
        extra_compile_args=FLAGS,
        extra_link_args=["-fopenmp"],
        optional=True,  # without a compiler striate runs on torch's own kernels
    )
]
x86_linux = platform.system() == "Linux" and platform.machine() in ("x86_64", "AMD64")
setup(ext_modules=extensions if x86_linux else [])
