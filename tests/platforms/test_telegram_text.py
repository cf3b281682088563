"""Cards and answers as Telegram reads them: always whole, never steered. Pure; the reader is the local server's own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.adapters.telegram.render import (
    LONGEST_TEXT,
    answer_html,
    card_html,
    keyboard,
    mention,
    place_of,
    question_html,
    ref_of,
    sentences_html,
)
from bot.adapters.telegram.text import cut, inert
from core.card import LONGEST_PARAMETERS, Button, Card, Field
from core.taps import Answer, Form, FormField
from core.text import clean, units
from tests.contracts.messenger import ATTACHED, DECIDED, PENDING
from tests.platforms.clock import FastClock
from tests.platforms.telegram.html import units as units_of_the_server
from tests.platforms.telegram.texts import MOST_ENTITIES, formatted
from tests.platforms.telegram.world import Json, User, World

WORLD = World(FastClock(), User(1, "Placet", "placet_local_bot", bot=True))
ALICE = WORLD.add_user("Alice", "alice_a", bot=False)
ALICE.started = True
OURS = {"bold", "italic", "code", "text_mention"}
HAZARDS = (
    "@alice_a", "/approve", "#now", "$AAPL", "https://evil.example/x", "evil.com", "a@b.io", "tg://user?id=10000001",
    "<a href='http://x.com'>", "</b>", "&lt;", "&#64;alice_a", "<", ">", "&", "👨‍👩‍👧", "🇩🇪", "é", "\u202e", "\u200b",
    "\n", "\r", "\ud800", "x" * 300, "(see", "/x)", "“@alice_a”", "+49 170 1234567", " ", "AAPL.US", "t.me/x", "*b*",
)  # fmt: skip
text = st.lists(st.sampled_from(HAZARDS) | st.text(max_size=5), max_size=12).map("".join)
longer = st.lists(text, max_size=40).map(" ".join)


def read(html: str) -> tuple[str, list[Json]]:
    return formatted(html, "HTML", "", WORLD)


@st.composite
def cards(draw: st.DrawFn) -> Card:
    pending = draw(st.booleans())
    count = draw(st.integers(0, 40))
    return replace(
        PENDING if pending else DECIDED,
        title=draw(text)[:200] or "x",
        asker=draw(text),
        parameters=tuple(Field(draw(text), draw(text)) for _ in range(min(count, 4))) * (1 + count // 4),
        says=draw(longer),
        rules=draw(longer),
        attached=draw(st.sampled_from(["", ATTACHED.attached])),
        link=draw(st.sampled_from(["", ATTACHED.link])),
        votes=tuple(draw(st.lists(text, max_size=30))),
        note=draw(text),
        outcome=None if pending else draw(longer),
    )


@settings(max_examples=40, deadline=None)
@given(cards())
def test_any_card_is_taken_and_holds_no_markup_but_ours(card: Card) -> None:
    shown, entities = read(card_html(card))
    assert units_of_the_server(shown) <= LONGEST_TEXT
    assert {one["type"] for one in entities} <= OURS | {"text_link"}
    assert [one["url"] for one in entities if one["type"] == "text_link"] == [card.link] * bool(card.link)
    assert all(one["type"] != "text_mention" for one in entities)
    assert clean(card.title)[:20].strip() in shown


@settings(max_examples=60, deadline=None)
@given(longer, st.sampled_from(["", "b", "i"]))
@example("see (/approve) now", "")
@example("/approve", "b")
def test_nothing_in_a_text_is_alive(words: str, tag: str) -> None:
    plain = clean(words)
    if plain.strip():
        shown, entities = formatted(inert(plain, tag), "HTML", "", WORLD, longest=100_000)
        assert shown.strip() == plain.strip()
        assert {one["type"] for one in entities} <= OURS


@settings(max_examples=40, deadline=None)
@given(longer)
def test_sentences_and_answers_are_taken(words: str) -> None:
    for html in (
        sentences_html(words),
        answer_html(Answer(words, card=PENDING)),
        answer_html(Answer(words), "<b>x</b>"),
    ):
        if clean(html).strip():
            _, entities = read(html if html.strip() else "x")
            assert {one["type"] for one in entities} <= OURS


@settings(max_examples=60, deadline=None)
@given(text, st.integers(1, 40))
def test_what_is_cut_is_short_enough_and_keeps_whole_characters(words: str, longest: int) -> None:
    shown = cut(clean(words), longest)
    assert units(shown) <= longest
    family, flag = "👨‍👩‍👧", "🇩🇪"
    assert cut(f"ab{family}", 6) == "ab…"
    assert cut(f"ab{flag}", 5) == "ab…"


def test_a_card_that_may_be_approved_shows_every_parameter_whole() -> None:
    values = tuple(Field(f"name{n:02}", "@" + "é" * (LONGEST_PARAMETERS // 25 - 8)) for n in range(25))
    card = replace(ATTACHED, title="😀" * 200, parameters=values, says="s" * 5_000, rules="r" * 5_000)
    shown, entities = read(card_html(card))
    for field in values:
        assert f"{field.label}  {field.value}" in shown
    assert len(entities) <= MOST_ENTITIES
    assert 0.98 * LONGEST_TEXT < units_of_the_server(shown) <= LONGEST_TEXT, "what room there is, is used"


def test_a_card_reads_from_the_tier_to_the_outcome() -> None:
    shown, _ = read(card_html(replace(DECIDED, parameters=(Field("strike", "425.0 → 430"),))))
    assert shown.split("\n") == [
        "⚪ ◐ elevated · Sell 1 AAPL 425 call",
        "momentum asks: sell_call · AAPL",
        "",
        "strike  425.0 → 430",
        "",
        "64 % sure · 41123.00 USD",
        "elevated: amount > 10000 – any trader decides",
        "",
        "alice: approve",
        "",
        "► Approved by alice, 20 Nov 09:15 UTC",
    ]


@pytest.mark.parametrize(("tier", "colour"), [(1, "🟢"), (2, "🟠"), (3, "🔴")])
def test_the_tier_is_a_word_and_a_colour(tier: int, colour: str) -> None:
    assert read(card_html(replace(PENDING, tier=tier)))[0].startswith(f"{colour} ◐ elevated")


def test_buttons_stand_in_rows_that_a_telephone_shows() -> None:
    laid = keyboard([PENDING.buttons])
    assert laid is not None
    assert [[button.text for button in row] for row in laid.inline_keyboard] == [
        ["Approve", "Reject"],
        ["Modify", "More …"],
    ]
    assert [button.style for row in laid.inline_keyboard for button in row] == ["success", "danger", None, None]
    numbers = keyboard([[Button("show", str(n), f"show:-:0:{n}") for n in range(1, 11)]])
    assert numbers is not None
    assert [len(row) for row in numbers.inline_keyboard] == [5, 5]
    assert keyboard([()]) is None


def test_a_question_says_what_is_asked_and_what_was_wrong() -> None:
    form = Form("why:-:0", "Why?", (FormField("words", "In your own words", error="must be said"),), note="Rejected.")
    shown, entities = read(question_html(form, mention(str(ALICE.id), "Alice <b>")))
    assert shown == "Alice <b>: ⚠️ must be said\nRejected.\nIn your own words"
    assert [one["user"]["id"] for one in entities if one["type"] == "text_mention"] == [ALICE.id]


def test_references_name_the_chat_because_numbers_repeat() -> None:
    assert place_of(ref_of(-1002000000001, 7)) == (-1002000000001, 7)
    assert place_of("never-posted") is None
    assert place_of("1:2:3") is None
