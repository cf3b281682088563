"""Where a card stands: the filters of channels, and who is told the result in their own chat."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.accounts import Accounts, Link
from core.channels import Channel, direct_account, for_request
from core.model import Account, Actor, ActorKind
from core.registry import Registry
from core.request import Request
from tests.cast import (
    FRANK,
    HOUR,
    PROGRAMS,
    Story,
    cancel,
    gone,
    people,
    person,
    rule,
    submit,
    tick,
    two_tiers,
    vote,
    world,
)

HERE = Account("slack", "T1", "U_FRANK")
THERE = Account("telegram", "", "42")
PLATFORMS = {"slack"}


def channel(**filters: Any) -> Channel:
    return Channel("desk", "slack", "C1", **{name: frozenset(what) for name, what in filters.items()})


def registry(*changed: Any, **accounts: Account) -> Registry:
    """Everybody, and accounts by person."""
    links = {account: Link(name) for name, account in accounts.items()}
    return Registry(people=people(*changed), programs=PROGRAMS, accounts=Accounts(links))


def shown(request: Request, *channels: Channel, within: Registry | None = None) -> tuple[str, ...]:
    return for_request(request, within or registry(), channels, PLATFORMS)


# The direct chat with a person


def test_in_a_persons_own_chat_stands_what_asks_them() -> None:
    mine = Channel("mine", "person", "alice")
    asked = Story(world(rule(route={"roles": ["trader"]}))).request
    assert shown(asked, mine) == ("person:alice",)
    assert shown(asked, replace(mine, address="dave")) == ()
    assert shown(asked, replace(mine, address="nobody")) == ()
    asks_herself = Story(world(rule(route={"roles": ["trader"]})), submit(by=person("alice"))).request
    assert shown(asks_herself, mine) == ()


def test_the_owner_who_is_no_second_eye_is_not_asked_there_and_is_told_the_end_once() -> None:
    mine = Channel("mine", "person", "frank")
    story = Story(world(rule(route={"roles": ["trader"]}, four_eyes=True)))
    around = registry(frank=HERE)
    assert shown(story.request, mine, within=around) == ()
    story.tells(vote("alice", "approve"))
    assert shown(story.request, mine, within=around) == ("person:frank",)


def test_escalation_brings_it_to_those_who_are_asked_then() -> None:
    mine = Channel("mine", "person", "erin")
    story = Story(world(rule(escalate=[{"after": "PT1H", "to": {"roles": ["head"]}}])))
    assert shown(story.request, mine) == ()
    assert shown(story.later(HOUR).tells(tick()).request, mine) == ("person:erin",)


# Filters


def test_without_a_filter_every_card_stands_there() -> None:
    assert shown(Story().request, channel(), replace(channel(), name="ops")) == ("desk", "ops")


@pytest.mark.parametrize(("amount", "tiers", "stands"), [(1, [1], True), (1, [2], False), (200_000, [2, 3], True)])
def test_a_channel_for_some_tiers(amount: int, tiers: list[int], stands: bool) -> None:
    request = Story(world(ruled_by=two_tiers()), submit(amount=amount)).request
    assert (shown(request, channel(tiers=tiers)) == ("desk",)) is stands


@pytest.mark.parametrize(("programs", "stands"), [(["momentum", "other"], True), (["carry"], False)])
def test_a_channel_for_some_programs(programs: list[str], stands: bool) -> None:
    assert (shown(Story().request, channel(programs=programs)) == ("desk",)) is stands


def test_a_person_who_asks_is_no_program_of_the_same_name() -> None:
    request = Story(opening=submit(by=person("momentum"))).request
    assert shown(request, channel(programs=["momentum"])) == ()
    assert shown(request, channel()) == ("desk",)


def test_a_channel_for_the_role_that_the_rule_asks() -> None:
    assert shown(Story().request, channel(roles=["trader"])) == ("desk",)
    assert shown(Story().request, channel(roles=["risk", "head"])) == ()


def test_a_channel_for_the_role_of_somebody_whom_the_rule_names() -> None:
    request = Story(world(rule(route={"people": ["dave"]}))).request
    assert shown(request, channel(roles=["risk"])) == ("desk",)
    assert shown(request, channel(roles=["trader"])) == ()
    dave = people()["dave"]
    assert shown(request, channel(roles=["risk"]), within=registry(gone(dave))) == ()


def test_escalation_brings_the_card_to_those_who_were_added() -> None:
    step = {"after": "PT1H", "to": {"roles": ["head"]}}
    story = Story(world(rule(escalate=[step])))
    assert shown(story.request, channel(roles=["head"])) == ()
    story.later(HOUR).tells(tick())
    assert shown(story.request, channel(roles=["head"])) == ("desk",)
    assert shown(story.request, channel(roles=["trader"])) == ("desk",), "escalation removes nobody"


def test_every_filter_must_let_it_pass() -> None:
    request = Story().request
    assert shown(request, channel(tiers=[1], roles=["trader"], programs=["momentum"])) == ("desk",)
    assert shown(request, channel(tiers=[1], roles=["trader"], programs=["carry"])) == ()


@pytest.mark.parametrize(("address", "chat"), [("C1", "C1"), ("C1/1700.1", "C1"), ("-100123/7", "-100123")])
def test_a_thread_lies_in_its_chat(address: str, chat: str) -> None:
    assert Channel("desk", "slack", address).chat == chat


# Telling the person behind it


def test_the_owner_is_told_once_it_is_decided() -> None:
    story, within = Story(), registry(frank=HERE)
    assert shown(story.request, within=within) == ()
    story.tells(vote("alice", "approve"))
    assert shown(story.request, channel(), within=within) == ("desk", "person:frank")


def test_who_has_decided_it_themselves_is_not_told() -> None:
    story = Story().tells(vote("frank", "approve"))
    assert shown(story.request, within=registry(frank=HERE)) == ()


def test_a_person_who_asked_is_told_and_not_of_what_they_took_back() -> None:
    asking = person("bob")
    within = registry(bob=HERE, frank=THERE)
    assert shown(Story(opening=submit(by=asking)).tells(vote("alice", "reject")).request, within=within) == (
        "person:bob",
    )
    assert shown(Story(opening=submit(by=asking)).tells(cancel(by=asking)).request, within=within) == ()


def test_an_expiry_is_told_and_advice_is_not() -> None:
    within = registry(frank=HERE)
    assert shown(Story().later(5 * HOUR).tells(tick()).request, within=within) == ("person:frank",)
    advised = Story(world(rule(gate="notify")), submit(advisory=True)).request
    assert advised.decision is not None
    assert shown(advised, within=within) == ()


@pytest.mark.parametrize(
    "within",
    [
        registry(),
        registry(frank=THERE),
        registry(alice=HERE),
        registry(gone(FRANK), frank=HERE),
        replace(registry(frank=HERE), programs={}),
    ],
    ids=["no account", "on no platform of ours", "somebody else's", "removed", "nobody's program"],
)
def test_who_cannot_be_told_is_not(within: Registry) -> None:
    assert shown(Story().tells(vote("alice", "approve")).request, within=within) == ()


def test_the_system_has_nobody_behind_it() -> None:
    system = Actor(ActorKind.SYSTEM, "frank", "clock")
    request = Story().tells(vote("alice", "approve")).request.but(asker=system)
    assert shown(request, within=registry(frank=HERE)) == ()


def test_the_first_account_on_a_platform_of_ours_is_written_to() -> None:
    second = Account("slack", "T1", "U2")
    links = {THERE: Link("alice"), HERE: Link("alice"), second: Link("alice"), Account("slack", "T1", "B"): Link("bob")}
    accounts = Accounts(links)
    assert direct_account(accounts, "alice", {"slack"}) == HERE
    assert direct_account(accounts, "alice", {"slack", "telegram"}) == THERE
    assert direct_account(accounts, "alice", set()) is None
    assert direct_account(accounts, "carol", {"slack"}) is None
