"""`placet`, which is `python -m bot`."""

from __future__ import annotations

from bot.cli import digests, doctor, house, learning, local, manifest
from bot.cli.app import main

__all__ = ["digests", "doctor", "house", "learning", "local", "main", "manifest"]

if __name__ == "__main__":
    main()
