"""`learning` in `placet.yaml`: what it says is what applies, and a mistake names line and remedy."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.config import read_house
from bot.yaml_document import ConfigError
from core.learning.records import Close
from core.learning.setup import Learning, Session
from tests.architecture.test_house import ROOT
from tests.bot.running import settings_in

PEOPLE = "people: {you: {roles: [owner], admin: true}, alice: {roles: [owner]}}\n"


def learning(folder: Path, section: str) -> Learning:
    return read_house(settings_in(folder, house=PEOPLE + section)).learning


def test_without_a_section_the_evening_is_in_utc_and_the_digest_on_saturday(tmp_path: Path) -> None:
    found = learning(tmp_path, "")
    assert found == Learning()
    assert (found.reconcile_at, found.results_at, found.digest_at) == (time(21), time(22), time(9))
    assert date(2026, 11, 21).weekday() == found.digest_day


def test_the_section_of_the_page_is_read_whole(tmp_path: Path) -> None:
    page = (ROOT / "docs/learning-import.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```yaml\n(people:.*?)```", page, re.DOTALL)
    found = read_house(settings_in(tmp_path, house=block)).learning
    assert found.zone == ZoneInfo("Europe/Berlin")
    assert found.session == Session(ZoneInfo("America/New_York"), time(9, 30), time(16))
    assert (found.accounts, found.people) == ({"U1234567": "alice", "0042": "you"}, ("alice",))
    assert (found.subject("FB"), found.subject("IBM")) == ("META", "IBM")
    assert (found.digest_at, found.digest_day) == (time(8, 30), 6)


def test_a_day_ends_with_its_session_or_with_itself() -> None:
    day = date(2024, 3, 8)
    assert Learning().ends(day) == datetime(2024, 3, 8, 23, 59, 59, tzinfo=UTC)
    assert Learning(zone=ZoneInfo("America/New_York")).ends(date(2024, 3, 10)).hour == 3
    session = Session(ZoneInfo("America/New_York"), time(9, 30), time(16))
    assert Learning(session=session).ends(day) == datetime(2024, 3, 8, 21, tzinfo=UTC)
    assert Learning(session=session).ends(date(2024, 3, 11)) == datetime(2024, 3, 11, 20, tzinfo=UTC)


def test_a_subject_is_called_as_it_is_called_now() -> None:
    close = Close("FB", date(2022, 6, 8), Decimal("196.64"))
    assert Learning(subjects={"FB": "META"}).renamed(close).subject == "META"
    assert Learning().renamed(close) is close


MISTAKES = {
    "an unknown key": ("  zones: UTC\n", 3, "`learning.zones` is not known here"),
    "a zone that is none": ("  zone: Berlin\n", 3, "`learning.zone` must be a time zone by its IANA name"),
    "a path as a zone": ("  zone: ../../etc/passwd\n", 3, "must be a time zone"),
    "an offset as a zone": ("  zone: +01:00\n", 3, "must be a time zone"),
    "a time that is none": ("  reconcile_at: 25:00\n", 3, "`learning.reconcile_at` must be a time of day"),
    "a number as a time": ("  digest_at: 9\n", 3, 'in quotes, as in "21:00"'),
    "a day that is none": ("  digest_day: caturday\n", 3, "must be a day of the week: monday,"),
    "an account of nobody": ("  accounts: {U1: mallory}\n", 3, "names `mallory`, who is not among the people above"),
    "an account as a number": ("  accounts: {00123: alice}\n", 3, "must stand in quotes"),
    "accounts in a list": ("  accounts: [U1]\n", 3, "must be a mapping"),
    "people who are not here": ("  people:\n  - alice\n  - mallory\n", 5, "names `mallory`"),
    "people as a word": ("  people: alice\n", 3, "must be a list of people"),
    "a session without an end": (
        "  session: {zone: UTC, begin: '09:30'}\n",
        3,
        "session.end` must be a time",
    ),
    "a session of the night": ("  session: {zone: UTC, begin: '18:00', end: '02:00'}\n", 3, "must lie after `begin`"),
    "an unknown word of a session": (
        "  session: {zone: UTC, start: '18:00'}\n",
        3,
        "session.start` is not known",
    ),
    "a name in two steps": ("  subjects: {FB: META, META: M}\n", 3, "leads to `META`, which is renamed too"),
    "a name of nothing": ("  subjects: {FB: ' '}\n", 3, "`learning.subjects.FB` is empty"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_its_line_and_what_to_do(tmp_path: Path, name: str) -> None:
    section, line, words = MISTAKES[name]
    with pytest.raises(ConfigError) as problem:
        learning(tmp_path, "learning:\n" + section)
    assert f"placet.yaml, line {line}: " in str(problem.value)
    assert words in str(problem.value)
