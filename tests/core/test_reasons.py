"""Reasons that are added to: what was said before stays said."""

from __future__ import annotations

from core.commands import GivenReason
from core.model import WouldAgree
from tests.cast import Story, because, reason, vote


def test_whoever_adds_to_a_reason_does_not_take_back_what_they_said_with_it() -> None:
    story = Story().tells(vote("alice", "reject", reason=because("other", "earnings tonight")))
    story.tells(reason("alice", GivenReason("", would_agree=WouldAgree.YES)))
    first, second = story.request.votes[0].reasons
    assert (second.code, second.words, second.would_agree) == ("other", first.words, WouldAgree.YES)
    story.tells(reason("alice", because("risk")))
    assert story.request.votes[0].reasons[-1].words is None


def test_an_answer_to_the_question_alone_needs_a_reason_before_it() -> None:
    story = Story().tells(vote("alice", "reject"))
    assert story.refusal(reason("alice", GivenReason("", would_agree=WouldAgree.YES))) == "invalid"


def test_the_same_code_again_without_words_is_good_where_words_were_given_before() -> None:
    story = Story().tells(vote("alice", "reject", reason=because("other", "earnings tonight")))
    story.tells(reason("alice", GivenReason("other")))
    assert len(story.request.votes[0].reasons) == 2
