"""The history of a request as sentences."""

from __future__ import annotations

from datetime import timedelta

from core.codec_events import Fact, write_event
from core.events import (
    Blocked,
    Claimed,
    ContextUpdated,
    Decided,
    Escalated,
    ReasonGiven,
    Reminded,
    RequestEvent,
    Unblocked,
    Voted,
    VoteTakenBack,
    VoteVoided,
)
from core.model import Actor, ActorKind, Choice, Claim, Decision, Outcome, Reason, Route, Vote, WouldAgree
from core.story import Line, story
from tests.cast import NOW

ALICE = Actor(ActorKind.PERSON, "alice", "slack")
CLOCK = Actor(ActorKind.SYSTEM, "clock", "clock")


def fact(event: RequestEvent, actor: Actor = CLOCK, seq: int = 1) -> Fact:
    return Fact(seq, NOW, type(event).__name__, actor, "cmd", write_event(event))


def told(event: RequestEvent, actor: Actor = CLOCK) -> Line:
    (line,) = story([fact(event, actor)], {"risk": "Too risky"}, {"c1": "Earnings <b>soon</b>"})
    return line


def voted(choice: Choice, **more: object) -> Voted:
    return Voted(Vote("alice", choice, 1, NOW, "slack", **more), "h", "s", "p")  # type: ignore[arg-type]


def test_a_vote_says_who_what_why_and_over_which_surface() -> None:
    reason = Reason("risk", NOW, "c1", WouldAgree.NO)
    line = told(voted(Choice.REJECT, reasons=(reason,)), ALICE)
    assert line.what == "alice rejected"
    assert line.why == "Too risky, the algorithm knew it and would still differ"
    assert line.words == "Earnings <b>soon</b>"
    assert line.via == "Slack"
    assert line.at == NOW


def test_whoever_stands_in_is_named_with_the_absent() -> None:
    assert told(voted(Choice.APPROVE, acting_for="bob"), ALICE).what == "alice for bob, who is away, approved"


def test_words_that_were_erased_are_not_there_and_nothing_else_is_missing() -> None:
    line = told(ReasonGiven("alice", 1, Reason("risk", NOW, "gone")), ALICE)
    assert (line.what, line.why, line.words) == ("alice said why", "Too risky", "")


def test_an_answer_without_a_code_is_told_by_itself() -> None:
    line = told(ReasonGiven("alice", 1, Reason("", NOW, None, WouldAgree.YES)), ALICE)
    assert line.why == "the algorithm would agree if it knew"


def test_what_placet_does_by_itself_names_no_surface() -> None:
    for event, said in (
        (Reminded(), "The time was nearly over: those who had not decided were reminded"),
        (Escalated(1, Route(roles=("head",)), "nobody was there"), "Now asked as well: head"),
        (Blocked("nobody is there"), "Nobody could decide it: an administrator was warned"),
        (Unblocked(), "Somebody who may decide was there again"),
        (VoteVoided("bob", 1), "The vote of bob no longer counts: they are not with us any more"),
        (VoteTakenBack("bob", 1, NOW), "bob took their vote back before it counted"),
    ):
        line = told(event)
        assert line.what == said
        assert line.via == ""


def test_every_end_has_a_sentence_and_the_good_and_the_bad_are_marked() -> None:
    tones = {}
    for outcome in Outcome:
        line = told(Decided(Decision(outcome, NOW, 1, ("alice",))))
        assert "alice" in line.what
        tones[outcome] = line.tone
    assert {o for o, tone in tones.items() if tone == "good"} == {Outcome.APPROVED, Outcome.MODIFIED}
    assert {o for o, tone in tones.items() if tone == "bad"} == {Outcome.REJECTED}


def test_the_claim_and_the_context_are_told() -> None:
    assert told(Claimed(Claim("clm_1", "momentum/clm_1", NOW + timedelta(seconds=1)))).what.startswith("momentum took")
    line = told(ContextUpdated({"vix": 30}), Actor(ActorKind.PROGRAM, "momentum", "api"))
    assert line.changes == (("vix", "", "30"),)


def test_a_fact_of_a_later_version_is_told_by_its_name() -> None:
    (line,) = story([Fact(1, NOW, "Teleported", ALICE, "cmd", {})], {}, {})
    assert line.what == "Teleported (of a later version)"
