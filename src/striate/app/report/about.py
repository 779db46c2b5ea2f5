"""How to make it again: commands, data, environment."""

from __future__ import annotations

import shlex

from striate import __version__
from striate.app.report.markup import Html, element, facts, joined, section, table
from striate.app.report.subject import Subject
from striate.app.reporting import plain

_NAMES = {
    "striate": "striate",
    "torch": "PyTorch",
    "numpy": "NumPy",
    "python": "Python",
    "system": "System",
    "machine": "Machine",
    "processors": "Processors",
    "threads": "Threads",
    "cuda": "CUDA",
    "devices": "Graphics cards",
    "device": "Trained on",
}


def reproduction(subject: Subject) -> Html:
    """The commands, the environment, the data."""
    request, config = subject.request, subject.config
    parts: list[object] = []
    if config is not None:
        parts += [
            element("h3", "Train it again"),
            element("pre", element("code", config["command"])),
        ]
        data = config["data"]
        pairs = [
            ("Data", data["name"]),
            ("Images to learn from", f"{data['num_train']:,}"),
            ("For validation", f"{data['num_validation']:,}"),
            ("SHA-256 of the data", data["sha256"]),
        ]
        parts.append(facts(pairs))
    words = ["striate", "report", request.run]
    words += [request.data] if request.data else []
    words += ["--part", request.part] if request.part else []
    parts += [element("h3", "Make this report again")]
    parts += [element("pre", element("code", shlex.join(words)))]
    parts += [element("h3", "Environment"), _environment(subject)]
    return section("reproduce", "Do it again", *parts)


def _environment(subject: Subject) -> Html:
    rows = []
    for key, value in subject.environment.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else plain(value)
        if shown not in (None, "", []):
            rows.append((_NAMES.get(key, key), shown))
    where = "where it was trained" if subject.folder is not None else "where the report was made"
    return table(f"Versions and machine, {where}", ("what", "value"), rows)


def footer() -> Html:
    """The last line."""
    return element("footer", element("p", joined(["Made by striate ", __version__, "."])))
