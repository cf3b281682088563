"""What is offered at one tap: a person's own habit first, and the usual steps; always values that the form takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.forms import modified, value_fault
from core.model import Proposal
from core.presets import MOST, presets
from core.request import Request
from tests.cast import Story, modify, proposal, submit

LADDER = [420, 425, 430, 435]


def asks(name: str, value: Any, **field: Any) -> Proposal:
    kind = {int: "integer", Decimal: "number", bool: "boolean", str: "string"}[type(value)]
    return proposal(parameters={name: value}, editable={"properties": {name: {"type": kind, **field}}})


def edited(asked: Proposal, by: str = "alice", **values: Any) -> Request:
    story = Story(opening=submit(asked)).tells(modify(by, **values))
    assert story.outcome == "modified"
    return story.request


def offered(asked: Proposal, *earlier: Request, to: str = "alice") -> list[str]:
    return [preset.label for preset in presets(asked, earlier, to)]


def test_half_a_number_and_the_next_rungs_of_a_ladder() -> None:
    assert offered(asks("qty", 100)) == ["Half: qty 50"]
    assert offered(asks("strike", 425, enum=LADDER)) == ["One lower: strike 420", "One higher: strike 430"]
    assert offered(asks("strike", 420, enum=LADDER)) == ["One higher: strike 425"]
    assert offered(asks("why", "x")) == []
    assert offered(proposal(editable=None)) == []


def test_a_step_that_the_form_would_not_take_is_not_offered() -> None:
    assert offered(asks("qty", 100, minimum=80)) == []
    assert offered(asks("qty", 1, minimum=1)) == []
    assert offered(asks("strike", Decimal("430.0"), minimum=0)) == []


def test_the_usual_change_is_a_ratio_a_number_of_rungs_or_a_word() -> None:
    habit = [edited(asks("qty", 100), qty=80), edited(asks("qty", 50), qty=40)]
    assert offered(asks("qty", 200), *habit)[0] == "Your usual: qty 160"
    climbs = [
        edited(asks("strike", 420, enum=LADDER), strike=430),
        edited(asks("strike", 425, enum=LADDER), strike=435),
    ]
    assert offered(asks("strike", 425, enum=LADDER), *climbs)[0] == "Your usual: strike 435"
    says = [edited(asks("side", "buy"), side="sell")] * 2
    assert offered(asks("side", "buy"), *says) == ["Your usual: side sell"]
    switches = [edited(asks("urgent", value=True), urgent=False)] * 2
    assert offered(asks("urgent", value=True), *switches) == ["Your usual: urgent no"]


def test_once_is_no_habit_and_anothers_habit_is_not_ones_own() -> None:
    once = edited(asks("qty", 100), qty=80)
    assert offered(asks("qty", 200), once) == ["Half: qty 100"]
    assert offered(asks("qty", 200), once, once, to="bob") == ["Half: qty 100"]


def test_a_habit_that_would_lead_nowhere_is_not_offered() -> None:
    climbs = [edited(asks("strike", 420, enum=LADDER), strike=435)] * 2
    assert offered(asks("strike", 435, enum=LADDER), *climbs) == ["One lower: strike 430"]
    assert offered(asks("side", "sell"), *[edited(asks("side", "buy"), side="sell")] * 2) == []


def test_the_same_change_is_offered_once() -> None:
    halves = [edited(asks("qty", 100), qty=50)] * 2
    assert offered(asks("qty", 60), *halves) == ["Your usual: qty 30"]


@given(
    now=st.integers(1, 10**6),
    old=st.integers(1, 10**6),
    new=st.integers(1, 10**6),
    step=st.sampled_from([1, 5, 100]),
)
def test_whatever_the_habit_every_preset_is_a_change_that_the_form_takes(
    now: int, old: int, new: int, step: int
) -> None:
    asked = asks("qty", now * step, minimum=0, maximum=10**8, multipleOf=step)
    earlier = asks("qty", old * step, minimum=0, maximum=10**8, multipleOf=step)
    habit = [edited(earlier, qty=new * step)] * 2 if old != new else []
    found = presets(asked, habit, "alice")
    assert len(found) <= MOST
    for preset in found:
        assert asked.editable is not None
        assert value_fault(asked.editable["properties"]["qty"], preset.values["qty"]) is None
        assert isinstance(modified(asked, preset.values), dict)


@pytest.mark.parametrize("parameters", [{"n": 0}, {"n": -5}])
def test_nothing_odd_comes_of_zero_or_a_negative_number(parameters: dict[str, int]) -> None:
    asked = asks("n", parameters["n"])
    for preset in presets(asked, (), "alice"):
        assert isinstance(modified(asked, preset.values), dict)
