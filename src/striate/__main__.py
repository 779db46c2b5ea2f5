"""`python -m striate`: the command line."""

from __future__ import annotations

from striate.app.cli import main

if __name__ == "__main__":
    main()
