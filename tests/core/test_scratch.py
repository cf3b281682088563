"""What another policy would have said of what was asked: differences first, and nothing of it is recorded."""

from __future__ import annotations

from decimal import Decimal

from core.model import Outcome
from core.policy import Policy
from core.request import Request
from core.scratch import Comparison, clauses_met, compare
from tests.cast import (
    HOUR,
    NOW,
    PROGRAMS,
    Story,
    context,
    modify,
    people,
    policy,
    proposal,
    rule,
    submit,
    two_tiers,
    vote,
    world,
)


def asked(number: int, by: Policy | None = None, **changes: object) -> Request:
    opening = submit(proposal(**changes), request=f"req_{number}")
    return Story(world(ruled_by=by or two_tiers()), opening).request


def compared(before: Policy, after: Policy, *requests: Request) -> Comparison:
    return compare(before, after, requests, people(), PROGRAMS)


def test_the_same_policy_says_the_same_of_everything() -> None:
    outcome = compared(two_tiers(), two_tiers(), asked(1), asked(2, amount=Decimal(200_000)))
    assert (outcome.differing, outcome.same, outcome.ruled) == ((), 2, 2)


def test_a_lower_bound_is_told_by_what_it_does_to_each_request() -> None:
    requests = asked(1), asked(2, amount=Decimal(60_000)), asked(3, amount=Decimal(200_000))
    outcome = compared(two_tiers(), two_tiers(when="amount > 50000"), *requests)
    [changed] = outcome.differing
    assert changed.request.id == "req_2"
    assert (changed.before.tier, changed.after.tier, outcome.same) == (1, 2, 2)
    said = {one.what: (one.before, one.after) for one in changed.differences}
    assert said["Tier"] == ("1 routine", "2 elevated")
    assert said["Who decides"] == ("one of trader", "one of head")


def test_what_becomes_stricter_stands_before_what_becomes_laxer() -> None:
    laxer, stricter = asked(2, amount=Decimal(150_000)), asked(1, context={"vix": 50})
    after = two_tiers(when="amount > 160000 || context.vix > 40")
    outcome = compared(two_tiers(), after, laxer, stricter)
    assert [one.request.id for one in outcome.differing] == ["req_1", "req_2"]


def test_a_rule_of_another_name_that_asks_for_the_same_is_no_difference() -> None:
    renamed = policy(rule(name="big", tier=2, when="amount > 100000.0", route={"roles": ["head"]}), rule(name="rest"))
    assert compared(two_tiers(), renamed, asked(1), asked(2, amount=Decimal(200_000))).same == 2


def test_time_silence_reasons_place_and_ladder_are_differences() -> None:
    after = policy(
        rule(
            expire="PT2H", silence="approve", reasons={"reject": "required"}, decide_in="web", act_within="PT30M",
            grace="PT10S", escalate=[{"after": "PT1H", "to": {"roles": ["head"]}}], quorum=2,
            four_eyes=True, remind=None,
        )
    )  # fmt: skip
    [changed] = compared(policy(rule()), after, asked(1, by=policy(rule()))).differing
    assert {one.what: one.after for one in changed.differences} == {
        "Who decides": "2 of trader",
        "Four eyes": "yes",
        "Time": "2 h",
        "Reminder": "–",
        "Asked as well": "head after 1 h",
        "Silence": "counts as approval",
        "Reasons": "required to reject; asked to modify",
        "Where": "on the web alone",
        "To be acted on": "within 30 min",
        "Undo": "10 s",
    }


def test_a_limit_that_would_be_broken_is_a_difference() -> None:
    limited = policy(rule(), limits=[{"name": "largest position", "must": "amount <= 1000"}])
    [changed] = compared(policy(rule()), limited, asked(1, by=policy(rule()))).differing
    assert [(one.what, one.before, one.after) for one in changed.differences] == [
        ("Hard limits broken", "none", "largest position")
    ]


def test_a_request_is_judged_as_it_was_first_asked() -> None:
    story = Story(world(ruled_by=two_tiers()))
    story.world = world(ruled_by=two_tiers(), now=NOW + HOUR)
    story.hears(context(vix=50))
    story.hears(modify("alice", qty=200))
    assert (story.request.revision.number, story.request.proposal.amount) == (2, Decimal(85_000))
    by_what_it_became = two_tiers(when="amount > 80000 || context.vix > 40")
    assert compared(two_tiers(), by_what_it_became, story.request).same == 1
    [changed] = compared(two_tiers(), two_tiers(when="amount > 42000"), story.request).differing
    assert changed.before.expire_at == changed.after.expire_at == NOW + 4 * HOUR


def test_a_resubmission_keeps_the_tier_that_each_policy_gave_before() -> None:
    by = two_tiers()
    first = Story(world(ruled_by=by), submit(proposal(amount=Decimal(60_000)), request="req_1"))
    first.hears(vote("alice", "request_changes"))
    assert first.request.decision is not None
    assert first.request.decision.outcome is Outcome.CHANGES_REQUESTED
    again = submit(proposal(amount=Decimal(10)), request="req_2", replaces="req_1")
    second = Story(world(ruled_by=by, replaced=first.request), again).request
    outcome = compared(by, two_tiers(when="amount > 50000"), second, first.request)
    assert [(one.request.id, one.after.tier) for one in outcome.differing] == [("req_2", 2), ("req_1", 2)]


def test_the_clauses_of_a_rule_say_which_of_them_holds() -> None:
    by = two_tiers(when="amount > 100000 || context.vix > 35 || context.vix < 1")
    wild = proposal(context={"vix": 40})
    assert clauses_met(by, "critical", wild) == (
        ("amount > 100000", False),
        ("context.vix > 35", True),
        ("context.vix < 1", False),
    )
    assert clauses_met(by, "routine", wild) == ()
    assert clauses_met(by, "no such rule", wild) == ()


def test_what_cannot_be_judged_holds_in_no_clause() -> None:
    nothing_known = proposal(amount=None)
    assert clauses_met(two_tiers(), "critical", nothing_known) == (("amount > 100000", False),)
