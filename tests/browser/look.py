"""Pictures of every page for people to look at, into the folder that PLACET_PICTURES names; without it, none."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page


def picture(page: Page, name: str) -> None:
    """The whole page, as it stands."""
    folder = os.environ.get("PLACET_PICTURES")
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, animations="disabled")
