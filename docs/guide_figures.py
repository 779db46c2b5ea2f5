"""Makes the pictures of the guides by running the code on their pages, so that both agree.

The `python` blocks of a page run in the folder of the guides, where they save into `figures/`. A
page that has not changed since is not run again.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import striate

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = ("seeing_inside",)


def write(guides: Path) -> None:
    """Makes the pictures of every page that has some."""
    for name in PAGES:
        text = (guides / f"{name}.md").read_text(encoding="utf-8")
        stamp = guides / "figures" / f"{name}.stamp"
        digest = hashlib.sha256(text.encode()).hexdigest()
        if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
            continue
        code = "\n".join(BLOCK.findall(text))
        source = str(Path(striate.__file__).parent.parent)  # the same striate, wherever it is
        environment = {**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": source}
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=guides,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        stamp.write_text(digest, encoding="utf-8")
