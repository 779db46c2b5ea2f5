"""`striate summary` and `striate datasets`: answers that need no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from striate.app.reporting import Report

if TYPE_CHECKING:
    from rich.console import Console


def summarize(run: str, expand_nested: bool, show_trainable: bool) -> Report:
    """Layers, shapes and parameters of a saved model.

    Args:
        run: a run folder or a `.striate` file.
        expand_nested: lists the layers of models inside the model.
        show_trainable: adds a column that says which layers are trained.

    Raises:
        FormatError: no such model, or a damaged one.
    """
    from striate.analysis import summary
    from striate.storage import read_graph

    found = summary(read_graph(run), expand_nested=expand_nested, show_trainable=show_trainable)
    return Report(found.to_dict(), lambda console: found.show())


def list_datasets() -> Report:
    """The data sets that can be named, and which of them are on this machine."""
    from striate.data import datasets

    listed = datasets.list_datasets()

    def show(console: Console) -> None:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for title in ("Name", "Train", "Test", "Image", "Classes", "Here"):
            numbers = title in ("Train", "Test", "Classes")
            table.add_column(title, justify="right" if numbers else "left")
        for item in listed:
            record = item.record
            num_train, *shape = record.train_shape
            table.add_row(
                f"[bold]{record.name}[/bold]",
                f"{num_train:,}",
                f"{record.test_shape[0]:,}",
                " x ".join(str(side) for side in shape),
                str(record.num_classes),
                _here(item.cached, record.download_bytes),
            )
        console.print(table)
        sources = Table.grid(padding=(0, 2))
        for item in listed:
            record = item.record
            text = f"{record.title}: {record.source}. Licence: {record.licence}."
            sources.add_row(Text(record.name, "bold"), Text(text, "dim"))
        console.print()
        console.print(sources)

    return Report({"datasets": [item.as_dict() for item in listed]}, show)


def _here(cached: bool, download_bytes: int) -> str:
    if cached:
        return "yes" if download_bytes else "built in"
    return f"no, {download_bytes / 1e6:,.0f} MB"
