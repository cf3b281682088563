"""Whatever a card, an answer or a form holds, Slack takes it, and people read what was written."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.slack import parse
from bot.adapters.slack.checks import SCOPES
from bot.adapters.slack.forms import errors, form_view, words_view
from bot.adapters.slack.manifest import manifest
from bot.adapters.slack.parse import Back, Heard
from bot.adapters.slack.render import Json, answer_blocks, answer_notification, card_blocks, card_notification
from bot.adapters.slack.text import escaped_and_cut, harmless, typed
from core.card import LONGEST_PARAMETERS, LONGEST_VALUE, Button, Card, Field
from core.taps import Answer, Form, FormField, Tap
from core.text import clean, cut
from tests.contracts.messenger import ATTACHED, CHANGED, DECIDED, PENDING
from tests.contracts.platform import CHIPS, SEVERAL, WORDS
from tests.platforms.clock import FastClock
from tests.platforms.slack.block_rules import LONGEST_BLOCKS, block_problems, characters, view_problems
from tests.platforms.slack.reading import calls, read_blocks, unescape, written
from tests.platforms.slack.world import World

GOLDEN = Path(__file__).parent / "slack" / "golden"
WORLD = World(FastClock())
BACK = Back("U1", "C1", "", "C1/1.2", "https://hooks.slack.test/actions/T1/1/x", False)
EMOJI = ("👩\u200d🔬", "e\u0301", "🏳️", "\u202e")
NASTY = st.sampled_from([*"*_~`|<>&[]()#@:-+\\!.1 \n", "<!channel>", "<@U1>", ":x:", *EMOJI])
TEXT = st.lists(st.one_of(NASTY, st.characters(codec="utf-8")), max_size=60).map("".join)
LONG = st.one_of(TEXT, st.builds(lambda one, times: one * times, TEXT, st.integers(1, 80)))
KINDS = st.sampled_from(["text", "lines", "number", "choice", "date", "boolean"])


def taken(body: Json) -> None:
    """Slack takes this message, and it calls nobody."""
    assert block_problems(body["blocks"], "message", lambda file: False) == []
    assert characters(body["blocks"]) <= LONGEST_BLOCKS
    assert 0 < len(body["text"]) <= 300
    assert [one for text in written(body) for one in calls(text)] == []


@st.composite
def cards(draw: st.DrawFn) -> Card:
    labels = draw(st.lists(LONG, max_size=60))
    buttons = draw(st.lists(st.builds(Button, st.just("show"), LONG, st.text("abc:-1", max_size=64)), max_size=15))
    return replace(
        PENDING,
        tier=draw(st.integers(1, 3)),
        mark=draw(TEXT),
        title=draw(LONG)[:200],
        asker=draw(LONG),
        parameters=tuple(Field(label, draw(LONG)[:LONGEST_VALUE]) for label in labels),
        says=draw(LONG),
        rules=draw(LONG),
        note=draw(LONG),
        left=draw(LONG),
        attached=draw(st.sampled_from(["", ATTACHED.attached])),
        link=draw(st.sampled_from(["", ATTACHED.link])),
        votes=tuple(draw(st.lists(LONG, max_size=20))),
        buttons=tuple(buttons),
        outcome=draw(st.one_of(st.none(), LONG)),
    )


@settings(max_examples=60, deadline=None)
@given(cards(), st.one_of(st.just(""), LONG))
def test_every_card_is_taken(card: Card, words: str) -> None:
    taken({"text": card_notification(card), "blocks": card_blocks(card)})
    answer = Answer(words, card, (card.buttons,), refused=True)
    taken({"text": answer_notification(answer), "blocks": answer_blocks(answer)})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=25))
def test_the_parameters_of_a_card_that_may_be_approved_are_shown_whole(pairs: list[tuple[str, str]]) -> None:
    fields = tuple(Field(label or "x", value or "x") for label, value in pairs)
    if sum(len(one.label) + len(one.value) for one in fields) > LONGEST_PARAMETERS:
        return
    blocks = card_blocks(replace(ATTACHED, parameters=fields, says="s" * 3000, rules="r" * 3000))
    shown = read_blocks(WORLD, blocks)
    for one in fields:
        # A text object of Slack's loses the space around it.
        assert clean(one.value).strip() in shown
    taken({"text": "x", "blocks": blocks})


@settings(max_examples=60, deadline=None)
@given(LONG)
def test_an_answer_of_any_length_is_taken(text: str) -> None:
    blocks = answer_blocks(Answer(text))
    if blocks:
        taken({"text": answer_notification(Answer(text)), "blocks": blocks})


FORM_FIELDS = st.builds(
    FormField,
    name=st.text("abc_", min_size=1, max_size=40),
    label=LONG,
    kind=KINDS,
    value=st.one_of(TEXT, st.sampled_from(["1", "1.50", "-3", "1e5", "NaN", "2026-12-18", "a", "yes"])),
    choices=st.lists(st.tuples(LONG, LONG), max_size=120).map(tuple),
    hint=LONG,
    required=st.booleans(),
    longest=st.integers(0, 5_000),
    error=LONG,
)


@settings(max_examples=60, deadline=None)
@given(LONG, st.lists(FORM_FIELDS, max_size=50), LONG, LONG)
def test_every_form_is_taken(title: str, fields: list[FormField], note: str, submit: str) -> None:
    form = Form("edit:d01kb0000000000000000000000:0", title, tuple(fields), note, submit)
    view = form_view(form, BACK)
    assert view_problems(view, lambda file: False) == []
    inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
    assert set(errors(form, form.token)) <= inputs
    assert errors(form, "another") == {}
    assert view_problems(words_view("Placet", note), lambda file: False) == []


def test_a_form_comes_back_with_all_that_it_needs() -> None:
    view = form_view(SEVERAL, BACK)
    state = {block["block_id"]: {block["element"]["action_id"]: {"value": "7"}} for block in view["blocks"]}
    view |= {"id": "V1", "state": {"values": state}}
    body = {"trigger_id": "t", "user": {"id": "U1", "team_id": "T1"}, "view": view}
    heard = parse.submission(body)
    values = {field.name: "7" for field in SEVERAL.fields}
    tap = Tap("t", "slack", "T1", "U1", token=SEVERAL.token, values=values, chat="C1", ref="C1/1.2")
    assert heard == Heard(tap, BACK, view="V1")


# Golden files: what they hold is what Slack gets. Delete one and run again to write it anew.

FACES = {
    "pending": PENDING,
    "changed": replace(CHANGED, votes=("dave: approve",), tier=3, mark="● critical"),
    "attached": ATTACHED,
    "decided": DECIDED,
    "hostile": replace(
        PENDING,
        title="<!channel> *bold* " + "long " * 40,
        parameters=(Field("note", "a\n*Approved by alice*"), Field("<@U1>", "&lt;"), Field("plain", "1 → 2")),
        says="look: https://evil.test <http://evil.test|here>",
        note="This is too long to be shown whole here.",
        buttons=PENDING.buttons[1:],
    ),
    "queue": replace(
        PENDING,
        tier=1,
        mark="○ routine",
        title="8 routine requests",
        parameters=tuple(Field(f"{n}  Buy {n} NVDA", f"momentum: qty {n} · 64 % sure") for n in range(1, 9)),
        buttons=(
            Button("all", "Approve all 8", "all:-:0:approve", "yes"),
            Button("all", "Reject all 8", "all:-:0:reject", "no"),
            *(Button("show", str(n), f"show:r01kb000000000000000000000{n}:1") for n in range(1, 9)),
        ),
    ),
}


def golden(name: str, made: object) -> None:
    file = GOLDEN / f"{name}.json"
    text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        pytest.fail(f"{file.name} was written anew: read it")
    assert file.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", FACES)
def test_a_card_as_it_is_sent(name: str) -> None:
    blocks = card_blocks(FACES[name])
    golden(f"card-{name}", {"text": card_notification(FACES[name]), "blocks": blocks})
    taken({"text": "x", "blocks": blocks})


def test_an_answer_as_it_is_sent() -> None:
    golden("answer", answer_blocks(Answer("Rejected. Why?", rows=CHIPS, refused=True)))


def test_a_form_as_it_is_sent() -> None:
    fields = (replace(SEVERAL.fields[0], error="must be at most 10"), *SEVERAL.fields[1:])
    golden("form", form_view(replace(SEVERAL, fields=fields, note="Nothing is changed before you send this."), BACK))


# Text


@pytest.mark.parametrize(
    ("text", "longest", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 4, "abc…"),
        ("ab👩\u200d🔬cd", 5, "ab…"),
        ("abe\u0301cd", 4, "ab…"),
        ("ab👍🏽cd", 4, "ab…"),
        ("ab   cdef", 5, "ab…"),
    ],
)
def test_a_text_is_cut_between_what_reads_as_one(text: str, longest: int, shown: str) -> None:
    assert cut(text, longest) == shown


@given(TEXT, st.integers(1, 100))
def test_an_escaped_text_is_never_cut_within_an_escape(text: str, longest: int) -> None:
    made = escaped_and_cut(text, longest)
    assert len(made) <= longest
    assert not any(character in unescape(made) for character in "<>&" if character not in text)


@pytest.mark.parametrize("text", ["*b*", "_i_", "a _i_", "~s~", "`c`", "<@U1>", "a & b", ":tada:", "> quoted", "x_ y"])
def test_what_markup_would_change_is_not_harmless(text: str) -> None:
    assert not harmless(text)


@pytest.mark.parametrize("text", ["sell_call", "425.0", "1 → 2", "12:30", "a-b (c) [d]", "NVDA/USD #1 @home", "50 %"])
def test_what_is_usual_is_harmless(text: str) -> None:
    assert harmless(text)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("a &lt; b &amp;amp; c", "a < b &amp; c"),
        ("see <https://x.test/a|x.test/a> and <mailto:a@b.c|a@b.c>", "see x.test/a and a@b.c"),
        ("<https://x.test>", "https://x.test"),
        ("<@U1> <#C1|desk>", "<@U1> <#C1|desk>"),
    ],
)
def test_what_was_typed_is_read_as_it_was_typed(sent: str, meant: str) -> None:
    assert typed(sent) == meant


def test_the_manifest_asks_for_the_scopes_that_are_checked_and_no_more() -> None:
    made = manifest()
    assert made["oauth_config"]["scopes"]["bot"] == list(SCOPES)
    assert made["settings"]["socket_mode_enabled"] is True
    assert made["settings"]["event_subscriptions"]["bot_events"] == ["app_mention", "message.im"]
    assert len(made["display_information"]["description"]) <= 140


def test_the_deadline_is_shown_in_the_readers_own_time() -> None:
    until = datetime(2026, 11, 20, 13, 15, tzinfo=UTC)
    blocked = replace(PENDING, left="Until 20 Nov, 13:15 UTC – nobody could approve it", until=until)
    (element,) = card_blocks(blocked)[-2]["elements"]
    assert element["text"] == (
        "Until <!date^1795180500^{date_short_pretty}, {time}|20 Nov, 13:15 UTC> – nobody could approve it"
    )
    (element,) = card_blocks(replace(blocked, left="*now*"))[-2]["elements"]
    assert element == {"type": "plain_text", "text": "*now*", "emoji": False}


def test_what_a_form_may_follow_is_known_beforehand() -> None:
    tokens = {
        "modify:r01kb:1": True,
        "changes:r01kb:1": True,
        "why:r01kb:1:other~abcde": True,
        "confirm:d01kb:0:other": True,
        "why:r01kb:1:risk~abcde": False,
        "approve:r01kb:1": False,
        "approve:r01kb:1:other": True,
    }
    found = {token: Heard(Tap("1", "slack", "T", "U", token=token), BACK).opens_a_form for token in tokens}
    assert found == tokens
    assert Heard(Tap("1", "slack", "T", "U", text="ask"), BACK).opens_a_form
    assert not Heard(Tap("1", "slack", "T", "U", text="pending"), BACK).opens_a_form
    assert WORDS.token.endswith(":other")
