"""A policy as people write it: every mistake says where it is and what to do."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.errors import PolicyError
from core.model import Gate, QuorumKind, ReasonRule, Route, Silence
from core.policy_document import DEFAULT_REASONS, read_policy
from tests.cast import document, rule

Path = tuple[str | int, ...]


def mistake(written: Any) -> PolicyError:
    with pytest.raises(PolicyError) as found:
        read_policy(written)
    return found.value


def test_a_rule_is_read_in_full() -> None:
    policy = read_policy(
        document(
            rule(
                name="all of it",
                when="amount > 10",
                route={"roles": ["trader"], "people": ["erin"], "skills": ["options"]},
                quorum=2,
                expire="PT2H",
                remind=Decimal("0.5"),
                escalate=[{"after": "PT1H", "to": {"roles": ["head"]}}],
                silence="approve",
                four_eyes=True,
                reasons={"approve": "required"},
                decide_in="web",
                act_within="PT10M",
            )
        )
    )

    (read,) = policy.rules
    assert read.when is not None
    assert (read.name, read.tier, read.gate, read.when.source) == ("all of it", 1, Gate.ASK, "amount > 10")
    assert read.route == Route(("trader",), ("erin",), ("options",))
    assert (read.quorum, read.n) == (QuorumKind.N, 2)
    assert (read.expire, read.remind, read.act_within) == (
        timedelta(hours=2),
        Decimal("0.5"),
        timedelta(minutes=10),
    )
    assert read.escalate == ((timedelta(hours=1), Route(("head",))),)
    assert (read.silence, read.four_eyes, read.web_only) == (Silence.APPROVE, True, True)
    assert read.reasons == {"approve": "required", "reject": "asked", "modify": "asked"}


def test_what_is_left_out_is_careful() -> None:
    policy = read_policy(
        {"name": "plain", "rules": [{"name": "all", "tier": 1, "route": {"roles": ["x"]}}], "tiers": {1: "a"}}
    )

    (read,) = policy.rules
    assert (read.gate, read.silence, read.quorum) == (Gate.ASK, Silence.EXPIRE, QuorumKind.ANY)
    assert read.expire == timedelta(hours=24)
    assert read.reasons == {"reject": ReasonRule.ASKED, "modify": ReasonRule.ASKED}
    assert policy.reasons == DEFAULT_REASONS
    assert policy.catalogue == 1


def test_rules_are_kept_with_the_highest_tier_first_and_in_order_within_it() -> None:
    written = document(rule(name="a"), rule(name="b", tier=2), rule(name="c"), rule(name="d", tier=2))

    assert [read.name for read in read_policy(written).rules] == ["b", "d", "a", "c"]


def test_the_hash_changes_with_any_word_of_it() -> None:
    hashes = {
        read_policy(written).hash
        for written in (
            document(),
            document(name="other"),
            document(rule(expire="PT5H")),
            document(catalogue=2),
            document(limits=[{"name": "x", "must": "amount < 5"}]),
        )
    }
    assert len(hashes) == 5
    assert read_policy(document()).hash == read_policy(document()).hash


@pytest.mark.parametrize(
    ("written", "path", "remedy"),
    [
        ([], (), "must be a mapping"),
        (document(color="red"), ("color",), "known: catalogue, currency"),
        (document(name=" "), ("name",), "must be given, as text"),
        (document(name="x\u202e"), ("name",), "take it out"),
        (document(name="x" * 201), ("name",), "longer than 200"),
        (document(currency="$"), ("currency",), "a code such as USD"),
        (document(currency=1), ("currency",), "a code such as USD"),
        (document(catalogue=0), ("catalogue",), "a whole number from 1"),
        (document(catalogue=True), ("catalogue",), "a whole number from 1"),
        (document(tiers={}), ("tiers",), "without gaps: `1: routine`"),
        (document(tiers=["low"]), ("tiers",), "without gaps"),
        (document(tiers={1: "a", 3: "c"}), ("tiers",), "without gaps"),
        (document(tiers={1: "a", "two": "b"}), ("tiers",), "without gaps"),
        (document(tiers={1: 5}), ("tiers", 1), "must be given, as text"),
        (document(inputs=["amount"]), ("inputs",), "maps each value"),
        (document(inputs={"size": "required"}), ("inputs", "size"), "context.NAME or parameters.NAME"),
        (document(inputs={"amount.usd": "required"}), ("inputs", "amount.usd"), "is no part of a proposal"),
        (document(inputs={"context": "required"}), ("inputs", "context"), "as in context.name"),
        (document(inputs={"context.a.b": "required"}), ("inputs", "context.a.b"), "must name one field"),
        (document(inputs={"amount": "optional"}), ("inputs", "amount"), "must be a mapping"),
        (document(inputs={"amount": {"least": 0}}), ("inputs", "amount", "least"), "known: default, max"),
        (document(inputs={"amount": {"required": "yes"}}), ("inputs", "amount", "required"), "true or false"),
        (document(inputs={"amount": {"required": True, "default": 1}}), ("inputs", "amount"), "either required or"),
        (document(inputs={"amount": {"default": 0.5}}), ("inputs", "amount", "default"), "a number, text, or yes or"),
        (document(inputs={"amount": {"default": [1]}}), ("inputs", "amount", "default"), "a number, text, or yes or"),
        (document(inputs={"amount": {"min": "0"}}), ("inputs", "amount", "min"), "`min` is a number"),
        (document(inputs={"amount": {"max": True}}), ("inputs", "amount", "max"), "`max` is a number"),
        (document(inputs={"amount": {"max": Decimal("NaN")}}), ("inputs", "amount", "max"), "`max` is a number"),
        (document(rules={}), ("rules",), "at least one rule"),
        (document(rules=[]), ("rules",), "at least one rule"),
        (document(rules=["routine"]), ("rules", 0), "must be a mapping"),
        (document(rule(colour="red")), ("rules", 0, "colour"), "known: act_within, decide_in"),
        (document(rule(name=None)), ("rules", 0, "name"), "must be given, as text"),
        (document(rule(), rule()), ("rules", 1, "name"), "two rules are called `routine`"),
        (document(rule(), tiers={1: "a", 2: "b"}), ("rules",), "no rule has the highest tier 2 (b)"),
        (document(rules=[rule(tier=4)]), ("rules", 0, "tier"), "one of 1"),
        (document(rules=[rule(tier="1")]), ("rules", 0, "tier"), "one of 1"),
        (document(rules=[rule(tier=True)]), ("rules", 0, "tier"), "one of 1"),
        (document(rules=[rule(tier=[1])]), ("rules", 0, "tier"), "one of 1"),
        (document(rule(gate="open")), ("rules", 0, "gate"), "one of none, notify, ask"),
        (document(rule(silence="consent")), ("rules", 0, "silence"), "one of expire, approve"),
        (document(rule(tier=2, silence="approve"), rule(name="x")), ("rules", 0, "silence"), "tier 1 alone"),
        (document(rule(tier=2, gate="notify"), rule(name="x")), ("rules", 0, "gate"), "never weakens"),
        (document(rule(route=None)), ("rules", 0, "route"), "say whom: `route: {roles: [trader]}`"),
        (document(rule(route={})), ("rules", 0, "route"), "never everybody: name roles or people"),
        (document(rule(route={"roles": []})), ("rules", 0, "route"), "never everybody: name roles or people"),
        (document(rule(route={"skills": ["x"]})), ("rules", 0, "route"), "never everybody: name roles or people"),
        (document(rule(route={"roles": "trader"})), ("rules", 0, "route", "roles"), "is a list of names"),
        (document(rule(route={"roles": [""]})), ("rules", 0, "route", "roles"), "is a list of names"),
        (document(rule(route={"groups": ["x"]})), ("rules", 0, "route", "groups"), "known: people, roles, skills"),
        (document(rule(quorum=0)), ("rules", 0, "quorum"), "any, all, majority, or a whole number from 1"),
        (document(rule(quorum="n")), ("rules", 0, "quorum"), "any, all, majority, or a whole number from 1"),
        (document(rule(quorum=True)), ("rules", 0, "quorum"), "any, all, majority, or a whole number from 1"),
        (document(rule(expire="4h")), ("rules", 0, "expire"), "such as PT4H"),
        (document(rule(expire=4)), ("rules", 0, "expire"), "such as PT4H"),
        (document(rule(expire="PT0S")), ("rules", 0, "expire"), "above zero"),
        (document(rule(act_within="soon")), ("rules", 0, "act_within"), "such as PT4H"),
        (document(rule(remind=1)), ("rules", 0, "remind"), "between 0 and 1 (0.8), or null"),
        (document(rule(remind="80%")), ("rules", 0, "remind"), "between 0 and 1 (0.8), or null"),
        (document(rule(escalate={})), ("rules", 0, "escalate"), "`- {after: PT1H, to: {roles: [head]}}`"),
        (document(rule(escalate=[{"after": "PT1H"}])), ("rules", 0, "escalate", 0, "to"), "say whom"),
        (document(rule(escalate=[{"to": {"roles": ["x"]}}])), ("rules", 0, "escalate", 0, "after"), "such as PT4H"),
        (document(rule(four_eyes="yes")), ("rules", 0, "four_eyes"), "true or false"),
        (document(rule(decide_in="mail")), ("rules", 0, "decide_in"), "chat (everywhere) or web"),
        (document(rule(reasons={"reject": "always"})), ("rules", 0, "reasons", "reject"), "one of off, asked"),
        (document(rule(reasons={"abstain": "asked"})), ("rules", 0, "reasons", "abstain"), "known: approve, modify"),
        (document(rule(when=5)), ("rules", 0, "when"), "must be given, as text"),
        (document(rule(when="amount >")), ("rules", 0, "when"), "is not a CEL expression"),
        (document(rule(when="size > 5")), ("rules", 0, "when"), "reads size, which a proposal does not have"),
        (document(rule(when="confidence < 1")), ("rules", 0, "when"), "which `inputs` does not declare; add it there"),
        (document(rule(when="context.x > 1")), ("rules", 0, "when"), "which `inputs` does not declare; add it there"),
        (document(limits={}), ("limits",), "`- {name: size, must: amount <= 1000000}`"),
        (document(limits=[{"name": "x"}]), ("limits", 0, "must"), "must be given, as text"),
        (document(limits=[{"must": "amount < 5"}]), ("limits", 0, "name"), "must be given, as text"),
        (document(limits=[{"name": "x", "must": "subject == 'A'"}]), ("limits", 0, "must"), "does not declare"),
        (document(reasons={}), ("reasons",), "`size: Too big`"),
        (document(reasons={"too big": "Too big"}), ("reasons", "too big"), "up to 17 ASCII letters, digits and _"),
        (document(reasons={"größe": "Too big"}), ("reasons", "größe"), "up to 17 ASCII letters, digits and _"),
        (document(reasons={"x" * 18: "Too big"}), ("reasons", "x" * 18), "up to 17 ASCII letters, digits and _"),
        (document(reasons={"size": ""}), ("reasons", "size"), "must be given, as text"),
    ],
)
def test_a_mistake_says_where_it_is_and_what_to_do(written: Any, path: Path, remedy: str) -> None:
    found = mistake(written)

    assert found.path == path
    assert remedy in str(found)


def test_the_steps_of_a_ladder_stand_in_order_of_time() -> None:
    ladder = [{"after": after, "to": {"roles": ["head"]}} for after in ("PT2H", "PT1H")]

    assert mistake(document(rule(escalate=ladder))).path == ("rules", 0, "escalate")


def test_a_rule_that_does_not_ask_needs_no_route() -> None:
    assert read_policy(document(rule(gate="notify", route={"roles": ["head"]}))).rules[0].route == Route(("head",))
    assert read_policy(document({"name": "quiet", "tier": 1, "gate": "none"})).rules[0].route == Route()
