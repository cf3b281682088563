"""What the shipped policies promise: more risk never means fewer questions."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.model import Json, Ruling
from core.policy import GATES, Policy
from core.policy_document import read_policy
from tests.cast import MOMENTUM, NOW, PROGRAMS, people, proposal

FOLDER = Path(__file__).resolve().parents[2] / "bot" / "policies"


class ExactLoader(yaml.SafeLoader):
    """YAML whose fractions are decimals."""


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)))


ExactLoader.add_constructor("tag:yaml.org,2002:float", _decimal)


def read(file: Path) -> Policy:
    return read_policy(yaml.load(file.read_text(encoding="utf-8"), ExactLoader))


SHIPPED = {file.stem: read(file) for file in sorted(FOLDER.glob("*.yaml"))}
POLICIES = st.sampled_from(sorted(SHIPPED))
# Within what a comparison can be exact about; anything finer is unknown, and so in the highest tier.
AMOUNTS = st.decimals(0, 10**9, places=2)
SHARES = st.decimals(0, 1, places=3)
VOLATILITIES = st.decimals(0, 200, places=2)


def ruling(policy: str, amount: Decimal | None, confidence: Decimal | None, vix: Json) -> Ruling:
    context = {} if vix is None else {"vix": vix}
    asked = proposal(amount=amount, confidence=confidence, context=context)
    return SHIPPED[policy].rule(asked, context, MOMENTUM, 1, people(), PROGRAMS, NOW, NOW)


def test_the_policies_are_there() -> None:
    assert {"solo", "trading-tiers"} <= set(SHIPPED)
    assert all(policy.name == name for name, policy in SHIPPED.items())


@given(policy=POLICIES, less=AMOUNTS, more=AMOUNTS, confidence=SHARES, vix=VOLATILITIES)
def test_the_tier_never_falls_when_the_amount_rises(
    policy: str, less: Decimal, more: Decimal, confidence: Decimal, vix: Decimal
) -> None:
    less, more = sorted((less, more))
    assert ruling(policy, less, confidence, vix).tier <= ruling(policy, more, confidence, vix).tier


@given(policy=POLICIES, amount=AMOUNTS, confidence=SHARES, calm=VOLATILITIES, wild=VOLATILITIES)
def test_the_tier_never_falls_when_the_volatility_rises(
    policy: str, amount: Decimal, confidence: Decimal, calm: Decimal, wild: Decimal
) -> None:
    calm, wild = sorted((calm, wild))
    assert ruling(policy, amount, confidence, calm).tier <= ruling(policy, amount, confidence, wild).tier


@given(policy=POLICIES, amount=AMOUNTS, sure=SHARES, unsure=SHARES, vix=VOLATILITIES)
def test_the_tier_never_falls_when_confidence_falls(
    policy: str, amount: Decimal, sure: Decimal, unsure: Decimal, vix: Decimal
) -> None:
    unsure, sure = sorted((unsure, sure))
    assert ruling(policy, amount, sure, vix).tier <= ruling(policy, amount, unsure, vix).tier


@given(policy=POLICIES, amount=AMOUNTS, confidence=SHARES, vix=VOLATILITIES, data=st.data())
def test_saying_less_never_lowers_the_tier(
    policy: str, amount: Decimal, confidence: Decimal, vix: Decimal, data: st.DataObject
) -> None:
    said: list[Any] = [amount, confidence, vix]
    left_out = data.draw(st.integers(0, 2))
    tier = ruling(policy, *said).tier

    said[left_out] = None
    assert ruling(policy, *said).tier >= tier


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_gate_never_weakens_as_the_tier_rises(name: str) -> None:
    gates = [GATES.index(rule.gate) for rule in SHIPPED[name].rules]

    assert gates == sorted(gates, reverse=True)


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_silence_approves_nothing_and_every_request_has_a_rule(name: str) -> None:
    rules = SHIPPED[name].rules

    assert {rule.silence for rule in rules} == {"expire"}
    assert rules[-1].when is None


@pytest.mark.parametrize("name", sorted(set(SHIPPED) - {"solo"}))
def test_every_team_policy_wants_four_eyes_everywhere(name: str) -> None:
    assert all(rule.four_eyes for rule in SHIPPED[name].rules)


@pytest.mark.parametrize(
    ("amount", "confidence", "vix", "tier"),
    [
        ("50000", "0.7", "25", 1),
        ("50000.01", "0.7", "25", 2),
        ("50000", "0.699", "25", 2),
        ("50000", "0.7", "25.01", 2),
        ("250000", "0.5", "35", 2),
        ("250000.01", "0.9", "10", 3),
        ("10", "0.499", "10", 3),
        ("10", "0.9", "35.5", 3),
    ],
)
def test_the_bounds_of_the_trading_tiers(amount: str, confidence: str, vix: str, tier: int) -> None:
    assert ruling("trading-tiers", Decimal(amount), Decimal(confidence), Decimal(vix)).tier == tier


@pytest.mark.parametrize("name", ["solo", "trading-tiers"])
def test_a_small_sure_and_calm_request_is_routine_and_a_huge_one_is_critical(name: str) -> None:
    assert ruling(name, Decimal(1), Decimal(1), 5).tier == 1
    assert ruling(name, Decimal(10**9), Decimal(1), 5).tier == max(SHIPPED[name].tiers)
    assert ruling(name, Decimal(1), Decimal(0), 5).tier == max(SHIPPED[name].tiers)
