"""`placet`, which is `python -m bot`."""

from __future__ import annotations

from bot.cli import doctor, house, local, manifest
from bot.cli.app import main

__all__ = ["doctor", "house", "local", "main", "manifest"]

if __name__ == "__main__":
    main()
