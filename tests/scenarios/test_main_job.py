"""Ask → tap → reason → what was stored, on each platform."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.running import eventually
from tests.platforms.hands import Reaction, Shown
from tests.scenarios.towns import MAKERS
from tests.scenarios.whole import Whole, connected, read, whole


@pytest.fixture(params=sorted(MAKERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def here(name: str, tmp_path: Path, sqlite_url: str) -> Iterator[Whole]:
    with whole(tmp_path, sqlite_url, name) as found:
        connected(found)
        yield found


def offering(reaction: Reaction, label: str) -> Shown:
    """The message with this button, among those that came in answer."""
    found = [shown for shown in reaction.messages if label in shown.buttons]
    assert found, (label, reaction)
    return found[-1]


def test_asked_tapped_reasoned_and_stored(here: Whole, name: str) -> None:
    town = here.towns[name]
    request = here.asks()
    card = here.card(name, "Buy 100 NVDA")
    for part in ("routine", "momentum asks: buy · NVDA", "quantity", "100", "42.5", "80 % sure", "any trader decides"):
        assert part in card.text
    assert card.buttons[:3] == ("Approve", "Reject", "Modify")
    alice = town.users["alice"]
    asked = town.hands.press(alice, card, "Reject")
    assert asked.acknowledged_after is not None
    assert "Why?" in read(asked)
    noted = town.hands.press(alice, offering(asked, "Too risky"), "Too risky")
    assert "Would the algorithm agree" in read(noted)
    town.hands.press(alice, offering(noted, "Yes: it lacked data"), "Yes: it lacked data")
    ended = here.status(request)
    vote = ended["votes"][0]
    assert (ended["status"], vote["person"], vote["via"]) == ("rejected", "alice", name)
    assert [(one["code"], one.get("would_agree")) for one in vote["reasons"]] == [("risk", None), ("risk", "yes")]
    here.ended(name, "Buy 100 NVDA", "Rejected by alice")
    assert "Too risky" in here.ended(name, "Buy 100 NVDA", "Too risky").text


def test_one_tap_approves(here: Whole, name: str) -> None:
    town = here.towns[name]
    request = here.asks()
    card = here.card(name, "Buy 100 NVDA")
    reaction = town.hands.press(town.users["alice"], card, "Approve")
    assert reaction.acknowledged_after is not None
    assert here.status(request)["status"] == "approved"
    here.ended(name, "Buy 100 NVDA", "Approved by alice")
    late = town.hands.press(town.users["bob"], card, "Approve")
    assert "Approved by alice" in read(late)


def test_strangers_are_told_alone_and_kindly(here: Whole, name: str) -> None:
    town = here.towns[name]
    request = here.asks()
    card = here.card(name, "Buy 100 NVDA")
    reaction = town.hands.press(town.stranger, card, "Approve")
    assert "link" in read(reaction)
    assert here.status(request)["votes"] == []
    for shown in town.hands.messages(town.chat, town.users["bob"]):
        assert "I do not know whose account" not in shown.text


def test_somebody_who_takes_the_name_of_one_who_may_decide_is_still_a_stranger(here: Whole, name: str) -> None:
    town = here.towns[name]
    request = here.asks()
    card = here.card(name, "Buy 100 NVDA")
    for taken in ("Alice", "alice", town.users["alice"]):
        town.rename(town.stranger, taken)
        assert "link" in read(town.hands.press(town.stranger, card, "Approve"))
    assert here.status(request)["votes"] == []


def test_one_may_not_decide_what_one_asked_in_chat(here: Whole, name: str) -> None:
    town = here.towns[name]
    alice, erin = town.users["alice"], town.users["erin"]
    asked = town.hands.command(alice, town.chat, "ask May we buy a screen for 250000 USD?")
    assert "Asked: May we buy a screen" in read(asked)
    card = here.card(name, "alice (a person) asks")
    assert "yourself" in read(town.hands.press(alice, card, "Approve"))
    town.hands.press(erin, card, "Approve")
    here.ended(name, "alice (a person) asks", "Approved by erin")

    def told() -> bool:
        return any("Approved by erin" in one.text for one in town.hands.messages(town.hands.direct(alice), alice))

    eventually(told, 20)


def test_an_account_is_linked_with_a_code_and_may_then_decide(here: Whole, name: str) -> None:
    town = here.towns[name]
    request = here.asks(amount="250000.00")
    card = here.card(name, "Buy 100 NVDA")
    code = here.running.client().post("/v1/people/dave/link").json()["code"]
    reaction = town.hands.command(town.stranger, town.hands.direct(town.stranger), f"link {code}")
    assert "now dave's" in read(reaction)
    town.hands.press(town.stranger, card, "Approve")
    assert here.status(request)["status"] == "approved"


def test_what_waits_is_listed_opened_and_decided_there(here: Whole, name: str) -> None:
    town = here.towns[name]
    request = here.asks()
    here.card(name, "Buy 100 NVDA")
    alice = town.users["alice"]
    town.hands.say(alice, town.hands.direct(alice), "hello")
    listed = town.hands.command(alice, town.chat, "pending")
    assert "One request waits for you" in read(listed)
    opened = town.hands.press(alice, offering(listed, "1"), "1")
    town.hands.press(alice, offering(opened, "Approve"), "Approve")
    assert here.status(request)["status"] == "approved"
    here.ended(name, "Buy 100 NVDA", "Approved by alice")


def test_the_owner_of_the_program_is_told_the_result(here: Whole, name: str) -> None:
    town = here.towns[name]
    frank = town.users["frank"]
    # So that the platform lets the bot write to him.
    town.hands.say(frank, town.hands.direct(frank), "help")
    here.asks()
    card = here.card(name, "Buy 100 NVDA")
    town.hands.press(town.users["alice"], card, "Approve")

    def told() -> bool:
        direct = town.hands.messages(town.hands.direct(frank), frank)
        return any("Approved by alice" in shown.text and "Buy 100 NVDA" in shown.text for shown in direct)

    eventually(told, 20)


def test_markup_and_mentions_are_text_and_ping_nobody(here: Whole, name: str) -> None:
    hostile = "<!channel> @everyone <b>bold</b> [x](http://evil.example) *a* _b_ `c` <@U1> @here &amp; tg://user?id=1"
    here.asks(title=hostile[:200], summary=hostile, parameters={"quantity": 100, "note": hostile}, editable=None)
    card = here.card(name, "<!channel>")
    assert all(part in card.text for part in hostile.split())
    assert here.towns[name].pinged() == []


def test_long_texts_are_cut_with_a_mark_and_emoji_stay_whole(here: Whole, name: str) -> None:
    town = here.towns[name]
    family = "👩‍👩‍👧‍👦".replace("\u200d", "")
    request = here.asks(summary=(family * 800)[:3_000], title="T" * 200, context={"vix": 20})
    card = here.card(name, "T" * 50)
    assert "…" in card.text
    town.hands.press(town.users["alice"], card, "Approve")
    assert here.status(request)["status"] == "approved"


def test_what_cannot_be_shown_whole_cannot_be_approved_here(here: Whole, name: str) -> None:
    town = here.towns[name]
    request = here.asks(parameters={"quantity": 100, "note": "x" * 1_000}, editable=None)
    card = here.card(name, "Buy 100 NVDA")
    assert "Approve" not in card.buttons
    assert "too long" in card.text
    forged = town.hands.send_token(town.users["alice"], card, f"approve:r{request['id'].removeprefix('req_')}:1")
    assert forged.acknowledged_after is not None
    assert here.status(request)["votes"] == []
