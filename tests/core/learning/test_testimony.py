"""What people say of a match: what it can be, what an answer means for the orders, and that it is never taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from core.learning.records import How, Label, Match
from core.learning.testimony import answered, carried, choices, departs, explained, links, settled, value_text

AT = datetime(2012, 1, 3, 15, 0, tzinfo=UTC)
PLAIN = Match(
    "imp:a", date(2012, 1, 3), AT, "alice", "momentum", "v1", "AAPL", "sell", Label.MODIFY, How.MATCHED,
    recommendation="imp:a", orders=("o-1",), edits={"strike": 1.0},
)  # fmt: skip
DOUBTFUL = replace(PLAIN, ambiguous=("o-2", "imp:b"))


def test_what_was_taken_is_offered_first_and_nothing_twice() -> None:
    assert choices(DOUBTFUL) == ("o-1", "o-2", "imp:b")
    assert choices(replace(PLAIN, ambiguous=("o-1",))) == ("o-1",)
    assert choices(replace(PLAIN, orders=(), ambiguous=("o-2",))) == ("o-2",)


@pytest.mark.parametrize(
    ("match", "asks"),
    [
        (PLAIN, True),
        (replace(PLAIN, reason="risk"), False),
        (DOUBTFUL, False),
        (replace(DOUBTFUL, settled_by="alice"), True),
        (replace(PLAIN, label=Label.CONSENT), False),
        (replace(PLAIN, label=Label.REJECT, how=How.IGNORED), False),
        (replace(PLAIN, label=Label.REJECT, how=How.EXPLICIT), True),
        (replace(PLAIN, label=Label.INDEPENDENT, recommendation=None), False),
    ],
)
def test_who_departed_on_purpose_without_a_reason_is_asked(match: Match, asks: bool) -> None:
    assert departs(match) is asks


def test_an_answer_says_where_each_order_belongs() -> None:
    assert links(DOUBTFUL, "o-2", {"imp:b"}, set()) == {"o-2": "imp:a"}
    assert links(DOUBTFUL, "imp:b", {"imp:b"}, set()) == {"o-1": "imp:b"}
    assert links(DOUBTFUL, None, {"imp:b"}, {"o-2"}) == {"o-1": None, "o-2": None}


def test_who_says_none_of_them_says_nothing_of_what_belongs_to_other_advice() -> None:
    assert links(DOUBTFUL, None, {"imp:b"}, set()) == {"o-1": None}


def test_what_was_said_stays_said_over_the_next_reconciliation() -> None:
    known = replace(PLAIN, reason="risk", words="abc", would_agree="yes", settled_by="erin")
    again = carried(replace(PLAIN, ambiguous=("o-2",), settled_by="alice"), known)
    assert (again.reason, again.words, again.would_agree) == ("risk", "abc", "yes")
    assert (again.settled_by, again.ambiguous) == ("erin", ())


def test_a_reason_for_departing_is_not_carried_to_what_departs_no_more() -> None:
    found = carried(replace(PLAIN, label=Label.CONSENT), replace(PLAIN, reason="risk", would_agree="no"))
    assert (found.reason, found.would_agree) == (None, None)


def test_an_answer_settles_what_it_spoke_of_and_leaves_other_doubts() -> None:
    other = replace(PLAIN, key="imp:b", recommendation="imp:b", orders=("o-9",), ambiguous=("imp:a", "o-8"))
    mine, theirs = answered([DOUBTFUL, other], DOUBTFUL, {"o-2": "imp:a"}, "alice")
    assert (mine.settled_by, mine.ambiguous) == ("alice", ())
    assert (theirs.settled_by, theirs.ambiguous) == (None, ("o-8",))
    assert settled([mine, theirs]) == {"o-1": "imp:a"}


def test_a_reason_adds_to_what_was_said_and_words_go_with_their_reason() -> None:
    first = explained(PLAIN, "other", "abc", None)
    assert explained(first, None, None, "yes") == replace(first, would_agree="yes")
    assert explained(first, "risk", None, None).words is None
    assert explained(first, None, "def", None).words == "def"


@pytest.mark.parametrize(("value", "text"), [(3.0, "3"), (2.5, "2.5"), ("call", "call"), (7, "7"), (True, "yes")])
def test_values_are_written_as_people_write_them(value: object, text: str) -> None:
    assert value_text(value) == text
