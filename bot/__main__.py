"""`placet`, which is `python -m bot`."""

from __future__ import annotations

from bot.cli import house, local
from bot.cli.app import main

__all__ = ["house", "local", "main"]

if __name__ == "__main__":
    main()
