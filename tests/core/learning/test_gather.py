"""From requests to recommendations: what was listed, what was decided; and the way through the ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.learning import records
from core.learning.gather import ladders_of, match_id, plain, recommendation_of, to_record
from core.learning.labels import Told, by_word
from core.learning.records import Close, Execution, How, Label, Match, Recommendation, Result, Source
from core.model import Choice
from tests.cast import HOUR, Story, because, modify, rule, tick, vote, world

NOW = datetime(2012, 1, 3, 15, 14, tzinfo=UTC)
MATCH = Match(
    "imp:a", date(2012, 1, 3), NOW, "alice", "calls", "v1", "AAPL", "sell_call", Label.MODIFY, How.MATCHED,
    recommendation="imp:a", orders=("o-1", "o-2"), edits={"expiry": 1.0}, quantity=0.5, cost=0.8, ambiguous=("o-3",),
    source=Source.IMPORTED, version="1",
)  # fmt: skip
RECOMMENDATION = Recommendation(
    "imp:a", NOW, NOW, "alice", "calls", "v1", "sell_call", "AAPL",
    parameters={"strike": 425.0, "expiry": "2012-01-20"}, ladders={"strike": (420.0, 425.0)},
    features={"vix": 20.9}, amount=Decimal("41123.00"), decision="rejected", decided_at=NOW,
)  # fmt: skip


@pytest.mark.parametrize(
    "one",
    [
        MATCH,
        RECOMMENDATION,
        Execution("e", NOW, "sell_call", "AAPL", parameters={"quantity": 1}, fees=Decimal("0.14"), busted=True),
        Result("imp:a", "recommended", NOW, Decimal("236.00"), "USD"),
        Result("imp:a", "recommended", NOW, None, open=True),
        Close("AAPL", date(2012, 1, 3), Decimal("411.23")),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_goes_into_the_ledger_comes_out_the_same(one: records.Learned) -> None:
    record = to_record(one)
    assert record.key == one.key
    assert records.read(record.kind, record.body) == one


def test_numbers_dates_and_steps_are_ladders_and_words_are_none() -> None:
    editable = {
        "properties": {
            "strike": {"type": "number", "enum": [Decimal(430), Decimal("425.5")]},
            "expiry": {"type": "string", "enum": ["2012-02-03", "2012-01-20"]},
            "venue": {"type": "string", "enum": ["lit", "dark"]},
            "quantity": {"type": "integer", "minimum": 1, "maximum": 4},
            "limit": {"type": "number", "multipleOf": Decimal("0.05"), "exclusiveMinimum": 0, "maximum": 1},
            "note": {"type": "string"},
            "free": {"type": "number"},
        }
    }
    given = {"strike": 430, "expiry": "2012-01-20", "quantity": 2, "limit": Decimal("0.10"), "free": 1, "venue": "lit"}
    found = ladders_of(editable, given)
    assert found["strike"] == (425.5, 430)
    assert found["expiry"] == ("2012-01-20", "2012-02-03")
    assert found["quantity"] == (1, 2, 3, 4)
    assert found["limit"][:3] == (0.05, 0.1, 0.15)
    assert (len(found["limit"]), found["limit"][-1]) == (20, 1)
    assert sorted(found) == ["expiry", "limit", "quantity", "strike"]


def test_a_number_without_bounds_lists_as_many_steps_on_either_side() -> None:
    found = ladders_of({"properties": {"n": {"type": "integer"}}}, {"n": 5})["n"]
    assert found.index(5) == len(found) - 1 - found.index(5)


def test_values_become_plain_json() -> None:
    assert plain({"a": Decimal("1.50"), "b": [Decimal(3)], "c": None}) == {"a": 1.5, "b": [3], "c": None}


def test_the_id_of_a_match_is_made_of_its_key_alone() -> None:
    assert match_id("imp:a") == match_id("imp:a") != match_id("imp:b")
    assert len(match_id("x")) == 30


# From requests


def gathered(story: Story, **more: Any) -> Recommendation:
    known = {"people": story.world.people, "programs": story.world.programs, "accounts": {}, **more}
    return recommendation_of(story.request, **known)


def test_what_somebody_decided_tells_of_them() -> None:
    story = Story().tells(vote("alice", Choice.REJECT, reason=because("size")))
    one = gathered(story)
    assert (one.key, one.person, one.decision, one.reason) == (story.request.id, "alice", "rejected", "size")
    assert one.by_people
    assert by_word(one) == Told(Label.REJECT, How.EXPLICIT)


def test_what_was_modified_is_held_against_what_was_advised() -> None:
    one = gathered(Story().tells(modify("alice", qty=80)))
    assert one.decision == "modified"
    assert one.decided is not None
    assert (one.parameters["qty"], one.decided["qty"]) == (100, 80)


def test_what_a_rules_silence_approves_says_nothing_about_anybody() -> None:
    story = Story(world(rule(silence="approve"))).later(4 * HOUR).tells(tick())
    one = gathered(story)
    assert (one.decision, one.by_people) == ("approved", False)
    told = by_word(one)
    assert told is not None
    assert told.how is How.IGNORED


def test_whose_it_is_where_nobody_decided() -> None:
    story = Story()
    owner = gathered(story).person
    assert owner == story.world.programs["momentum"].owner or owner == ""
    alone = {"alice": story.world.people["alice"]}
    assert gathered(story, people=alone, programs={}).person == "alice"
    assert gathered(story, programs={}).person == ""
