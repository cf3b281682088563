"""What the pages of the platforms tell a newcomer to write is good as it stands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.config import Settings, read_house

DOCS = Path(__file__).parent.parent / "docs"
TOKENS = {
    "slack": {"slack_bot_token": "xoxb-1-2-abc", "slack_app_token": "xapp-1-A-2-abc"},
    "discord": {"discord_token": "MTA0.GxQzT1.abc"},
    "telegram": {"telegram_token": "123456:AAHabcdefghijklmnopqrstuvwxyz012345"},
}


@pytest.mark.parametrize("platform", sorted(TOKENS))
def test_the_files_of_the_page_are_good(platform: str, tmp_path: Path) -> None:
    page = (DOCS / f"{platform}.md").read_text(encoding="utf-8")
    whole, accounts = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    for text in (whole, accounts):
        file = tmp_path / "placet.yaml"
        file.write_text(text, encoding="utf-8")
        house = read_house(Settings(_env_file=None, config=file, **TOKENS[platform]))  # type: ignore[arg-type]
        assert [person.id for person in house.people] == ["alice"]
    (asked,) = re.findall(r"echo '(.*?)' \| placet submit -", page)
    assert json.loads(asked)["title"]
