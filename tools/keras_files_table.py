"""Writes the table of docs/guides/keras_files.md: what opens of the published files.

python tools/keras_files_table.py ../shared/keras_files/manifest.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
EXPECTED = ROOT / "tests/formats/keras_files/published.json"
KINDS = {
    "h5-full": "`.h5` with a model",
    "h5-full+json": "`.h5` and JSON",
    "h5-weights-legacy+json": "JSON and weights",
    "keras-zip": "`.keras`",
    "h5-weights-legacy": "weights alone",
    "h5-weights-v3": "weights alone",
}
HEAD = """| files | | opened by striate | by Keras 3.15.1 |
| --- | ---: | ---: | ---: |"""


def age(record: dict[str, Any]) -> str:
    """The Keras that wrote a file."""
    version = str(record["keras_version"] or "")
    if not version:
        return "an unstated version"
    return f"Keras {version[0]}" if not version.endswith("-tf") else "tf.keras 1 and 2"


def table(manifest: list[dict[str, Any]]) -> str:
    """The table as Markdown."""
    opens = {e["file"]: "refused" not in e for e in json.loads(EXPECTED.read_text())}
    rows: dict[str, list[int]] = {}
    for record in manifest:
        kind = KINDS.get(record["kind"], "others")
        name = kind if kind in ("others", "weights alone") else f"{kind}, {age(record)}"
        row = rows.setdefault(name, [0, 0, 0])
        found = (1, opens[record["file"]], record["keras_3_15_1_opens"])
        row[:] = [n + m for n, m in zip(row, found, strict=True)]
    rows = dict(sorted(rows.items()))
    rows["all"] = [sum(column) for column in zip(*rows.values(), strict=True)]
    lines = [f"| {name} | {a} | {b} | {c} |" for name, (a, b, c) in rows.items()]
    return "\n".join([HEAD, *lines])


if __name__ == "__main__":
    print(table(json.loads(Path(sys.argv[1]).read_text())))
