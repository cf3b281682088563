"""What is large or odd, and allowed, on each platform: it is shown within its limits, and everything can be reached."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.running import Doc, eventually
from tests.platforms.clock import FastClock
from tests.platforms.hands import Reaction
from tests.scenarios.towns import MAKERS, Town
from tests.scenarios.whole import HOUSE, Whole, connected, house_of, read, town_of, whole

CODES = [f"reason_number_{number:02}" for number in range(59)] + ["other"]


@pytest.fixture(params=sorted(MAKERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def here(name: str, tmp_path: Path, sqlite_url: str) -> Iterator[Whole]:
    with whole(tmp_path, sqlite_url, name) as found:
        connected(found)
        yield found


@pytest.fixture
def wordy(name: str, tmp_path: Path, sqlite_url: str) -> Iterator[Whole]:
    """With sixty reasons to choose from."""
    clock = FastClock()
    reasons = "  reasons:\n" + "".join(f"    {code}: {'Why ' + code:.60}\n" for code in CODES)
    text = HOUSE.read_text(encoding="utf-8") + reasons
    with (
        town_of(name, clock) as town,
        whole(tmp_path, sqlite_url, clock=clock, towns=[town], house=house_of([town], text=text)) as found,
    ):
        connected(found)
        yield found


def direct(town: Town, person: str) -> None:
    """So that the platform lets the bot write to them."""
    user = town.users[person]
    town.hands.say(user, town.hands.direct(user), "help")


def test_an_answer_never_becomes_a_card(here: Whole, name: str) -> None:
    town = here.towns[name]
    request = here.asks(amount="250000.00")
    card = here.card(name, "Buy 100 NVDA")
    dave = town.users["dave"]
    asked = town.hands.press(dave, card, "Reject")
    noted = town.hands.press(dave, town.offering(asked, "Too risky"), "Too risky")
    assert here.status(request)["status"] == "rejected"

    def shown() -> bool:
        return "Rejected by dave" in "".join(one.text for one in town.cards() if one.id == card.id)

    eventually(shown, 20)
    posts = here.running.services.reader.posts_of(request["id"])
    assert [post.also for post in posts if post.channel == f"{name}-desk"] == [()]
    assert "Would the algorithm agree" in read(noted)


def test_every_reason_can_be_given_however_many_there_are(wordy: Whole, name: str) -> None:
    town = wordy.towns[name]
    direct(town, "dave")
    for code in (CODES[0], CODES[58]):
        request = wordy.asks(amount="250000.00", title=f"For {code}")
        card = wordy.card(name, f"For {code}")
        dave = town.users["dave"]
        answer = town.hands.press(dave, card, "Reject")
        for _ in range(8):
            offering = answer.messages[-1]
            label = f"Why {code}"
            if label in offering.buttons:
                break
            more = next(one for one in offering.buttons if one.startswith("More"))
            answer = town.hands.press(dave, offering, more)
        town.hands.press(dave, answer.messages[-1], f"Why {code}")
        ended = wordy.status(request)
        assert ended["status"] == "rejected"
        assert ended["votes"][0]["reasons"][0]["code"] == code


def test_a_hundred_choices_are_all_in_reach(here: Whole, name: str) -> None:
    town = here.towns[name]
    direct(town, "alice")
    choices = [f"{number:03} " + "c" * 190 for number in range(100)]
    request = here.asks(
        parameters={"quantity": 100, "venue": choices[0]},
        editable={"properties": {"venue": {"type": "string", "enum": choices}}},
    )
    card = here.card(name, "Buy 100 NVDA")
    alice = town.users["alice"]
    opened = town.hands.press(alice, card, "Modify")
    if opened.form is not None:
        shown = town.hands.fill(alice, opened.form, {"venue": choices[99]})
    else:
        panel = opened.messages[-1]
        listed = town.hands.press(alice, panel, next(one for one in panel.buttons if one.startswith("venue")))
        while "More …" in town_buttons(listed):
            listed = town.hands.press(alice, listed.messages[-1], "More …")
        label = next(one for one in town_buttons(listed) if one.startswith("099"))
        shown = town.hands.press(alice, listed.messages[-1], label)
        shown = town.hands.press(alice, town.offering(shown, "Done: show the change"), "Done: show the change")
    town.hands.press(alice, town.offering(shown, "Confirm this change"), "Confirm this change")
    assert here.status(request)["proposal"]["parameters"]["venue"] == choices[99]


def town_buttons(reaction: Reaction) -> tuple[str, ...]:
    return reaction.messages[-1].buttons


def test_twenty_five_fields_with_long_names_are_filled_in(here: Whole, name: str) -> None:
    town = here.towns[name]
    direct(town, "alice")
    names = [f"n{number:02}_" + "x" * 56 for number in range(25)]
    request = here.asks(
        parameters=dict.fromkeys(names, 1),
        editable={
            "properties": {
                one: {"type": "integer", "minimum": 0, "title": f"{one[:3]} " + "T" * 290, "description": "d" * 300}
                for one in names
            }
        },
        title="😀" * 200,
    )
    card = here.card(name, "😀" * 20)
    alice = town.users["alice"]
    opened = town.hands.press(alice, card, "Modify")
    for _ in range(6):
        if opened.form is None and any("Next" in one or "Modify" in one for one in town_buttons(opened)):
            label = next(one for one in town_buttons(opened) if "Next" in one or "Modify" in one)
            opened = town.hands.press(alice, opened.messages[-1], label)
        if opened.form is None:
            break
        opened = town.hands.fill(alice, opened.form, {opened.form.fields[-1].label: "0"})
    else:
        pytest.fail("it never came to an end")
    if "Confirm this change" not in town_buttons(opened):
        panel = opened.messages[-1]
        asked = town.hands.press(alice, panel, next(one for one in panel.buttons if one.startswith("n24")))
        said = town.hands.say(alice, asked.messages[-1].chat, "0", reply_to=asked.messages[-1])
        opened = town.hands.press(alice, town.offering(said, "Done: show the change"), "Done: show the change")
    town.hands.press(alice, town.offering(opened, "Confirm this change"), "Confirm this change")
    seen = here.status(request)
    assert seen["status"] == "modified"
    assert seen["proposal"]["parameters"][names[24]] == 0


LARGE: dict[str, Doc] = {
    "emoji": {"parameters": {f"p{number}": "😀" * 295 for number in range(8)}},
    "markup": {"parameters": {f"p{number}": "*_<&`~|[]\\" * 29 for number in range(8)}},
    "many": {"parameters": {f"{number:02}" + "n" * 58 + "x"[: number % 2]: "v" * 30 for number in range(25)}},
    "blank": {"parameters": {"a": " ", "b": "", "c": "\n\n", "d": []}},
}


@pytest.mark.parametrize("what", sorted(LARGE))
def test_what_may_be_approved_is_shown_to_the_last_character(here: Whole, name: str, what: str) -> None:
    town = here.towns[name]
    parameters = {k.replace("0", "a", 1) if k[0].isdigit() else k: v for k, v in LARGE[what]["parameters"].items()}
    parameters = {f"k{k}": v for k, v in parameters.items()}
    request = here.asks(parameters=parameters, editable=None, summary="s" * 3_000, title="T" * 200)
    card = here.card(name, "TTTT")
    if "Approve" in card.buttons:
        for value in parameters.values():
            if isinstance(value, str) and value.strip():
                assert value in card.text.replace("\\", "") or value in card.text, (value[:20], card.text)
    town.hands.press(town.users["alice"], card, "Reject")
    assert here.status(request)["status"] == "rejected"
