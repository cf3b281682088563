"""Which rule decides. What is unknown is decided by the highest tier there is."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.model import Gate, Proposal, Ruling
from core.policy import Policy
from tests.cast import (
    ALICE,
    BOB,
    DAVE,
    ERIN,
    FRANK,
    MOMENTUM,
    NOW,
    PROGRAMS,
    gone,
    people,
    policy,
    proposal,
    rule,
    two_tiers,
)

THREE_TIERS = policy(
    rule(name="critical", tier=3, when="amount > 250000 || context.vix > 35"),
    rule(name="elevated", tier=2, when="amount > 50000 || context.vix > 25"),
    rule(name="routine"),
)


def ruling(by: Policy, asked: Proposal | None = None, floor: int = 1, **changes: Any) -> Ruling:
    asked = replace(asked or proposal(), **changes)
    return by.rule(asked, asked.context, MOMENTUM, floor, people(), PROGRAMS, NOW, NOW)


def test_the_highest_tier_that_matches_wins_wherever_it_is_written() -> None:
    backwards = policy(
        rule(name="routine"),
        rule(name="elevated", tier=2, when="amount > 50000"),
        rule(name="critical", tier=3, when="amount > 250000"),
    )

    amounts = (10, 50_000, 50_001, 250_000, 250_001)
    for by in (THREE_TIERS, backwards):
        assert [ruling(by, amount=Decimal(amount)).tier for amount in amounts] == [1, 1, 2, 2, 3]


def test_a_ruling_says_which_rule_and_why() -> None:
    elevated = ruling(THREE_TIERS, amount=Decimal(60_000))
    assert (elevated.rule, elevated.tier_name, elevated.policy) == ("elevated", "elevated", THREE_TIERS.hash)
    assert elevated.why == ("amount > 50000 (amount is 60000)",)
    assert ruling(THREE_TIERS).why == ("every other request",)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"amount": None}, "amount is missing"),
        ({"currency": "EUR"}, "the amount is in EUR, and the policy speaks of USD"),
        ({"amount": Decimal(-1)}, "amount is -1, outside what is possible"),
        ({"amount": Decimal("NaN")}, "amount is no number"),
        ({"amount": Decimal("sNaN")}, "amount is no number"),
        ({"amount": Decimal("Infinity")}, "amount is no number"),
        ({"amount": Decimal("42500.000000000000000001")}, "is not a number that can be compared exactly"),
        ({"amount": Decimal("1E+400")}, "is not a number that can be compared exactly"),
        ({"context": {"vix": "calm"}}, "context.vix is no number"),
        ({"context": {"vix": True}}, "context.vix is no number"),
        ({"context": {"vix": [20]}}, "context.vix is no number"),
        ({"context": {"vix": {"value": 20}}}, "context.vix is no number"),
        ({"context": {"vix": Decimal("NaN")}}, "context.vix is no number"),
        ({"context": {"vix": -1}}, "context.vix is -1, outside what is possible"),
        ({"context": {"vix": 201}}, "context.vix is 201, outside what is possible"),
    ],
)
def test_what_is_unknown_is_decided_by_the_highest_tier(changes: dict[str, Any], why: str) -> None:
    found = ruling(THREE_TIERS, **changes)

    assert found.tier == 3
    assert why in found.why[0]
    assert found.why[0].endswith("so the highest tier decides")


def test_a_missing_input_takes_its_pessimistic_default() -> None:
    found = ruling(THREE_TIERS, context={})

    assert found.tier == 3
    assert found.why == ("context.vix > 35 (context.vix is not known, so 100 is assumed)",)


def test_a_policy_without_a_currency_knows_no_amount_in_any() -> None:
    found = ruling(policy(rule(name="high", tier=2), rule(when="amount < 50000"), currency=None))

    assert found.tier == 2


def test_the_currency_does_not_matter_to_a_policy_that_reads_no_amount() -> None:
    by = policy(rule(name="high", tier=2, when="context.vix > 30"), rule(), inputs={"context.vix": "required"})

    assert ruling(by, currency="EUR").tier == 1


def test_an_expression_that_cannot_be_judged_means_the_highest_tier() -> None:
    by = policy(
        rule(name="critical", tier=2, when="amount > 1000000"),
        rule(when="context.mood > 3"),
        inputs={"amount": "required", "context.mood": "required"},
    )

    assert ruling(by, context={"mood": 4}).tier == 1
    assert ruling(by, context={"mood": "good"}).tier == 2


def test_what_no_rule_speaks_of_is_decided_by_the_highest_tier() -> None:
    by = policy(rule(name="critical", tier=2, when="amount > 1000000"), rule(when="amount < 10"))

    found = ruling(by)
    assert found.tier == 2
    assert found.why == ("no rule speaks of this, so the highest tier decides",)


def test_of_the_highest_tier_the_rule_that_asks_decides_what_is_unknown() -> None:
    by = policy(
        rule(name="paper", tier=2, when="account == 'paper'", gate="none"),
        rule(name="real", tier=2, when="amount > 100000"),
        rule(gate="none"),
        inputs={"amount": "required", "account": {"default": "?"}},
    )

    assert ruling(by, account="paper").gate is Gate.NONE
    assert (ruling(by, amount=None).rule, ruling(by, amount=None).gate) == ("real", Gate.ASK)
    assert ruling(by, floor=2).rule == "real"


def test_silence_does_not_approve_what_is_unknown_where_another_rule_would_wait() -> None:
    by = policy(rule(name="small", when="amount < 100", silence="approve"), rule(name="rest"))

    assert ruling(by, amount=Decimal(5)).silence == "approve"
    assert ruling(by, amount=None).silence == "expire"


def test_the_tier_never_falls_below_the_floor() -> None:
    assert [ruling(THREE_TIERS, floor=floor).tier for floor in (1, 2, 3)] == [1, 2, 3]
    assert ruling(THREE_TIERS, floor=2, amount=Decimal(300_000)).tier == 3
    assert "an earlier revision had tier 2" in ruling(THREE_TIERS, floor=2).why[-1]


def test_a_floor_that_the_policy_does_not_reach_any_more_means_its_highest_tier() -> None:
    assert ruling(two_tiers(), floor=3).tier == 2
    gap = policy(rule(name="critical", tier=3, when="amount > 250000"), rule())
    assert ruling(gap, floor=2).tier == 3


def test_an_advisory_request_is_only_told_and_a_quiet_rule_stays_quiet() -> None:
    assert ruling(policy(), advisory=True).gate is Gate.NOTIFY
    assert ruling(policy(rule(gate="none")), advisory=True).gate is Gate.NONE


def test_the_deadlines_count_from_now() -> None:
    by = policy(rule(expire="PT10H", remind=None, escalate=[{"after": "PT5H", "to": {"roles": ["head"]}}]))
    found = ruling(by)

    assert found.remind_at is None
    assert (found.expire_at - NOW).total_seconds() == 36_000
    assert (found.escalations[0].at - NOW).total_seconds() == 18_000


# Hard limits


def test_every_limit_that_is_broken_is_named() -> None:
    by = policy(
        limits=[{"name": "size", "must": "amount <= 10000"}, {"name": "calm", "must": "context.vix < 10"}],
    )
    asked = proposal()

    assert by.broken_limits(asked, asked.context) == (
        "size: amount <= 10000 (amount is 42500)",
        "calm: context.vix < 10 (context.vix is 20)",
    )
    assert by.broken_limits(proposal(amount=Decimal(5)), {"vix": 5}) == ()


def test_a_limit_that_cannot_be_judged_is_broken() -> None:
    by = policy(
        limits=[{"name": "mood", "must": "context.mood > 3"}, {"name": "size", "must": "amount <= 50000"}],
        inputs={"amount": "required", "context.mood": "required"},
    )

    assert by.broken_limits(proposal(), {"mood": 4}) == ()
    assert len(by.broken_limits(proposal(), {"mood": "good"})) == 2
    assert len(by.broken_limits(proposal(), {})) == 2


# What the people there are cannot satisfy


def faults(by: Policy, **changed: Any) -> list[str]:
    return [str(fault) for fault in by.faults(changed.get("among", people()), changed.get("programs", PROGRAMS))]


def test_a_policy_that_everybody_needed_is_there_for_has_no_faults() -> None:
    assert faults(THREE_TIERS) == []
    assert faults(policy(rule(quorum=3))) == []
    assert faults(policy(rule(quorum="all"))) == []


def test_a_rule_that_nobody_can_decide_is_a_fault() -> None:
    (found,) = policy(rule(route={"roles": ["nobody"]})).faults(people(), PROGRAMS)

    assert found.path == ("rules", 0)
    assert "needs 1 of nobody, and nobody can decide it; give more people the role" in str(found)
    assert faults(policy(rule(route={"roles": ["nobody"]}, gate="notify"))) == []


def test_a_quorum_that_cannot_be_reached_is_a_fault() -> None:
    (found,) = faults(policy(rule(quorum=4)))
    assert "needs 4 of trader, and alice, bob, frank can decide it" in found

    removed = people(gone(ALICE), gone(BOB))
    assert faults(policy(rule(quorum=2)), among=removed) != []


def test_under_four_eyes_the_owner_does_not_count() -> None:
    (found,) = faults(policy(rule(quorum=3, four_eyes=True)))

    assert "less the owner of what asks" in found
    assert faults(policy(rule(quorum=2, four_eyes=True))) == []
    assert faults(policy(rule(quorum=3, four_eyes=True)), programs={}) == []
    assert faults(policy(rule(route={"people": ["frank"]}, four_eyes=True))) != []


def test_a_ladder_that_leads_to_nobody_is_a_fault() -> None:
    by = policy(rule(escalate=[{"after": "PT1H", "to": {"roles": ["head"], "skills": ["flying"]}}]))

    (found,) = faults(by)
    assert "escalates after 1 h to head with flying, and there is nobody like that" in found
    assert faults(by, among=people(replace(ERIN, skills=frozenset({"flying"})))) == []


def test_the_route_counts_people_by_name_role_and_skills() -> None:
    def asked(**route: list[str]) -> int:
        return ruling(policy(rule(route=route))).eligible

    assert asked(roles=["trader"]) == 3
    assert asked(roles=["trader", "risk"]) == 4
    assert asked(roles=["risk"], people=[ALICE.id, DAVE.id]) == 2
    assert asked(roles=["trader", "risk"], skills=["options"]) == 1
    assert asked(people=[FRANK.id]) == 1


def test_a_ruling_says_when_nobody_could_approve_what_is_asked() -> None:
    by = policy(limits=[{"name": "largest", "must": "amount <= 50000"}])
    within, beyond = ruling(by, amount=Decimal(50_000)), ruling(by, amount=Decimal(50_001))

    assert not [why for why in within.why if "nobody can approve" in why]
    assert "nobody can approve it as it is, for it breaks largest: amount <= 50000 (amount is 50001)" in beyond.why


def test_a_rule_names_the_alternative_that_held_and_what_was_only_assumed() -> None:
    by = policy(rule(name="big", tier=2, when="amount > 50000 || context.vix > 25"), rule())
    assert ruling(by, context={}).why == ("context.vix > 25 (context.vix is not known, so 100 is assumed)",)
    assert ruling(by, amount=Decimal(60_000), context={}).why == (
        "amount > 50000 || context.vix > 25 (amount is 60000, context.vix is not known, so 100 is assumed)",
    )


def test_a_limit_that_is_broken_by_what_is_assumed_says_so() -> None:
    by = policy(rule(), limits=[{"name": "calm", "must": "context.vix < 30"}])
    (said,) = by.broken_limits(proposal(context={}), {})
    assert said == "calm: context.vix < 30 (context.vix is not known, so 100 is assumed)"
    assert ruling(by, context={}).broken == ("calm",)
