"""`make bench`: what Placet costs, as ratios to a floor measured in the same run.

`python -m bench engine http` measures parts.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from bench.figures import Figure, table_of

PARTS = ("policy", "engine", "http", "latency", "chats", "web", "habits", "learning", "scale")


def main() -> None:
    """Measure the parts named on the command line, or all."""
    out = Console(highlight=False, width=140)
    figures: list[Figure] = []
    for part in sys.argv[1:] or PARTS:
        out.print(f"measuring {part} …", style="dim")
        with tempfile.TemporaryDirectory(prefix="placet-bench-") as folder:
            figures += importlib.import_module(f"bench.{part}").measure(Path(folder))
    out.print(table_of(figures))


if __name__ == "__main__":
    main()
