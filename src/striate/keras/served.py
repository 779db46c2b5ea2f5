"""Looks Keras's names up: which module here answers for one, and what to say where none does."""

from __future__ import annotations

import difflib
import functools
import importlib
import importlib.util
import pkgutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from striate import errors
from striate.keras import places

_HERE = "striate.keras"
_FOLDER = str(Path(__file__).resolve().parent.parent)


def canonical(name: str) -> str:
    """A dotted name under today's roots, `keras` and `tensorflow`.

    Example:
        >>> canonical("tensorflow.python.keras.layers.Dense")
        'keras.layers.Dense'
    """
    fits = [p for p in places.PREFIXES if name == p or name.startswith(p + ".")]
    if not fits:
        return name
    longest = max(fits, key=len)
    return places.PREFIXES[longest] + name[len(longest) :]


@functools.cache
def homes(module: str) -> tuple[str, ...]:
    """The modules of striate that answer for a Keras or TensorFlow module; empty if none does.

    Example:
        >>> homes("keras.layers.core")
        ('striate.keras.layers',)
    """
    root, _, path = canonical(module).partition(".")
    if root == "tensorflow":
        path = f"tensorflow.{path}" if path else "tensorflow"
    elif root != "keras" or path == "tensorflow" or path.startswith("tensorflow."):
        return ()
    folder = next((f for f in places.MOVED_FOLDERS if f"{path}.".startswith(f"{f}.")), None)
    if folder is not None:
        paths = places.MOVED_FOLDERS[folder]
    else:
        paths = places.MOVED.get(path, (path,))
    found = (f"{_HERE}.{p}" if p else _HERE for p in paths)
    return tuple(name for name in found if _exists(name))


def on_the_way(module: str) -> bool:
    """Whether it only leads to modules that are served: `tensorflow.python`."""
    paths = [*places.PREFIXES, *(f"keras.{p}" for p in places.MOVED)]
    return any(p.startswith(f"{module}.") for p in paths)


@functools.cache
def _exists(module: str) -> bool:
    """Whether it is there and says in `__all__` what Keras code may ask of it."""
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        return False
    if spec is None or spec.origin is None:
        return False
    return "\n__all__" in Path(spec.origin).read_text(encoding="utf-8")


def names_of(module: str) -> list[str]:
    """The public names of a Keras or TensorFlow module, its modules included, in order.

    Example:
        >>> "Dense" in names_of("keras.layers")
        True
    """
    found: set[str] = set()
    for home in homes(module):
        source = importlib.import_module(home)
        found |= set(_public(source))
        inside = [m.name for m in pkgutil.iter_modules(getattr(source, "__path__", ()))]
        found |= {name for name in inside if homes(f"{module}.{name}")}
    return sorted(n for n in found if not n.startswith("_"))


def _public(source: ModuleType) -> list[str]:
    given = getattr(source, "__all__", None)
    return list(given) if given is not None else [n for n in vars(source) if n[0] != "_"]


def find(module: str, name: str, where: str | None = None) -> Any:
    """A name of a Keras or TensorFlow module; a module's own module as its module here.

    Args:
        module: the module, as it was imported.
        name: the name.
        where: the place in the user's code, for the message; None: look for it.

    Raises:
        MissingAttributeError: it is not there.
    """
    for home in homes(module):
        source = importlib.import_module(home)
        if name in _public(source) or (name[0] == "_" and hasattr(source, name)):
            return getattr(source, name)
    if homes(f"{module}.{name}"):
        return importlib.import_module(homes(f"{module}.{name}")[0])
    raise errors.MissingAttributeError(not_covered(f"{module}.{name}", where))


def resolve(name: str) -> Any:
    """What a dotted name stands for: `keras.layers.Dense`, `tf.keras.Model.fit` written out.

    Raises:
        MissingAttributeError: it is not there.
    """
    refuse(name, "")
    parts = name.split(".")
    depth = next(
        (d for d in range(len(parts), 0, -1) if homes(".".join(parts[:d]))),
        0,
    )
    if not depth:
        raise errors.MissingAttributeError(not_covered(name, ""))
    module, rest = ".".join(parts[:depth]), parts[depth:]
    if not rest:
        return importlib.import_module(homes(module)[0])
    value = find(module, rest[0], "")
    for index, part in enumerate(rest[1:], depth + 1):
        if not hasattr(value, part):
            raise errors.MissingAttributeError(
                errors.unknown_name(".".join(parts[:index]), "name", part, _names(value)).args[0]
            )
        value = getattr(value, part)
    return value


def _names(value: Any) -> list[str]:
    return [n for n in dir(value) if not n.startswith("_")]


def refuse(name: str, where: str | None = None) -> None:
    """Raises where a name is refused for a reason.

    Args:
        name: the dotted name.
        where: as in `find`.

    Raises:
        MissingModuleError: with the reason, and what to use instead.
    """
    today = canonical(name)
    for refused, (why, instead) in places.REFUSED.items():
        if f"{today}.".startswith(f"{refused}."):
            raise errors.MissingModuleError(
                errors.message(located(name, where), f"it is refused: {why}", fix=instead)
            )


def not_covered(name: str, where: str | None = None) -> str:
    """The message for a name that striate does not have: where it stands, and what is near.

    Args:
        name: the dotted name.
        where: as in `find`.
    """
    today = canonical(name)
    module, _, last = today.rpartition(".")
    if not module or not homes(module):
        return errors.message(
            located(name, where),
            "striate has no such module",
            fix="`python -m striate.keras --report script.py` lists all that a script uses",
        )
    if today in places.INSTEAD:
        return errors.message(
            located(name, where), "striate does not have it", fix=places.INSTEAD[today]
        )
    known = {n.lower(): n for n in names_of(module)}
    near = difflib.get_close_matches(last.lower(), known, n=3, cutoff=0.6)
    hint = " or ".join(f"{module}.{known[n]}" for n in near)
    fix = f"Near it are: {hint}" if hint else otherwise(module)
    return errors.message(
        located(name, where),
        "striate does not have it",
        fix=fix or f"See {module} in docs/guides/keras_names.md",
    )


def otherwise(module: str) -> str:
    """What to do without a name of a module: what the table says of it or of one above it."""
    while module:
        for table in (places.OTHERWISE, places.INSTEAD):
            if module in table:
                return table[module]
        module = module.rpartition(".")[0]
    return ""


def located(name: str, where: str | None = None) -> str:
    """A name with the place in the user's code where it is asked for, if that can be told."""
    where = user_line() if where is None else where
    return f"{where}: {name}" if where else name


def user_line() -> str:
    """File and line of the innermost code that is neither striate's nor Python's import system."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        machinery = file.startswith((_FOLDER, "<frozen")) or "importlib" in file
        if not machinery:
            return f"{Path(file).name}, line {frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return ""
