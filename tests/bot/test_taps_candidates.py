"""Candidates decided by taps: the reason decides, and whoever is late is told who was first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.taps.candidates import VERBS, buttons
from core.learning.candidate_bodies import STREAM
from core.learning.candidates import Candidate, Decide, Status
from core.taps import Answer
from core.token import Token, guard_of
from tests.bot.proposing import folded, now, proposed
from tests.bot.running import Running, placet, settings_in
from tests.bot.tapping import Chatroom, Hand, labels


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with placet(settings_in(tmp_path_factory.mktemp("house"))) as running:
        yield running


@pytest.fixture(scope="module")
def room(house: Running) -> Chatroom:
    return Chatroom(house)


@pytest.fixture(scope="module")
def hands(room: Chatroom) -> dict[str, Hand]:
    return {name: room.link(name) for name in ("alice", "bob", "erin", "frank")}


@pytest.fixture
def candidate(house: Running) -> Candidate:
    return proposed(house)


def pressed(hand: Hand, candidate: Candidate, choice: Decide) -> Answer:
    verb = next(verb for verb, one in VERBS.items() if one is choice)
    return hand.presses(Token(verb, candidate.id, candidate.version))


def test_a_reason_is_asked_for_and_the_tap_on_it_decides(
    house: Running, hands: dict[str, Hand], candidate: Candidate
) -> None:
    asked = pressed(hands["alice"], candidate, Decide.IMPLEMENT)
    assert "Nothing is decided yet" in asked.text
    assert now(house, candidate.id).status is Status.PROPOSED
    done = hands["alice"].chooses(asked, "I do it on purpose")
    assert "to be implemented" in done.text
    assert "Nothing changes by itself" in done.text
    assert done.instead
    stands = now(house, candidate.id)
    assert stands.status is Status.IMPLEMENT
    assert stands.last is not None
    assert (stands.last.by, stands.last.reason, stands.last.via) == ("alice", "on_purpose", "paper")
    assert folded(house, candidate.id) == stands


def test_the_new_version_is_named_in_a_form(house: Running, hands: dict[str, Hand], candidate: Candidate) -> None:
    alice = hands["alice"]
    done = alice.chooses(pressed(alice, candidate, Decide.IMPLEMENT), "The evidence")
    form = alice.chooses(done, "Name the new version")
    wrong = alice.fills(form.form, version="   ")
    assert wrong.form is not None
    assert wrong.form.fields[0].error
    named = alice.fills(wrong.form, version="v2.1-abc")
    assert "implemented" in named.text
    assert now(house, candidate.id).new_algorithm == "v2.1-abc"


def test_a_typed_reply_names_it_where_there_are_no_forms(
    house: Running, hands: dict[str, Hand], candidate: Candidate
) -> None:
    alice = hands["alice"]
    done = alice.chooses(pressed(alice, candidate, Decide.IMPLEMENT), "The evidence")
    form = alice.chooses(done, "Name the new version")
    assert "implemented" in alice.replies(form.form, "v3").text


def test_a_deferral_asks_until_when_and_then_why(house: Running, hands: dict[str, Hand], candidate: Candidate) -> None:
    alice = hands["alice"]
    until = pressed(alice, candidate, Decide.DEFER)
    assert labels(until) == ["2 weeks", "4 weeks", "12 weeks"]
    done = alice.chooses(alice.chooses(until, "12 weeks"), "I want to see more")
    stands = now(house, candidate.id)
    assert stands.status is Status.DEFERRED
    assert stands.until is not None
    assert timedelta(weeks=11, days=6) < stands.until - house.services.clock.now() <= timedelta(weeks=12)
    assert f"{stands.until:%-d %b %Y}" in done.text


def test_another_reason_takes_words_which_the_vault_keeps(
    house: Running, hands: dict[str, Hand], candidate: Candidate
) -> None:
    alice = hands["alice"]
    form = alice.chooses(pressed(alice, candidate, Decide.REJECT), "Something else")
    assert form.form is not None
    alice.fills(form.form, words="Only while rates fall.")
    last = now(house, candidate.id).last
    assert last is not None
    assert last.words is not None
    assert house.services.reader.words([last.words]) == {last.words: "Only while rates fall."}
    entry = house.services.reader.history(f"{STREAM}{candidate.id}")[-1].fact
    assert "rates" not in str(entry.body)
    assert entry.body["words"] == last.words


def test_a_tap_that_is_delivered_twice_counts_once(
    house: Running, hands: dict[str, Hand], candidate: Candidate
) -> None:
    alice = hands["alice"]
    first = alice.chooses(pressed(alice, candidate, Decide.REJECT), "I think it is chance")
    assert alice.again() == first
    assert len(now(house, candidate.id).decisions) == 1


def test_a_second_press_of_the_same_button_says_the_same(
    house: Running, hands: dict[str, Hand], candidate: Candidate
) -> None:
    alice = hands["alice"]
    asked = pressed(alice, candidate, Decide.REJECT)
    first = alice.chooses(asked, "I think it is chance")
    second = alice.chooses(asked, "I think it is chance")
    assert second.text == first.text
    assert len(now(house, candidate.id).decisions) == 1


def test_an_old_button_decides_nothing_and_shows_how_it_stands(
    house: Running, hands: dict[str, Hand], candidate: Candidate
) -> None:
    alice, erin = hands["alice"], hands["erin"]
    alice.chooses(alice.chooses(pressed(alice, candidate, Decide.DEFER), "2 weeks"), "No time")
    old = pressed(erin, candidate, Decide.IMPLEMENT)
    assert old.refused
    assert "alice deferred it on" in old.text
    assert labels(old) == ["Implement", "Defer", "Reject"]
    erin.chooses(erin.chooses(old, "Implement"), "The evidence")
    assert now(house, candidate.id).status is Status.IMPLEMENT


def test_a_reason_that_was_asked_before_somebody_else_decided_is_refused_with_who(
    house: Running, hands: dict[str, Hand], candidate: Candidate
) -> None:
    alice, erin = hands["alice"], hands["erin"]
    asked = pressed(erin, candidate, Decide.IMPLEMENT)
    alice.chooses(pressed(alice, candidate, Decide.REJECT), "I want to decide this by hand")
    late = erin.chooses(asked, "The evidence")
    assert late.refused
    assert "alice rejected it on" in late.text
    assert now(house, candidate.id).status is Status.REJECTED


def test_somebody_it_does_not_concern_is_told_so_at_once(
    hands: dict[str, Hand], room: Chatroom, candidate: Candidate
) -> None:
    bob = pressed(hands["bob"], candidate, Decide.IMPLEMENT)
    assert bob.refused
    assert "for alice to decide" in bob.text
    frank = pressed(hands["frank"], candidate, Decide.IMPLEMENT)
    assert frank.refused
    stranger = room.stranger("U-nobody")
    assert "do not know whose account" in pressed(stranger, candidate, Decide.IMPLEMENT).text


def test_buttons_that_were_meant_for_one_person_are_for_no_other(hands: dict[str, Hand], candidate: Candidate) -> None:
    ((first, *_),) = buttons(candidate, guard_of("alice"))
    assert "somebody else" in hands["erin"].presses(first.token).text
    assert "Why" in hands["alice"].presses(first.token).text


@pytest.mark.parametrize("argument", ["nonsense", "w3.busy", "w4.nonsense", "busy"])
def test_a_token_of_ones_own_making_decides_nothing(
    house: Running, hands: dict[str, Hand], candidate: Candidate, argument: str
) -> None:
    for verb in ("cdo", "cdefer", "creject"):
        answer = hands["alice"].presses(Token(verb, candidate.id, candidate.version, argument))
        assert answer.refused
    for about in ("cnd_" + "0" * 26, "req_" + "0" * 26, ""):
        assert hands["alice"].presses(Token("cdo", about, 1, "evidence")).refused
    assert now(house, candidate.id).version == 1


def test_several_in_one_message_are_told_apart_by_their_number(candidate: Candidate) -> None:
    ((first, *_),) = buttons(candidate, number=2)
    assert first.label == "2. Implement"
    assert len(first.token) <= 64


def test_what_is_over_has_no_buttons(candidate: Candidate) -> None:
    assert buttons(replace(candidate, status=Status.KEPT)) == ()
