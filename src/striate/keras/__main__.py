"""`python -m striate.keras`: runs a Keras script or notebook as it is, or reports on it."""

from __future__ import annotations

import sys
from pathlib import Path

from striate import errors

USAGE = """usage: python -m striate.keras [--report] script.py|notebook.ipynb [arguments]

Runs a Keras script of any age, unchanged; keras and tensorflow are served by striate.
  --report   lists every name of Keras and TensorFlow that it uses, and whether striate has it,
             with line numbers, without running it"""


def main(arguments: list[str]) -> int:
    """Runs the program.

    Args:
        arguments: of the command line.

    Returns:
        The exit code: 0, what the script exits with, 1 for an error, 2 for a wrong call.
    """
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stdout.write(USAGE + "\n")
        return 0 if arguments else 2
    wants_report = arguments[0] == "--report"
    rest = arguments[1:] if wants_report else arguments
    if not rest or not Path(rest[0]).is_file():
        sys.stderr.write(f"{rest[0]}: there is no such file\n" if rest else USAGE + "\n")
        return 2
    try:
        return _report(rest[0]) if wants_report else _run(rest[0], rest[1:])
    except errors.FormatError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _report(path: str) -> int:
    from striate.keras.report import report_on

    found = report_on(path)
    sys.stdout.write(f"{found}\n")
    return 0 if found.covered else 1


def _run(path: str, arguments: list[str]) -> int:
    from striate.keras.running import run

    return run(path, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
