"""Numbers and kinds: what a rule is given must be what it takes it for, or it is unknown."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.errors import PolicyError
from core.expressions import bared, compiled
from core.kinds import Kind, kinds_of
from core.model import Json
from core.policy import Policy
from tests.cast import MOMENTUM, NOW, PROGRAMS, document, people, policy, proposal, rule

RATIO = {"inputs": {"amount": "required", "context.equity": "required"}}


def tier(by: Policy, context: dict[str, Json], **changes: Json) -> int:
    asked = proposal(context=context, **changes)
    return by.rule(asked, asked.context, MOMENTUM, 1, people(), PROGRAMS, NOW, NOW).tier


@pytest.mark.parametrize("equity", [100_000, Decimal("100000.0"), Decimal("100000.5")])
@pytest.mark.parametrize("amount", [Decimal(90_000), Decimal("90000.00"), Decimal("90000.5")])
def test_a_share_is_the_same_for_whole_numbers_and_for_others(amount: Decimal, equity: Json) -> None:
    by = policy(
        rule(name="much", tier=2, when="amount / context.equity > 0.1"),
        rule(),
        limits=[{"name": "share", "must": "amount / context.equity <= 0.25"}],
        **RATIO,
    )
    assert tier(by, {"equity": equity}, amount=amount) == 2
    assert len(by.broken_limits(proposal(amount=amount), {"equity": equity})) == 1


def test_whole_numbers_in_an_expression_mix_with_every_other() -> None:
    by = policy(rule(name="much", tier=2, when="amount * 2 > 1000 || context.equity - 5 < 1.5"), rule(), **RATIO)
    assert tier(by, {"equity": 100}, amount=Decimal("400")) == 1
    assert tier(by, {"equity": 100}, amount=Decimal("500.5")) == 2
    assert tier(by, {"equity": Decimal("6.4")}, amount=Decimal("1")) == 2


def test_digits_in_names_and_in_texts_stay_as_they_are() -> None:
    expression = compiled("context.v2 > 5 && subject == 'a 5' && context.x1 < 2.5")
    assert expression.paths == {"context.v2", "subject", "context.x1"}


@pytest.mark.parametrize("source", ["amount % 2 == 1", "subject.matches('(a+)+$')"])
def test_what_cannot_be_trusted_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        compiled(source)


@pytest.mark.parametrize(
    ("source", "path", "kind"),
    [
        ("context.x > 5", "context.x", Kind.NUMBER),
        ("-3 < context.x", "context.x", Kind.NUMBER),
        ("amount / context.x > 0.1", "context.x", Kind.NUMBER),
        ("context.x == 'night'", "context.x", Kind.TEXT),
        ("'night' != context.x", "context.x", Kind.TEXT),
        ("context.x in ['a', 'b']", "context.x", Kind.TEXT),
        ("context.x.startsWith('a')", "context.x", Kind.TEXT),
        ("context.x == true", "context.x", Kind.YES_NO),
        ("!context.x", "context.x", Kind.YES_NO),
        ("context.x && amount > 5", "context.x", Kind.YES_NO),
    ],
)
def test_the_kind_is_read_off_the_expression(source: str, path: str, kind: Kind) -> None:
    compiled(source)
    assert kinds_of(bared(source), path) == {kind}


@pytest.mark.parametrize(
    ("when", "good", "bad"),
    [
        ("context.short == true", False, ["true", 1, Decimal("1.0")]),
        ("context.short == 666", 5, ["666", True]),
        ("context.short == 'night'", "day", [5, True]),
        ("context.short > 10 && amount > 1", 5, ["much", True]),
    ],
)
def test_a_value_of_another_kind_is_unknown_and_keeps_no_limit(when: str, good: Json, bad: list[Json]) -> None:
    by = policy(
        rule(name="far", tier=2, when=when),
        rule(),
        limits=[{"name": "never", "must": f"!({when})"}],
        inputs={"amount": "required", "context.short": "required"},
    )
    assert tier(by, {"short": good}) == 1
    assert by.broken_limits(proposal(), {"short": good}) == ()
    for value in bad:
        assert tier(by, {"short": value}) == 2, value
        assert len(by.broken_limits(proposal(), {"short": value})) == 1, value


def test_an_input_whose_kind_cannot_be_told_or_is_two_is_a_mistake() -> None:
    both = {"inputs": {"amount": "required", "context.a": "required", "context.b": "required"}}
    with pytest.raises(PolicyError, match=r"say what `context\.a` is"):
        policy(rule(tier=2, when="context.a == context.b"), **both)
    with pytest.raises(PolicyError, match="taken for number and for text"):
        policy(rule(tier=2, when="context.a > 5 || context.a == 'x' || context.b > 1"), **both)
    said = {"amount": "required", "context.a": {"type": "text"}, "context.b": {"type": "text"}}
    assert document(rule(tier=1), inputs=said)
