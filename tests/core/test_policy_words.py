"""Rules in words that nobody has to learn, and the expression itself where words would lie."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from core.policy_document import read_policy
from core.policy_words import about_inputs, about_rule, about_ruling, clauses, condition
from tests.cast import MOMENTUM, NOW, PROGRAMS, document, people, policy, proposal, rule


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("amount > 1", ("amount > 1",)),
        ("amount > 1 || confidence < 0.5", ("amount > 1", "confidence < 0.5")),
        ("action == 'a || b' || amount > 1", ("action == 'a || b'", "amount > 1")),
        ("(amount > 1 || amount < 0) && confidence < 1", ("(amount > 1 || amount < 0) && confidence < 1",)),
        ("amount > 1 && confidence < 1 || amount > 5", ("amount > 1 && confidence < 1", "amount > 5")),
        ("amount > 1 ? true : false || amount > 5", ("amount > 1 ? true : false || amount > 5",)),
    ],
)
def test_one_clause_is_what_stands_between_the_outermost_alternatives(source: str, parts: tuple[str, ...]) -> None:
    assert clauses(source) == parts


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("amount > 250000", "the amount is more than 250,000 USD"),
        ("amount <= 0.5", "the amount is at most 0.5 USD"),
        ("confidence < 0.5", "confidence is less than 50 %"),
        ("confidence < 0.625", "confidence is less than 62.5 %"),
        ("context.vix >= 35 && amount > 10", "vix is at least 35 and the amount is more than 10 USD"),
        ("(context.vix > 35)", "vix is more than 35"),
        ('action == "sell && run"', "action is “sell && run”"),
        ("subject in ['AAPL', 'MSFT']", "subject is one of “AAPL”, “MSFT”"),
        ("context.open", "open is yes"),
        ("!context.open", "open is no"),
        ("context.open == false", "open is no"),
    ],
)
def test_a_plain_condition_reads_as_a_sentence(source: str, words: str) -> None:
    assert condition(source, "USD") == words


@pytest.mark.parametrize(
    "source",
    ["amount * 2 > 5", "(amount > 5 || amount < 3) && confidence < 1", "amount > 5 ? true : false", "-amount < 3",
     "size(subject) > 3", "5 < amount", "amount > context.most"],
)  # fmt: skip
def test_a_condition_that_words_could_get_wrong_has_none(source: str) -> None:
    assert condition(source, "USD") is None


def test_a_rule_says_who_when_and_what_silence_means() -> None:
    [strict] = policy(
        rule(quorum=2, four_eyes=True, escalate=[{"after": "PT1H", "to": {"roles": ["head"]}}], silence="approve",
             reasons={"approve": "required"}, decide_in="web", act_within="PT30M", grace="PT10S")
    ).rules  # fmt: skip
    assert {one.label: one.text for one in about_rule(strict)} == {
        "Who decides": "2 people (trader)",
        "Four eyes": "the owner of the program that asks does not decide",
        "Time": "4 h, with a reminder after 3 h 12 min",
        "If it takes too long": "after 1 h, head is asked as well",
        "If nobody answers": "it counts as approved",
        "Reasons": "required to approve; asked to reject and to modify",
        "Undo": "for 10 s after the decision",
        "Where": "on the web alone, never in a chat",
        "Once approved": "to be acted on within 30 min",
    }


@pytest.mark.parametrize(
    ("quorum", "words"),
    [("any", "one person (trader)"), ("all", "everybody who is asked (trader)"), (1, "1 person (trader)"),
     ("majority", "more than half of those who are asked (trader)")],
)  # fmt: skip
def test_each_kind_of_quorum_has_its_words(quorum: object, words: str) -> None:
    assert about_rule(policy(rule(quorum=quorum)).rules[0])[0].text == words


def test_a_rule_that_asks_nobody_says_so_and_nothing_else() -> None:
    [told] = policy(rule(gate="notify")).rules
    assert [one.text for one in about_rule(told)] == ["nobody is asked; people are told"]


def test_a_ruling_says_its_moments() -> None:
    by = policy(rule(escalate=[{"after": "PT1H", "to": {"roles": ["head"]}}]))
    ruling = by.rule(proposal(), {"vix": 20}, MOMENTUM, 1, people(), PROGRAMS, NOW, NOW)
    moments = {one.label: one.at for one in about_ruling(ruling) if one.at}
    assert moments["Until"] == NOW + timedelta(hours=4)
    assert moments["Asked as well"] == NOW + timedelta(hours=1)


def test_inputs_say_what_happens_without_them() -> None:
    inputs = {"amount": "required", "context.vix": {"default": Decimal(100), "min": 0, "max": 200, "why": "who knows"}}
    written = document(rule(when="amount > context.vix"), inputs=inputs)
    amount, vix = about_inputs(read_policy(written), written)
    assert (amount.kind, amount.missing) == ("a number in USD", "the highest tier decides (routine)")
    assert (vix.missing, vix.bounds, vix.why) == ("taken to be 100", "0 to 200", "who knows")
