"""`striate summary`, `models` and `datasets`: answers; of saved models and data without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from striate.app.named import Named
from striate.app.reporting import Report

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Wanted:
    """What `striate summary` shows.

    Args:
        expand_nested: the layers of models inside the model.
        show_trainable: which layers are trained.
        cost: windows and multiplications; as JSON also formulas and shares.
        memory: what training keeps of each layer, and the peaks.
        receptive: what the units of each layer see.
        advice: what may be a mistake.
        batch_size: samples per step, for memory.
    """

    expand_nested: bool = False
    show_trainable: bool = False
    cost: bool = False
    memory: bool = False
    receptive: bool = False
    advice: bool = False
    batch_size: int = 32


def summarize(model: Named, wanted: Wanted) -> Report:
    """Layers, shapes and parameters of a model without its weights, and what else was asked for.

    Args:
        model: a run folder, a `.striate` file, or a network of the zoo.
        wanted: what to show.

    Raises:
        FormatError: no such model, or a damaged one.
        UnknownNameError: neither a file nor a network.
    """
    from striate import analysis

    graph = model.graph()
    columns = ["window", "macs"] * wanted.cost
    columns += ["activations"] * wanted.memory + ["receptive_field"] * wanted.receptive
    found = analysis.summary(
        graph,
        expand_nested=wanted.expand_nested,
        show_trainable=wanted.show_trainable,
        columns=columns,
    )
    more: dict[str, Any] = {}
    if wanted.cost:
        more["cost"] = analysis.cost(graph)
    if wanted.memory:
        more["memory"] = analysis.memory(graph, wanted.batch_size)
    if wanted.receptive:
        more["receptive_field"] = analysis.receptive_field(graph)
    if wanted.advice:
        more["advice"] = analysis.advice(graph)

    def show(console: Console) -> None:
        found.show()
        for name in ("cost", "memory", "advice"):
            if name in more:
                text = str(more[name]) if name == "advice" else more[name].totals_text()
                console.print(f"\n{text}", markup=False, highlight=False, soft_wrap=True)

    record = {**found.to_dict(), **{name: each.to_dict() for name, each in more.items()}}
    return Report(record, show)


def list_models(pattern: str | None, sort: str | None) -> Report:
    """The networks of the zoo.

    Args:
        pattern: part of a name, or one with "*".
        sort: a field to sort by; largest first where larger is better.

    Raises:
        ArgumentError: no such field.
    """
    from striate import zoo

    table = zoo.list(pattern, sort=sort, descending=sort in ("top1", "year"))

    def show(console: Console) -> None:
        if len(table):
            console.print(str(table), markup=False, highlight=False, soft_wrap=True)
        else:
            console.print(f"No network has {pattern!r} in its name.", markup=False)

    return Report(table.to_dict(), show)


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
