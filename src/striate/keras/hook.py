"""The import hook: while it is installed, `import keras` and `import tensorflow` find striate."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from striate import errors
from striate.keras import places, served


class Served(ModuleType):
    """A Keras or TensorFlow module whose names are looked up in striate when they are used.

    Args:
        name: what it was imported as.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, f"{name}, served by striate.")
        self.__path__: list[str] = []  # a package: `import keras.layers.core` goes on below it

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return served.names_of(self.__name__)
        if name.startswith("__") and name != "__version__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        inner = f"{self.__name__}.{name}"
        served.refuse(inner)
        value = served.find(self.__name__, name)
        if isinstance(value, ModuleType) and value.__name__.startswith("striate.keras"):
            value = importlib.import_module(inner) if served.homes(inner) else value
        self.__dict__[name] = value
        return value

    def __dir__(self) -> list[str]:
        return served.names_of(self.__name__)


class Finder(MetaPathFinder, Loader):
    """Finds the modules of `places.ROOTS` in striate."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module that striate serves; None for all others."""
        if name.partition(".")[0] not in places.ROOTS:
            return None
        served.refuse(name)
        if served.homes(name) or served.on_the_way(name):
            return ModuleSpec(name, self, is_package=True)
        raise errors.MissingModuleError(served.not_covered(name))

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module; its names come later."""
        return Served(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is to be run."""


class AddOns(MetaPathFinder):
    """The last to be asked: says what packages that only go with Keras are."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> None:
        """Raises for a package of `places.ADD_ONS`, which nobody has found."""
        if name in places.ADD_ONS:
            raise errors.MissingModuleError(
                errors.message(
                    served.located(name),
                    "this package is not installed; it is no part of Keras",
                    fix=places.ADD_ONS[name],
                )
            )


_finders: tuple[MetaPathFinder, MetaPathFinder] = (Finder(), AddOns())
_aside: dict[str, ModuleType] = {}


def install() -> None:
    """Serves `keras` and `tensorflow` from striate from now on, to all of this process.

    Modules of a real Keras that were imported before stay as they are where they are used, and
    come back with `uninstall`.
    """
    if active():
        return
    _aside.update(_taken_out())
    sys.meta_path.insert(0, _finders[0])
    sys.meta_path.append(_finders[1])


def uninstall() -> None:
    """Takes the hook away; the next `import keras` finds the real one."""
    if not active():
        return
    for finder in _finders:
        sys.meta_path.remove(finder)
    _taken_out()
    sys.modules.update(_aside)
    _aside.clear()


def active() -> bool:
    """Whether the hook is installed."""
    return _finders[0] in sys.meta_path


@contextlib.contextmanager
def serving() -> Iterator[None]:
    """Serves them inside a block."""
    before = active()
    install()
    try:
        yield
    finally:
        if not before:
            uninstall()


def _taken_out() -> dict[str, ModuleType]:
    names = [n for n in sys.modules if n.partition(".")[0] in places.ROOTS]
    return {name: sys.modules.pop(name) for name in names}
