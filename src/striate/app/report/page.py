"""`striate report`: reads, measures, writes one HTML file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from striate.app.report.about import footer, reproduction
from striate.app.report.markup import Html, element
from striate.app.report.network import network
from striate.app.report.pictures import mistakes, seen
from striate.app.report.sections import classes, confidence, curves, health, overview
from striate.app.report.style import STYLE
from striate.app.report.subject import Request, Subject, read_subject
from striate.app.reporting import Report, waiting
from striate.storage import write_bytes

if TYPE_CHECKING:
    from rich.console import Console

Section = Callable[[Subject], Html | None]

# name in the address, title in the list at the top, what makes it
SECTIONS: tuple[tuple[str, str, Section], ...] = (
    ("overview", "At a glance", overview),
    ("training", "Training", curves),
    ("classes", "Classes", classes),
    ("confidence", "How sure it is", confidence),
    ("mistakes", "Worst mistakes", mistakes),
    ("seen", "What it sees", seen),
    ("network", "The network", network),
    ("health", "Training health", health),
    ("reproduce", "Do it again", reproduction),
)


def report(request: Request) -> Report:
    """Writes the report of a run or a model.

    Raises:
        FormatError, ArgumentError, ShapeError, DataError: see `read_subject`.
        StorageError: the file cannot be written.
    """
    subject = read_subject(request)
    with waiting("drawing"):
        content = page(subject).encode()
    out = Path(request.out) if request.out else _place(request.run)
    write_bytes(out, content)
    accuracy = subject.evaluation.accuracy()
    record = {
        "run": request.run,
        "report": str(out),
        "data": subject.samples.name,
        "part": subject.part,
        "images": len(subject.evaluation),
        "bytes": len(content),
        "accuracy": accuracy.to_dict(),
    }

    def show(console: Console) -> None:
        console.print(f"{subject.title}: accuracy {accuracy}", markup=False)
        console.print(f"Written to {out}, one file of {len(content) / 1e6:.1f} MB.", markup=False)

    return Report(record, show)


def page(subject: Subject) -> str:
    """The whole page."""
    made = [(name, title, make(subject)) for name, title, make in SECTIONS]
    there = [(name, title, part) for name, title, part in made if part is not None]
    links = [element("li", element("a", title, href=f"#{name}")) for name, title, _ in there]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{subject.title} - striate report"),
        Html(f"<style>{STYLE}</style>"),
    )
    top = element(
        "header",
        element("p", "striate report", class_="quiet"),
        element("h1", subject.title),
        element("nav", element("ul", *links), aria_label="Sections"),
    )
    body = element(
        "body",
        element("a", "To the content", href="#content", class_="skip"),
        top,
        element("main", *(part for _, _, part in there), id="content"),
        footer(),
    )
    return "<!doctype html>\n" + element("html", head, body, lang="en") + "\n"


def _place(run: str) -> Path:
    """In the run folder; beside a model file, with its name."""
    path = Path(run)
    return path / "report.html" if path.is_dir() else path.with_suffix(".html")
