"""Whatever a card, an answer or a form holds, Discord takes it, and people read what was written."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.discord.forms import modal
from bot.adapters.discord.markdown import cut, escaped
from bot.adapters.discord.render import Json, answer_body, card_body, rows, stands_in
from core.card import LONGEST_PARAMETERS, LONGEST_VALUE, Button, Card, Field
from core.taps import Answer, Form, FormField
from core.text import clean as plain
from core.text import units as size
from tests.contracts.messenger import ATTACHED, CHANGED, DECIDED, PENDING
from tests.platforms.clock import FastClock
from tests.platforms.discord import eyes, official
from tests.platforms.discord.component_rules import check_modal, numbered
from tests.platforms.discord.message_rules import EPHEMERAL, check_message
from tests.platforms.discord.reading import seen
from tests.platforms.discord.world import Message, World

WORLD = World(FastClock())
NASTY = st.sampled_from([*"*_~`|<>[]()#@:-+\\!.1 \n", "//", "@everyone", "<@1>", "```", "👩\u200d🔬", "e\u0301", "🏳️"])
TEXT = st.lists(st.one_of(NASTY, st.characters(codec="utf-8")), max_size=60).map("".join)
KINDS = st.sampled_from(["text", "lines", "number", "choice", "date", "boolean"])
LONG = st.one_of(TEXT, st.builds(lambda one, times: one * times, TEXT, st.integers(1, 80)))


def read(body: Json) -> str:
    """A message as a person reads it."""
    given_ids = numbered(body["components"])
    standing = Message("1", "1", WORLD.bot.id, 0.0, "", body["content"], body["embeds"], given_ids)
    return eyes.shown(standing, WORLD).text


def taken(body: Json) -> None:
    """Neither our own reading of the documentation nor the official description finds fault."""
    check_message(body, 0, EPHEMERAL)
    assert official.fault_of_request("create_message", body) is None
    assert body["content"] or body["embeds"]


@st.composite
def cards(draw: st.DrawFn) -> Card:
    labels = draw(st.lists(LONG, max_size=40))
    return replace(
        PENDING,
        tier=draw(st.integers(1, 3)),
        mark=draw(LONG),
        title=draw(LONG)[:200],
        asker=draw(LONG),
        parameters=tuple(Field(label, draw(LONG)[:LONGEST_VALUE]) for label in labels),
        says=draw(LONG),
        rules=draw(LONG),
        note=draw(TEXT),
        left=draw(TEXT),
        attached=draw(st.sampled_from(["", ATTACHED.attached])),
        link=draw(st.sampled_from(["", ATTACHED.link])),
        votes=tuple(draw(st.lists(TEXT, max_size=6))),
        outcome=draw(st.none() | TEXT.filter(bool)),
        until=draw(st.none() | st.just(datetime(2026, 12, 1, tzinfo=UTC))),
        buttons=tuple(Button("x", label, f"x:-:{n % 5}") for n, label in enumerate(draw(st.lists(TEXT, max_size=30)))),
    )


@settings(max_examples=40, deadline=None)
@given(cards())
def test_every_card_is_taken(card: Card) -> None:
    taken(card_body(card))
    taken(answer_body(Answer("Here it is.", card=card)))


@settings(max_examples=200, deadline=None)
@given(TEXT)
def test_what_is_written_is_what_is_read(text: str) -> None:
    assert seen(escaped(text, 100_000), WORLD) == plain(text)
    assert seen(escaped(text, 100_000, lines=True), WORLD) == plain(text, lines=True)


@settings(max_examples=200, deadline=None)
@given(LONG, st.integers(2, 60))
def test_what_is_cut_fits_and_is_cut_between_characters(text: str, longest: int) -> None:
    for shortened in (escaped(text, longest), cut(text, longest)):
        assert size(shortened) <= longest
    short, whole = seen(escaped(text, longest), WORLD), plain(text)
    if short != whole:
        assert short.endswith("…")
        assert whole.startswith(short[:-1])
        following = whole[len(short) - 1 :].lstrip()[:1]
        assert not following or short == "…" or unicodedata.category(following) not in ("Mn", "Me")


def test_a_card_that_may_be_approved_is_never_shortened_where_it_counts() -> None:
    worst = "*" * LONGEST_VALUE
    eight = tuple(Field(str(number), worst[:-1]) for number in range(8))
    tiny = tuple(Field(f"name {number}", "_" * 88) for number in range(25))
    for parameters in (eight, tiny):
        assert sum(len(one.label) + len(one.value) for one in parameters) <= LONGEST_PARAMETERS
        card = replace(
            ATTACHED, title="#" * 200, asker="a_b " * 80, says="|" * 9000, rules="`" * 9000, parameters=parameters
        )
        body = card_body(card)
        taken(body)
        text = read(body)
        assert "#" * 200 in text
        assert all(one.value in text for one in parameters)


def test_a_card_reads_from_top_to_bottom_as_every_card_does() -> None:
    text = read(card_body(replace(PENDING, votes=("bob: approve",), note="Mind the earnings.")))
    assert text.splitlines() == [
        "◐ elevated",
        "Sell 1 AAPL 425 call",
        "momentum asks: sell_call · AAPL",
        "strike",
        "425.0",
        "quantity",
        "1",
        "Says",
        "64 % sure · 41123.00 USD",
        "Policy",
        "elevated: amount > 10000 – any trader decides",
        "Votes",
        "bob: approve",
        "Note",
        "Mind the earnings.",
        "Until",
        text.splitlines()[-1],
    ]
    assert text.splitlines()[-1].startswith("20 November 2026 13:15 (")


def test_a_card_wears_the_colour_of_its_tier_until_it_is_decided() -> None:
    worn = [card_body(replace(PENDING, tier=tier))["embeds"][0]["color"] for tier in (1, 2, 3)]
    assert len(set(worn)) == 3
    assert {card_body(replace(DECIDED, tier=tier))["embeds"][0]["color"] for tier in (1, 2, 3)}.isdisjoint(worn)
    assert card_body(DECIDED)["components"] == []


def test_buttons_are_laid_out_five_in_a_row_and_never_carry_the_same() -> None:
    many = [Button("x", str(number), "all:-:0:approve") for number in range(13)]
    laid = rows([many, many])
    assert [len(row["components"]) for row in laid] == [5, 5, 5, 5, 5]
    tokens = [one["custom_id"] for row in laid for one in row["components"]]
    assert len(set(tokens)) == 25
    assert {token.rstrip("#") for token in tokens} == {"all:-:0:approve"}


def test_a_card_is_told_from_another_by_its_buttons() -> None:
    assert stands_in(card_body(PENDING), PENDING.request)
    assert stands_in(card_body(CHANGED), PENDING.request)
    assert not stands_in(card_body(PENDING), "req_01kb0000000000000000000001")
    assert not stands_in(card_body(PENDING), f"queue|{PENDING.request}")
    row = replace(PENDING, buttons=(Button("show", "1", "show:r01kb0000000000000000000000:1"),))
    assert stands_in(card_body(row), f"queue|{PENDING.request}")
    assert not stands_in(card_body(row), PENDING.request)


@settings(max_examples=40, deadline=None)
@given(LONG, st.lists(st.tuples(KINDS, LONG), max_size=7))
def test_every_form_is_taken(text: str, kinds: list[tuple[str, str]]) -> None:
    fields = tuple(
        FormField(f"f{number}", said, kind, said, tuple((f"{n}", said) for n in range(len(said))), said, longest=50)
        for number, (kind, said) in enumerate(kinds)
    )
    given_form = Form("edit:d01kb0000000000000000000000:0", text, fields or (FormField("f", text),), text)
    made = modal(given_form)
    check_modal(made)
    body = {"type": 9, "data": made}
    assert official.fault_of_request("create_interaction_response", body) is None


@pytest.mark.parametrize("length", [1_999, 2_001, 5_000])
def test_a_long_answer_moves_to_where_there_is_room(length: int) -> None:
    body = answer_body(Answer("x" * length))
    taken(body)
    assert read(body).startswith("x" * min(length, 4_000))
