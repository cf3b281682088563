"""Input that nobody sends who means well, and proposals that are only unusual: each has an answer, and a clear one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.taps import Answer
from core.token import Token
from tests.attacks.conftest import HOUSE
from tests.bot.asking import looked_at, submitted
from tests.bot.running import Doc, Running, placet, settings_in
from tests.bot.tapping import Chatroom, Hand

ODD = (
    "", " ", "/", "link", "\x00", "\ud800", "\u202eevil", "a" * 40_000, "show", "show req_" + "\x00" * 26,
    "show req_" + "\ud800" * 26, "show req_" + "%" * 26, "show " + "²" * 9, "show " + "z" * 39_000,
    "why \x00\x00\x00\x00",     "away 9999-12-31T23:59:59-12:00",
    "away 0001-01-01T00:00:00+14:00", "away 999w", "away 3d \x00", "away 0h",
    "away 3d " + "b" * 9_000, "away -1d", "away 2026-13-45", "ask \x00", "ask " + "x " * 9_000, "ask " + "😀" * 200,
    "ask x 999999999999999 USD", "ask a\u0301\u0301\u0301\u0301\u0301", "ask x 1 usd", "ask \u202e", "pending pending",
    "back back", "HELP", "approve ../..", "link " + "A" * 40_000, "link \ud800\ud800", "link 𝟘𝟘𝟘𝟘", "start \x00",
    "modify \ud83d", "reject ????", "approve ١٢٣٤",
)  # fmt: skip
ID = "01kb0000000000000000000000"
VERBS = (
    "approve", "reject", "abstain", "changes", "why", "agree", "modify", "edit", "field", "set", "preset", "back",
    "done", "confirm", "drop", "batch", "more", "show", "ask", "all", "adopt", "none",
)  # fmt: skip


def sane(answer: Answer) -> None:
    assert "went wrong" not in answer.text, answer
    assert "Placet failed" not in answer.text, answer
    assert len(answer.text) < 4_000
    answer.text.encode(errors="surrogatepass")


@pytest.fixture
def anywhere(tmp_path: Path, database_url: str) -> Iterator[Running]:
    with placet(settings_in(tmp_path, database_url, house=HOUSE.read_text(encoding="utf-8"))) as found:
        yield found


def test_odd_words_are_answered_plainly(anywhere: Running) -> None:
    room = Chatroom(anywhere)
    request = submitted(anywhere.program("momentum"))
    alice, stranger = room.link("alice"), room.stranger("nobody")
    for text in ODD:
        sane(alice.types(text))
        sane(stranger.types(text))
        sane(alice.sends(text=text, reply_to="room/1"))
        sane(alice.sends(token=text, values={text: text}))
        for verb in ("changes", "ask"):
            token = Token(verb, request["id"] if verb == "changes" else "", 1 if verb == "changes" else 0)
            sane(alice.sends(token=str(token), values={"words": text, "what": text, "amount": text, text: text}))
    assert looked_at(anywhere.client(), request)["status"] in ("pending", "changes_requested")


def tokens_for(request: Doc, drafts: list[str]) -> Iterator[str]:
    abouts = ["-:", f"r{ID}:", f"d{ID}:", "r" + request["id"].removeprefix("req_") + ":", *(f"d{d}:" for d in drafts)]
    for verb in VERBS:
        for about in abouts:
            for tail in ("0", "1", "9999", "0:0", "0:99", "1:risk", "1:other", "0:.", "1:yes", "0:-", "0:approve"):
                yield f"{verb}:{about}{tail}"


@pytest.mark.parametrize("fields", [0, 5, None])
def test_tokens_of_another_kind_are_refused_and_never_fatal(running: Running, fields: int | None) -> None:
    room = Chatroom(running, fields=fields, channels={"orders": "desk"})
    carol = room.link("carol")
    request = submitted(running.program("momentum"))
    opened = carol.taps("modify", request)
    # Nothing of this may decide: Carol never may, whatever she sends.
    found = opened.form.token if opened.form else opened.rows[0][0].token
    draft = found.split(":")[1].removeprefix("d")
    for token in tokens_for(request, [draft]):
        sane(carol.presses(token, chat="orders", ref="orders/1"))
        sane(carol.presses(token, values={"quantity": "\x00" * 99, "preset": "99", "words": "x", "side": "²"}))
    assert looked_at(running.client(), request)["votes"] == []


def opened(hand: Hand, request: Doc) -> Answer:
    answer = hand.taps("modify", request)
    assert answer.form is not None
    return answer


AWKWARD: dict[str, tuple[object, Doc]] = {
    "spaces": (" buy ", {"type": "string", "enum": [" buy ", "sell"]}),
    "blanks": ("one \n", {"type": "string", "maxLength": 100}),
    "lines": ("one\ntwo", {"type": "string", "maxLength": 100}),
    "commas": (["a, b", "c"], {"type": "array", "items": {"type": "string"}}),
    "empty": ([], {"type": "array", "items": {"type": "string"}}),
    "void": ([""], {"type": "array", "items": {"type": "string"}}),
    "long": (10**20, {"type": "number"}),
}


@pytest.mark.parametrize("name", sorted(AWKWARD))
def test_what_cannot_be_typed_again_is_left_as_it_is(room: Chatroom, running: Running, name: str) -> None:
    value, schema = AWKWARD[name]
    quantity = {"type": "integer", "minimum": 1}
    request = submitted(
        running.program("momentum"),
        parameters={"quantity": 100, name: value},
        editable={"properties": {"quantity": quantity, name: schema}},
    )
    alice = room.link("alice")
    # As a platform sends back what it has shown: without what its inputs cannot hold.
    form = opened(alice, request).form
    assert form is not None
    given = {one.name: one.value.replace("\n", " ").strip() for one in form.fields}
    shown = alice.fills(form, **{**given, "quantity": "50"})
    assert shown.form is None, shown.form
    assert shown.text.count("→") == 1, shown.text
    alice.chooses(shown, "Confirm")
    assert looked_at(running.client(), request)["proposal"]["parameters"] == {"quantity": 50, name: value}


def test_a_parameter_called_preset_is_no_preset(room: Chatroom, running: Running) -> None:
    field = {"type": "integer", "minimum": 0, "maximum": 9}
    request = submitted(
        running.program("momentum"),
        parameters={"preset": 4, "quantity": 8},
        editable={"properties": {"preset": field, "quantity": field}},
    )
    alice = room.link("alice")
    form = opened(alice, request).form
    assert form is not None
    names = [one.name for one in form.fields]
    assert len(set(names)) == len(names), names
    shown = alice.fills(form, preset="0", quantity="8")
    assert "preset: 4 → 0\nNothing counts" in shown.text


def test_until_when_somebody_is_away_is_said_in_utc(room: Chatroom) -> None:
    assert "01 Dec, 05:00 UTC" in room.link("alice").types("away 2027-12-01T10:00+05:00").text


def test_one_odd_question_does_not_spoil_those_that_come_with_it(anywhere: Running) -> None:
    room = Chatroom(anywhere)
    request = submitted(anywhere.program("momentum"))
    alice, bob = room.link("alice"), room.link("bob")
    for _ in range(5):
        bob.types("show req_" + "\x00" * 26)
        assert alice.taps("more", request).rows


def test_the_link_that_only_opens_a_chat_is_no_code(room: Chatroom) -> None:
    alice = room.link("alice")
    for _ in range(6):
        assert "pending –" in alice.types("start hello").text
    assert room.stranger("new").types("start ABCD-2345").refused
