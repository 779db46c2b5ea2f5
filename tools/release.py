"""Makes a release: the changelog from its fragments, the version, and what is left to do by hand.

    python tools/release.py 0.2.0            # dry run: shows what would be written
    python tools/release.py 0.2.0 --write    # writes it

Each change leaves one file `changelog.d/<what>.<kind>.md` (kinds: see `KINDS`); its text is one
entry. A release gathers the entries under the new version in CHANGELOG.md, removes the fragments
and sets `__version__`.
"""

from __future__ import annotations

import argparse
import datetime
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Kind, as in a fragment's file name -> heading, in the order of the changelog.
KINDS = {
    "added": "Added",
    "changed": "Changed",
    "deprecated": "Deprecated",
    "removed": "Removed",
    "fixed": "Fixed",
    "security": "Security",
}
MARK = "<!-- releases -->\n"
VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
RELEASE = re.compile(r"\d+\.\d+\.\d+((a|b|rc)\d+)?")


class ReleaseError(Exception):
    """The release cannot be made; the message says what to mend."""


@dataclass(frozen=True)
class Fragment:
    """One change, as its author wrote it down."""

    path: Path
    kind: str
    text: str


def fragments(root: Path) -> list[Fragment]:
    """All fragments, by kind and then by file name."""
    found = []
    for path in sorted((root / "changelog.d").glob("*.md")):
        if path.name == "README.md":
            continue
        kind = path.stem.rpartition(".")[2]
        if kind not in KINDS:
            raise ReleaseError(f"{path.name}: the name ends in .<kind>.md, kind one of {[*KINDS]}")
        text = path.read_text(encoding="utf-8").strip()
        if not text:
            raise ReleaseError(f"{path.name}: has no text")
        found.append(Fragment(path, kind, text))
    return sorted(found, key=lambda fragment: list(KINDS).index(fragment.kind))


def section(version: str, day: datetime.date, entries: list[Fragment]) -> str:
    """The part of the changelog for one version."""
    lines = [f"## {version} ({day.isoformat()})", ""]
    for kind, heading in KINDS.items():
        texts = [entry.text for entry in entries if entry.kind == kind]
        if texts:
            lines += [f"### {heading}", ""]
            lines += ["- " + text.replace("\n", "\n  ") for text in texts]
            lines.append("")
    return "\n".join(lines)


def changes(root: Path, version: str, day: datetime.date) -> tuple[dict[Path, str], list[Path]]:
    """What a release writes (path -> new text) and which files it removes."""
    if not RELEASE.fullmatch(version):
        raise ReleaseError(f"version {version!r} is not of the form 1.2.3, 1.2.3a1, 1.2.3rc1")
    entries = fragments(root)
    if not entries:
        raise ReleaseError("changelog.d/ holds no fragment, so there is nothing to release")
    log, top = root / "CHANGELOG.md", root / "src" / "striate" / "__init__.py"
    text = log.read_text(encoding="utf-8")
    if MARK not in text:
        raise ReleaseError(f"CHANGELOG.md has no line {MARK.strip()}, below which releases stand")
    if f"## {version} (" in text:
        raise ReleaseError(f"CHANGELOG.md already has a release {version}")
    code, replaced = VERSION.subn(f'__version__ = "{version}"', top.read_text(encoding="utf-8"))
    if replaced != 1:
        raise ReleaseError(f"{top}: expected one line __version__ = ...")
    new_log = text.replace(MARK, f"{MARK}\n{section(version, day, entries)}", 1)
    return {log: new_log, top: code}, [entry.path for entry in entries]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """The command line; 0 when the release could be made."""
    parser = argparse.ArgumentParser(description="Makes a release (dry run unless --write).")
    parser.add_argument("version", help="the new version, such as 0.2.0")
    parser.add_argument("--write", action="store_true", help="write it; without, only show it")
    options = parser.parse_args(arguments)
    day = datetime.date.today()
    try:
        written, removed = changes(root, options.version, day)
    except ReleaseError as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    print(section(options.version, day, fragments(root)))
    for path, text in written.items():
        print(f"{'wrote' if options.write else 'would write'} {path.relative_to(root)}")
        if options.write:
            path.write_text(text, encoding="utf-8")
    for path in removed:
        print(f"{'removed' if options.write else 'would remove'} {path.relative_to(root)}")
        if options.write:
            path.unlink()
    if options.write:
        print(f"\nNow: make test && git commit -am 'Release {options.version}'")
        print(f"     git tag v{options.version} && python -m pip wheel --no-deps -w dist .")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
