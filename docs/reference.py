"""Writes the pages of the API reference: one for striate, each public module, and each layer.

Nothing is listed by hand. A public module is one that the table of `striate` names, or a package
of the library; its public names are those it re-exports or defines without an underscore. Each
object has one home, where it is described: `striate.Model` rather than `striate.models.Model`,
`striate.losses.Huber` rather than `striate.training.losses.Huber`. Other pages link there.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import figures

import striate
from striate.layers import Layer


@dataclass
class Page:
    """One public module, under the name that users write."""

    name: str
    module: ModuleType
    own: list[str] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)  # name here -> its home


def public_names(module: ModuleType) -> list[str]:
    """What a module offers: `__all__`, or what it defines or re-exports as `X as X`."""
    if module is striate:
        return list(striate._PLACES)
    if hasattr(module, "__all__"):
        return list(module.__all__)
    names: list[str] = []
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            names.append(node.name)
        elif isinstance(node, ast.ImportFrom):
            names += [alias.name for alias in node.names if alias.asname == alias.name]
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names += [t.id for t in targets if isinstance(t, ast.Name) and t.id[0].isalpha()]
    return [name for name in names if not name.startswith("_")]


def public_modules() -> dict[str, ModuleType]:
    """Name that users write -> module, those of the table first."""
    found = {"striate": striate}
    for name in striate._PLACES:
        if isinstance(getattr(striate, name), ModuleType):
            found[f"striate.{name}"] = getattr(striate, name)
    root = Path(inspect.getfile(striate)).parent
    for path in sorted(root.rglob("__init__.py")):
        name = ".".join(["striate", *path.parent.relative_to(root).parts])
        module = importlib.import_module(name)
        if not any(module is other for other in found.values()):
            found[name] = module
    return found


def pages() -> list[Page]:
    """Every page, each object given to the first page that offers it."""
    homes: dict[int, str] = {}
    found = []
    for name, module in public_modules().items():
        page = Page(name, module)
        found.append(page)
        for public in public_names(module):
            value = getattr(module, public)
            if isinstance(value, ModuleType):
                continue
            described = inspect.isclass(value) or inspect.isroutine(value)
            home = homes.setdefault(id(value), f"{name}.{public}") if described else ""
            if home in ("", f"{name}.{public}"):
                page.own.append(public)
            else:
                page.elsewhere[public] = home
    return found


def directive(value: object) -> str:
    """How an object is described; a table or a number has no docstring to read."""
    if inspect.isclass(value):
        return "autoclass"
    return "autofunction" if inspect.isroutine(value) else "py:data"


def text(page: Page) -> str:
    """A page in reStructuredText."""
    lines = [page.name, "=" * len(page.name), ""]
    if page.module.__doc__ and page.module is not striate:
        lines += [inspect.cleandoc(page.module.__doc__), ""]
    apart = layers_of(page)
    if apart:
        lines += [".. toctree::", "   :maxdepth: 1", ""]
        lines += [f"   {page.name}.{name}" for name in apart] + [""]
    here = [name for name in page.own if name not in apart]
    if len(here) > 3:
        lines += [", ".join(f":py:obj:`~{page.name}.{name}`" for name in here), ""]
    for name in here:
        lines += [f".. {directive(getattr(page.module, name))}:: {page.name}.{name}", ""]
    if page.elsewhere:
        lines += ["Also here:", ""]
        lines += [f"- {name}: :py:obj:`{home}`" for name, home in page.elsewhere.items()]
        lines.append("")
    return "\n".join(lines)


def layers_of(page: Page) -> list[str]:
    """The layers on a page, which have pages of their own, in the order of the alphabet."""
    if page.name != "striate.layers":
        return []
    values = {name: getattr(page.module, name) for name in page.own}
    return sorted(n for n, v in values.items() if inspect.isclass(v) and issubclass(v, Layer))


def layer_text(page: Page, name: str, folder: Path) -> str:
    """The page of one layer: its description, and a picture where that helps."""
    lines = [name, "=" * len(name), ""]
    picture = figures.draw(name, folder / "figures")
    if picture is not None:
        file, shows = picture
        lines += [f".. figure:: figures/{file}", f"   :alt: {shows}", "", f"   {shows}.", ""]
    lines += [f".. autoclass:: {page.name}.{name}", ""]
    return "\n".join(lines)


def write(folder: Path) -> None:
    """Writes every page and their index, and removes pages of modules that are gone."""
    folder.mkdir(exist_ok=True)
    shown = [page for page in pages() if page.own or page.elsewhere]
    wanted = {f"{page.name}.rst": text(page) for page in shown}
    for page in shown:
        for name in layers_of(page):
            wanted[f"{page.name}.{name}.rst"] = layer_text(page, name, folder)
    table = set(striate._PLACES)
    users = [p.name for p in shown if p.name.removeprefix("striate.") in table | {"striate"}]
    others = [p.name for p in shown if p.name not in users]
    lines = ["API reference", "=============", ""]
    for caption, names in (("For users", users), ("Inside striate", others)):
        if names:
            lines += [".. toctree::", "   :maxdepth: 1", f"   :caption: {caption}", ""]
            lines += [f"   {name}" for name in names] + [""]
    wanted["index.rst"] = "\n".join(lines)
    for path in folder.glob("*.rst"):
        if path.name not in wanted:
            path.unlink()
    for name, content in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.write_text(content, encoding="utf-8")
