"""`placet`, which is `python -m bot`."""

from __future__ import annotations

from bot.cli import local
from bot.cli.app import main

__all__ = ["local", "main"]

if __name__ == "__main__":
    main()
