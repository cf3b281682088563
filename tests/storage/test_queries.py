"""Lists a page at a time, filters, and what the clock and the delivery ask for."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from random import Random
from typing import Any

import orjson
import pytest

from core.commands import Cancel
from core.model import Actor, ActorKind, Person
from core.ports import Filter
from core.request import Request
from storage.queries import SqlReader
from tests.storage.scene import PEOPLE, POLICY, PROGRAM, START, Scene, adopt, declare, name, submit, tick, vote

NAMES = [name(number) for number in range(60)]
AMOUNTS = (10, 2_000, 200_000)


def pages(scene: Scene, wanted: Filter, size: int) -> list[Request]:
    found: list[Request] = []
    cursor = None
    while True:
        page = scene.reader.page(wanted, cursor, size)
        assert len(page.items) == size or page.cursor is None
        found += page.items
        if page.cursor is None:
            return found
        cursor = page.cursor


def ids(requests: Sequence[Request]) -> list[str]:
    return [request.id for request in requests]


def cursor_of(*values: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).decode().rstrip("=")


@pytest.fixture
def crowd(scene: Scene) -> Scene:
    """Sixty requests of three tiers with many a deadline in common; every fourth is decided."""
    random = Random(7)
    for number, request in enumerate(NAMES):
        lasts = timedelta(minutes=random.choice((5, 10, 10, 50)))
        subject = random.choice(("AAPL", "MSFT"))
        scene.run(submit(request, AMOUNTS[number % 3], valid_for=lasts, subject=subject))
        if number % 6 == 0:
            scene.clock.advance(seconds=1)
    scene.run(*(vote(r, "alice", "reject" if i % 8 else "approve") for i, r in enumerate(NAMES) if i % 4 == 0))
    return scene


def test_pending_requests_come_by_tier_then_by_deadline_each_once(crowd: Scene) -> None:
    everything = [crowd.request(r) for r in NAMES]
    wanted = sorted((r for r in everything if r.pending), key=lambda r: (-r.ruling.tier, r.ruling.expire_at, r.id))
    assert len(wanted) == 50
    for size in (1, 7, 49, 50, 51, 1_000):
        assert pages(crowd, Filter(), size) == wanted


def test_ended_requests_come_with_the_latest_first_each_once(crowd: Scene) -> None:
    crowd.clock.advance(minutes=1)
    crowd.run(*(Cancel(f"cancel:{r}", PROGRAM, r, "d") for r in (NAMES[1], NAMES[2])))
    everything = [crowd.request(r) for r in NAMES]
    ended = [r for r in everything if r.decision]
    wanted = sorted(ended, key=lambda r: (r.decision.at, r.id) if r.decision else (), reverse=True)
    assert set(ids(wanted[:2])) == {NAMES[1], NAMES[2]}
    for size in (1, 4, 1_000):
        assert pages(crowd, Filter("decided"), size) == wanted


@pytest.mark.parametrize("seed", range(3))
def test_while_requests_come_and_go_between_pages_none_that_stays_is_missed_and_none_comes_twice(
    scene: Scene, seed: int
) -> None:
    random = Random(seed)

    def add(number: int) -> None:
        lasts = timedelta(minutes=random.randrange(30, 50))
        scene.run(submit(name(number), random.choice(AMOUNTS), valid_for=lasts))

    for number in range(30):
        add(number)
    staying = {name(number) for number in range(30)}
    seen: list[str] = []
    cursor, fresh = None, 100
    while True:
        page = scene.reader.page(Filter(), cursor, random.randrange(1, 6))
        seen += ids(page.items)
        cursor = page.cursor
        if cursor is None:
            break
        for _ in range(random.randrange(3)):
            add(fresh)
            fresh += 1
        leaving = random.choice(sorted(staying))
        staying.discard(leaving)
        scene.run(Cancel(f"cancel:{leaving}", PROGRAM, leaving, "d"))
    assert len(seen) == len(set(seen))
    assert staying <= set(seen)


def test_filters_narrow_and_combine(crowd: Scene) -> None:
    everything = [crowd.request(r) for r in NAMES]
    pending = [r for r in everything if r.pending]

    def same(wanted: Filter, expected: list[Request]) -> None:
        assert expected
        assert sorted(ids(pages(crowd, wanted, 9))) == sorted(ids(expected))

    same(Filter(tier=3), [r for r in pending if r.ruling.tier == 3])
    same(Filter(subject="MSFT"), [r for r in pending if r.subject == "MSFT"])
    same(Filter(asker="program:momentum"), pending)
    same(Filter(tier=2, subject="AAPL"), [r for r in pending if r.ruling.tier == 2 and r.subject == "AAPL"])
    same(Filter("decided", tier=1), [r for r in everything if r.decision and r.ruling.tier == 1])
    same(Filter("rejected"), [r for r in everything if r.decision and r.decision.outcome == "rejected"])
    same(Filter("approved", subject="AAPL"), [
        r for r in everything if r.decision and r.decision.outcome == "approved" and r.subject == "AAPL"
    ])  # fmt: skip
    same(Filter(audience=("role:risk",)), [r for r in pending if r.ruling.tier == 3])
    same(Filter(audience=("role:nobody", "role:trader")), pending)


def test_what_fits_nothing_finds_nothing(crowd: Scene) -> None:
    for wanted in (
        Filter(tier=4),
        Filter(subject="aapl"),
        Filter(subject="%"),
        Filter(asker="program:momentu"),
        Filter(asker="person:momentum"),
        Filter("lapsed"),
        Filter(audience=("role:trade",)),
        Filter(audience=("role:Trader",)),
        Filter(audience=("role:%",)),
        Filter(audience=("role:t_ader",)),
        Filter(audience=("trader",)),
        Filter(audience=("",)),
    ):
        page = crowd.reader.page(wanted, None, 10)
        assert (wanted, list(page.items), page.cursor) == (wanted, [], None)


def test_a_status_that_is_none_is_an_error(crowd: Scene) -> None:
    with pytest.raises(ValueError, match="undecided"):
        crowd.reader.page(Filter("undecided"), None, 10)


def test_names_with_signs_that_mean_something_to_sql_are_only_names(scene: Scene) -> None:
    odd = ["a_b", "axb", "a%b", "a\\b", "a\\_b", "A_B"]
    people = [*PEOPLE, *(Person(n, n, frozenset({"trader"})) for n in odd)]
    rules = [
        {"name": f"rule {i}", "tier": 1, "when": f"subject == '{i}'", "route": {"people": [n]}, "quorum": "any"}
        for i, n in enumerate(odd)
    ]
    document = {**POLICY, "inputs": {**POLICY["inputs"], "subject": "required"}}
    document["rules"] = [POLICY["rules"][0], *rules, POLICY["rules"][2]]
    scene.run(declare(people, id="odd"), adopt(document, id="odd policy"))
    scene.run(*(submit(name(i), 1, subject=str(i)) for i in range(len(odd))))
    scene.run(*(submit(name(100 + i), 200_000) for i in range(len(odd))))
    outcomes = scene.run(*(vote(name(100 + i), n) for i, n in enumerate(odd)))
    assert len(outcomes) == len(odd)
    for i, n in enumerate(odd):
        assert ids(pages(scene, Filter(audience=(f"person:{n}",)), 5)) == [name(i)]
        assert scene.reader.voted_by(n) == [name(100 + i)]


FORGED = [
    "",
    "!",
    "nonsense",
    "é",
    cursor_of(),
    cursor_of(-1, 0),
    cursor_of(-1, 0, 7),
    cursor_of(-1, "0", "req_1"),
    cursor_of(True, 0, "req_1"),
    cursor_of(-1.5, 0, "req_1"),
    cursor_of(-1, 2**63, "req_1"),
    cursor_of(-(2**15), 0, "req_1"),
    cursor_of(-1, 0, "req\0"),
    cursor_of(-1, 0, None),
    cursor_of(0, "req_1"),
    base64.urlsafe_b64encode(b'{"a": 1}').decode(),
    base64.urlsafe_b64encode(b"[1, 2").decode(),
]


def test_a_cursor_that_did_not_come_from_here_is_refused(database_url: str) -> None:
    with closing(SqlReader(database_url)) as reader:
        for cursor in FORGED:
            with pytest.raises(ValueError, match="did not come from here"):
                reader.page(Filter(), cursor, 10)


def test_a_cursor_of_one_list_is_refused_by_the_other(crowd: Scene) -> None:
    pending, ended = crowd.reader.page(Filter(), None, 2).cursor, crowd.reader.page(Filter("decided"), None, 2).cursor
    with pytest.raises(ValueError, match="cursor"):
        crowd.reader.page(Filter("decided"), pending, 2)
    with pytest.raises(ValueError, match="cursor"):
        crowd.reader.page(Filter(), ended, 2)


def test_the_outermost_cursors_are_taken(crowd: Scene) -> None:
    before, behind = cursor_of(-(2**15) + 1, -(2**63) + 1, ""), cursor_of(2**15 - 1, 2**63 - 1, "ÿ'")
    assert len(crowd.reader.page(Filter(), before, 100).items) == 50
    assert len(crowd.reader.page(Filter(), behind, 100).items) == 0


def test_the_pending_are_counted_by_tier(crowd: Scene) -> None:
    pending = [r for r in map(crowd.request, NAMES) if r.pending]
    assert crowd.reader.counts() == {t: sum(r.ruling.tier == t for r in pending) for t in (1, 2, 3)}


def test_what_is_due_comes_with_the_longest_overdue_first(scene: Scene) -> None:
    # Reminders are due at 80 % of the time: after 48, 96 and 192 minutes; the escalation after 60.
    scene.open(name(1), amount=10)
    scene.open(name(2), amount=2_000)
    scene.open(name(3), amount=200_000)
    reader = scene.reader
    assert reader.next_due() == START + timedelta(minutes=48)
    assert reader.due(START + timedelta(minutes=48, microseconds=-1), 10) == []
    assert reader.due(START + timedelta(minutes=48), 10) == [name(1)]
    later = START + timedelta(minutes=100)
    assert reader.due(later, 10) == [name(1), name(3), name(2)]
    assert reader.due(later, 2) == [name(1), name(3)]
    scene.clock.at = later
    scene.run(*(tick(r) for r in reader.due(later, 10)))
    assert scene.outcome(name(1)) == "expired", "silence that nobody was there to hear means nothing"
    assert reader.due(later, 10) == []
    assert reader.next_due() == START + timedelta(minutes=120)


def test_what_has_ended_is_never_due(scene: Scene) -> None:
    scene.open(name(1))
    scene.run(vote(name(1)))
    assert scene.reader.next_due() is None
    assert scene.reader.due(START + timedelta(days=9), 10) == []


def test_voted_by_speaks_of_pending_requests_and_votes_that_count(scene: Scene) -> None:
    scene.open(name(1), name(2), name(3), amount=200_000)
    scene.run(vote(name(1), "alice"), vote(name(2), "alice"), vote(name(2), "bob"), vote(name(3), "bob"))
    assert scene.reader.voted_by("alice") == [name(1)]
    assert scene.reader.voted_by("bob") == [name(3)]
    assert scene.reader.voted_by("ali") == []
    scene.run(vote(name(1), "carol", "modify", parameters={"quantity": 1}))
    assert scene.reader.voted_by("alice") == [], "the vote was on the revision before"
    assert scene.reader.voted_by("carol") == [name(1)]


def test_a_person_who_asks_is_found_by_the_filter_for_askers(scene: Scene) -> None:
    dave = Actor(ActorKind.PERSON, "dave", "web")
    scene.run(submit(name(1), actor=dave), submit(name(2)))
    assert ids(pages(scene, Filter(asker="person:dave"), 5)) == [name(1)]
    assert ids(pages(scene, Filter(asker="program:momentum"), 5)) == [name(2)]


def test_escalation_widens_the_audience_of_a_row(scene: Scene) -> None:
    scene.open(name(1), amount=200_000)
    heads = Filter(audience=("role:head",))
    assert pages(scene, heads, 5) == []
    scene.clock.advance(hours=1)
    scene.run(tick(name(1)))
    assert ids(pages(scene, heads, 5)) == [name(1)]
    assert ids(pages(scene, Filter(audience=("role:risk",)), 5)) == [name(1)]


def test_a_request_that_is_not_there_is_none(scene: Scene) -> None:
    assert scene.reader.request("req_nobody") is None


def test_the_database_answers_a_ping(scene: Scene) -> None:
    scene.reader.ping()
