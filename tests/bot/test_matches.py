"""What became of each recommendation, over the API and by taps: seen by whom it concerns, explained, settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import httpx
import pytest

from core.learning import records
from core.learning.fold import key_of
from core.learning.records import Label, Match
from core.token import Token
from tests.bot.history import BEGIN, DAY, MINUTE, about, advice, keep, order, reconciled, result
from tests.bot.running import Doc, Running, placet, settings_in
from tests.bot.tapping import Chatroom, Hand, labels

_numbers = count(1)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with placet(settings_in(tmp_path_factory.mktemp("matches"))) as running:
        yield running


@pytest.fixture(scope="module")
def alice(house: Running) -> httpx.Client:
    return house.person("alice")


@pytest.fixture(scope="module")
def bob(house: Running) -> httpx.Client:
    return house.person("bob")


@pytest.fixture(scope="module")
def hand(house: Running) -> Hand:
    return Chatroom(house).link("alice")


def subject() -> str:
    """One that no other test has to do with."""
    return f"S{next(_numbers)}"


def changed(house: Running, name: str = "") -> Match:
    """Alice did what was advised, at a higher strike."""
    name = name or subject()
    one = advice(name, subject=name)
    done = order(f"o-{name}", BEGIN + 5 * MINUTE, subject=name, strike=430.0)
    (found,) = reconciled(house, [one], [done])
    assert found.label is Label.MODIFY
    return found


def doubtful(house: Running) -> tuple[Match, Match]:
    """One order that lies between two pieces of advice: the likelier match, and the other one."""
    name = subject()
    first = advice(f"{name}/a", subject=name)
    other = {"strike": 430.0, "expiry": "2012-01-20", "quantity": 1, "premium": 2.0}
    second = advice(f"{name}/b", BEGIN + 10 * MINUTE, subject=name, parameters=other)
    done = order(f"o-{name}", BEGIN + 20 * MINUTE, subject=name, strike=427.5)
    found = reconciled(house, [first, second], [done])
    taken, left = sorted(found, key=lambda one: not one.orders)
    assert taken.orders
    assert taken.ambiguous
    assert not left.orders
    return taken, left


def two_orders(house: Running) -> Match:
    """One piece of advice and two orders, of which either may be the one."""
    name = subject()
    done = [
        order(f"o-{name}/1", BEGIN + 20 * MINUTE, subject=name, strike=430.0),
        order(f"o-{name}/2", BEGIN + 30 * MINUTE, subject=name, strike=420.0),
    ]
    found = reconciled(house, [advice(name, subject=name)], done)
    (one,) = [match for match in found if match.recommendation]
    assert one.ambiguous == (key_of(f"o-{name}/2", "U-alice", name),)
    return one


def looked_at(client: httpx.Client, match: Match) -> Doc:
    answer = client.get(f"/v1/matches/{about(match)}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def says(client: httpx.Client, match: Match, **body: object) -> httpx.Response:
    return client.patch(f"/v1/matches/{about(match)}", json=body)


# Looking


def test_a_match_is_shown_with_what_it_rests_on_and_what_came_of_it(house: Running, alice: httpx.Client) -> None:
    match = changed(house)
    number = f"o-{match.subject}"  # as programs and brokers name an order
    keep(house, result(number, "actual", "120.50", BEGIN + DAY), result(match.key, "recommended", None, BEGIN))
    found = looked_at(alice, match)
    assert (found["label"], found["how"], found["diverges"], found["version"]) == ("modify", "matched", True, 1)
    assert found["differs"] == ["strike: 425 → 430"]
    assert found["advice"]["title"] == match_title(match)
    assert found["orders"] == [key_of(one["order"], "U-alice", match.subject) for one in found["executions"]]
    assert {one["kind"]: one.get("pnl") for one in found["results"]} == {"actual": "120.50", "recommended": None}
    assert len(found["versions"]) == 1


def match_title(match: Match) -> str:
    return f"Sell 1 {match.subject} 20 Jan 425 call at 2.36"


def test_matches_are_listed_with_filters_and_page_by_page(house: Running, alice: httpx.Client) -> None:
    name = subject()
    ones = [advice(f"{name}/{day}", BEGIN + day * DAY, subject=name) for day in range(5)]
    done = [order(f"{name}/{day}", one.at + MINUTE, subject=name) for day, one in enumerate(ones) if day % 2]
    reconciled(house, ones, done)
    found: list[str] = []
    cursor = None
    for _ in range(10):
        asked = {"subject": name, "limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = alice.get("/v1/matches", params=asked).json()
        found += [one["day"] for one in page["items"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert found == [f"2012-01-0{3 + day}" for day in range(5)]
    of = alice.get("/v1/matches", params={"subject": name, "label": "consent"}).json()["items"]
    assert [one["orders"] for one in of] == [[key_of(f"{name}/{day}", "U-alice", name)] for day in (1, 3)]
    later = {"subject": name, "since": (BEGIN + 2 * DAY).isoformat(), "until": (BEGIN + 4 * DAY).isoformat()}
    assert [one["day"] for one in alice.get("/v1/matches", params=later).json()["items"]] == [
        "2012-01-05",
        "2012-01-06",
    ]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("cursor=nothing", "cursor is none of ours"),
        ("cursor=%ff", "cursor"),
        ("since=2012-01-03T00:00:00", "since must say its offset"),
        ("since=yesterday", "since"),
        ("label=agreed", "label must be"),
        ("limit=0", "limit must be at least 1"),
        ("subject=a%00b", "subject holds a character that cannot be seen"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_its_name(alice: httpx.Client, query: str, words: str) -> None:
    answer = alice.get(f"/v1/matches?{query}")
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_who_is_no_administrator_sees_their_own_and_nothing_of_others(
    house: Running, alice: httpx.Client, bob: httpx.Client
) -> None:
    match = changed(house)
    assert bob.get(f"/v1/matches/{about(match)}").status_code == 404
    assert says(bob, match, reason="risk").status_code == 404
    assert bob.get("/v1/matches", params={"subject": match.subject}).json()["items"] == []
    assert bob.get("/v1/matches", params={"person": "alice"}).json()["code"] == "not_admin"
    admin = house.client()
    assert [one["id"] for one in admin.get("/v1/matches", params={"subject": match.subject}).json()["items"]] == [
        about(match)
    ]
    assert looked_at(admin, match)["person"] == "alice"


def test_a_program_sees_what_it_advised_and_says_nothing(house: Running) -> None:
    match = changed(house)
    own, other = house.program("momentum"), house.program("contrarian", owner="frank")
    assert looked_at(own, match)["program"] == "momentum"
    assert other.get(f"/v1/matches/{about(match)}").status_code == 404
    assert other.get("/v1/matches", params={"program": "momentum"}).json()["code"] == "not_entitled"
    assert says(own, match, reason="risk").json()["code"] == "not_a_person"


# Saying why


def test_a_reason_is_a_further_version_and_the_same_again_is_none(house: Running, alice: httpx.Client) -> None:
    match = changed(house)
    told = {"reason": "other", "words": "Earnings tomorrow.", "would_agree": "yes"}
    first, again = says(alice, match, **told), says(alice, match, **told)
    assert (first.status_code, again.status_code) == (200, 200), again.text
    found = again.json()
    assert (found["reason"], found["words"], found["would_agree"]) == ("other", "Earnings tomorrow.", "yes")
    assert [one.get("reason") for one in found["versions"]] == [None, "other"]
    assert says(alice, match, reason="risk").json()["version"] == 3
    assert looked_at(alice, match).get("words") is None
    kept = house.services.reader.record(records.MATCH, match.key)
    assert kept is not None
    assert "Earnings" not in str(kept.body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "Send `settle`, or `reason`"),
        ({"reason": "mood"}, "reason is none of the codes"),
        ({"reason": "other"}, "words must say what it is"),
        ({"words": "Because."}, "words go with a reason"),
        ({"reason": "risk", "settle": None}, "one of the two"),
        ({"reason": "risk", "why": "x"}, "why is not known here"),
        ({"reason": "risk", "words": "a\u202eb"}, "words"),
        ({"settle": "o-elsewhere"}, "nothing to settle"),
        ({"settle": None}, "nothing to settle"),
    ],
)
def test_what_cannot_be_said_is_refused_with_what_to_do(
    house: Running, alice: httpx.Client, body: Doc, words: str
) -> None:
    answer = alice.patch(f"/v1/matches/{about(changed(house))}", json=body)
    assert answer.status_code in (409, 422)
    assert words in answer.json()["detail"]


def test_nobody_is_asked_why_they_followed_the_advice(house: Running, alice: httpx.Client) -> None:
    name = subject()
    (match,) = reconciled(house, [advice(name, subject=name)], [order(f"o-{name}", BEGIN + MINUTE, subject=name)])
    answer = says(alice, match, reason="risk")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_divergence")


def test_who_looked_at_an_earlier_version_is_told(house: Running, alice: httpx.Client) -> None:
    match = changed(house)
    assert says(alice, match, reason="risk", version=1).status_code == 200
    assert says(alice, match, reason="size", version=1).json()["code"] == "stale_version"


def test_a_match_that_is_not_there_is_told_so(alice: httpx.Client) -> None:
    assert alice.get(f"/v1/matches/mat_{'a' * 26}").json()["code"] == "not_found"
    assert "whole id of a match" in alice.get("/v1/matches/mat_a").json()["detail"]


# Settling


def test_which_order_it_was_is_said_and_the_next_reconciliation_keeps_to_it(
    house: Running, alice: httpx.Client
) -> None:
    match = two_orders(house)
    found = looked_at(alice, match)
    assert [one["key"] for one in found["choices"]] == [match.orders[0], match.ambiguous[0]]
    answer = says(alice, match, settle=match.ambiguous[0])
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["orders"], found["settled_by"], found["ambiguous"]) == ([match.ambiguous[0]], "alice", [])
    assert found["edits"] == {"strike": -1.0}
    alone = alice.get("/v1/matches", params={"subject": match.subject, "label": "independent"}).json()["items"]
    assert [one["orders"] for one in alone] == [list(match.orders)]
    again = says(alice, match, settle=f"o-{match.subject}/2")  # by its number
    assert (again.status_code, again.json()["version"]) == (200, 2)
    assert says(alice, two_orders(house), settle="o-elsewhere").json()["errors"][0]["field"] == "settle"
    other = says(house.client(), match, settle=match.orders[0])
    assert (other.status_code, other.json()["code"]) == (409, "settled")
    assert "settled by alice" in other.json()["detail"]


def test_it_was_none_of_them(house: Running, alice: httpx.Client) -> None:
    match = two_orders(house)
    found = says(alice, match, settle=None).json()
    assert (found["orders"], found["label"], found["how"], found["settled_by"]) == ([], "reject", "ignored", "alice")
    alone = alice.get("/v1/matches", params={"subject": match.subject, "label": "independent"}).json()["items"]
    assert sorted(one["orders"][0] for one in alone) == sorted([*match.orders, *match.ambiguous])


def test_the_order_was_about_the_other_advice(house: Running, alice: httpx.Client) -> None:
    taken, left = doubtful(house)
    assert taken.recommendation is not None
    found = says(alice, taken, settle=left.key).json()
    assert found["orders"] == []
    now = looked_at(alice, left)
    assert (now["orders"], now["settled_by"], now["ambiguous"]) == (list(taken.orders), "alice", [])


def test_an_order_that_is_found_to_belong_somewhere_is_nobodys_own_any_more(
    house: Running, alice: httpx.Client
) -> None:
    match = two_orders(house)
    own = f"order:{match.ambiguous[0]}"
    before = house.services.reader.record(records.MATCH, own)
    assert before is not None
    assert says(alice, match, settle=match.ambiguous[0]).status_code == 200
    after = house.services.reader.record(records.MATCH, own)
    assert after is not None
    assert (before.status, after.status) == ("independent", "withdrawn")
    listed = alice.get("/v1/matches", params={"subject": match.subject}).json()["items"]
    assert own not in [one["key"] for one in listed]


# By taps


def test_a_reason_is_tapped_and_then_the_last_question(house: Running, alice: httpx.Client, hand: Hand) -> None:
    match = changed(house)
    answer = hand.presses(Token("mwhy", about(match), 1))
    assert "Too risky" in labels(answer)
    answer = hand.chooses(answer, "Too risky")
    assert answer.text.startswith("Noted: Too risky.")
    answer = hand.chooses(answer, "Yes")
    assert answer.text == "Noted, thank you."
    found = looked_at(alice, match)
    assert (found["reason"], found["would_agree"]) == ("risk", "yes")
    hand.again()
    assert looked_at(alice, match)["version"] == found["version"]


def test_another_reason_takes_words(house: Running, alice: httpx.Client, hand: Hand) -> None:
    match = changed(house)
    answer = hand.chooses(hand.presses(Token("mwhy", about(match), 1)), "Something else")
    answer = hand.fills(answer.form, words="")
    assert answer.form is not None
    assert answer.form.fields[0].error == "must be said"
    assert hand.fills(answer.form, words="The fund closes.").text.startswith("Noted: Something else")
    assert looked_at(alice, match)["words"] == "The fund closes."


def test_an_order_is_picked_and_a_second_tap_changes_nothing(house: Running, alice: httpx.Client, hand: Hand) -> None:
    match = two_orders(house)
    question = hand.presses(Token("mpick", about(match), 1))
    assert len(labels(question)) == 3
    assert "430" in labels(question)[0]
    answer = hand.chooses(question, labels(question)[1])
    assert answer.text.startswith("Noted: sell call")
    assert looked_at(alice, match)["orders"] == [match.ambiguous[0]]
    assert not hand.again().refused
    assert "settled by you already" in hand.chooses(question, labels(question)[0]).text
    assert looked_at(alice, match)["version"] == 2


def test_none_of_them_is_tapped(house: Running, alice: httpx.Client, hand: Hand) -> None:
    match = two_orders(house)
    answer = hand.chooses(hand.presses(Token("mpick", about(match), 1)), "None")
    assert answer.text.startswith("Noted: none of them.")
    assert looked_at(alice, match)["orders"] == []


def test_who_it_is_not_about_cannot_say_anything_by_tap(house: Running, hand: Hand) -> None:
    bob = hand.room.link("bob")
    match = changed(house)
    answer = bob.presses(Token("mwhy", about(match), 1, "risk"))
    assert answer.refused
    assert "what alice did" in answer.text
    assert bob.presses(Token("mwhy", f"mat_{'b' * 26}", 1, "risk")).refused
    guarded = hand.presses(Token("mwhy", about(match), 1)).rows[0][0].token
    assert "somebody else" in bob.presses(guarded).text
    kept = house.services.reader.record(records.MATCH, match.key)
    assert kept is not None
    assert kept.version == 1


@pytest.mark.parametrize(
    "token",
    [
        "mwhy:m{id}:1:mood",
        "magree:m{id}:1:perhaps",
        "mpick:m{id}:1:9",
        "mpick:m{id}:7:0",
        "mnone:m{id}:9",
        "mpick:m{id}:1:x",
    ],
)
def test_a_button_of_our_making_is_no_other(house: Running, hand: Hand, token: str) -> None:
    match = two_orders(house)
    assert hand.presses(token.format(id=about(match).removeprefix("mat_"))).refused
    kept = house.services.reader.record(records.MATCH, match.key)
    assert kept is not None
    assert kept.version == 1


def test_a_button_counts_among_what_it_was_shown_with(house: Running, hand: Hand) -> None:
    match = two_orders(house)
    offered = hand.presses(Token("mpick", about(match), 1))
    keep(house, replace(match, ambiguous=("o-later", *match.ambiguous)))
    answer = hand.chooses(offered, labels(offered)[1])
    assert answer.refused
    assert "has changed since" in answer.text
    assert "has changed since" in hand.chooses(offered, "None").text
