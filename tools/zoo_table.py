"""Counts every network of the zoo and writes what `zoo.list` and its guide show of them.

python tools/zoo_table.py        writes src/striate/zoo/counted.py and the table of the guide
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
COUNTED = ROOT / "src" / "striate" / "zoo" / "counted.py"
GUIDE = ROOT / "docs" / "guides" / "zoo.md"
BEGIN, END = "<!-- table: tools/zoo_table.py -->\n", "<!-- end of table -->"
TOP = '''"""What was counted of every network at its own size; written by tools/zoo_table.py."""

from __future__ import annotations

# name: (values in all weights, multiply-accumulates of one image, pixels that a unit of the last
# map sees, or None where it sees everything)
COUNTED: dict[str, tuple[int, int, tuple[int, int] | None]] = {
'''


def counted() -> str:
    """The text of counted.py."""
    from striate.zoo.counting import count
    from striate.zoo.listing import ARCHITECTURES

    rows = [f'    "{name}": {count(found)},\n' for name, found in ARCHITECTURES.items()]
    return TOP + re.sub(r"(?<=\d)(?=(\d{3})+(?!\d))", "_", "".join(rows)) + "}\n"


def guide_table() -> str:
    """The table of the guide, as markdown."""
    from striate.zoo.table import list as table

    shown = table()
    head = [*shown.header, "smallest px", "`small`"]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for row, cells in zip(shown, shown.cells(), strict=True):
        small = "" if row.smallest_small_px is None else str(row.smallest_small_px)
        lines.append("| " + " | ".join([*cells, str(row.smallest_px), small]) + " |")
    return "\n".join(lines) + "\n"


def with_table(page: str) -> str:
    """The page with its table as it is now."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n" + guide_table() + "\n" + END + rest.partition(END)[2]


def main() -> None:
    COUNTED.write_text(counted(), encoding="utf-8")
    GUIDE.write_text(with_table(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
