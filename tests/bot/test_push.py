"""Calling people on their browsers: a real Placet, and a push service of our own that decrypts what it is sent."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.bot.asking import submitted, voted
from tests.bot.running import Doc, Running, anonymous, eventually, placet, settings_in
from tests.platforms.clock import FastClock
from tests.platforms.push import Browser, PushTown, push_town

PLACE = "/settings/notifications"
SPEED = 40.0
"""How many times as fast the server waits between two attempts."""
CRITICAL, ROUTINE = {"title": "Buy 9000 NVDA", "amount": "382500.00"}, {"title": "Buy 100 NVDA"}


@dataclass
class Visitor:
    """Somebody who is signed in with a browser."""

    client: httpx.Client
    browser: Browser | None = None

    def csrf(self) -> str:
        found = re.search(r'name="placet-csrf" content="([0-9a-f]+)"', self.client.get(PLACE).text)
        assert found
        return found[1]

    def send(self, path: str = "", **fields: str) -> httpx.Response:
        return self.client.post(PLACE + path, data={"csrf": self.csrf(), **fields}, headers={"X-Placet-Fragment": "1"})

    def listed(self) -> list[str]:
        """The ids of the browsers that the page lists."""
        return list(dict.fromkeys(re.findall(r'name="id" value="([0-9a-f]{64})"', self.client.get(PLACE).text)))


@dataclass
class Scene:
    running: Running
    town: PushTown
    program: httpx.Client
    clients: list[httpx.Client] = field(default_factory=list)

    def signs_in(self, person: str) -> Visitor:
        offered = self.running.services.passes.offer_login(person)
        secret = asyncio.run_coroutine_threadsafe(offered, self.running.loop).result(30).secret
        client = anonymous(self.running.url)
        self.clients.append(client)
        entered = client.post("/enter", data={"code": secret})
        assert entered.status_code == 303, entered.text
        return Visitor(client)

    def listens(self, person: str, which: str = "urgent") -> tuple[Visitor, Browser]:
        """Somebody with a browser that is told what waits."""
        visitor, browser = self.signs_in(person), self.town.browser()
        assert visitor.send(**browser.given).status_code == 200
        if which == "all":
            assert visitor.send("/choose", id=visitor.listed()[0], which="all").status_code == 200
        return visitor, browser

    def asks(self, **changes: Any) -> Doc:
        return submitted(self.program, **changes)

    def idle(self) -> bool:
        push = self.running.services.push
        assert push is not None
        return not push.busy


@pytest.fixture
def scene(tmp_path: Path, sqlite_url: str) -> Iterator[Scene]:
    settings = settings_in(tmp_path, sqlite_url, push_private=True, push_contact="mailto:ops@example.org")
    with push_town() as town, placet(settings, timer=FastClock(SPEED)) as running:
        scene = Scene(running, town, running.program("momentum"))
        try:
            yield scene
        finally:
            for client in scene.clients:
                client.close()


# What is sent, and to whom


def test_whoever_may_decide_is_called_with_a_message_that_they_alone_can_read(scene: Scene) -> None:
    _, daves = scene.listens("dave")
    _, carols = scene.listens("carol", "all")
    request = scene.asks(**CRITICAL)
    eventually(lambda: daves.arrived)
    (message,) = daves.arrived
    assert message.body | {"until": ""} == {
        "kind": "one",
        "id": request["id"],
        "title": "Buy 9000 NVDA",
        "tier": "critical",
        "until": "",
        "count": 1,
        "anew": False,
    }
    assert message.headers["Urgency"] == "high"
    assert message.headers["Topic"] == request["id"].removeprefix("req_")
    assert 14_000 < int(message.headers["TTL"]) <= 14_400
    assert message.claims["aud"] == scene.town.address
    assert message.claims["sub"] == "mailto:ops@example.org"
    assert 0 < message.claims["exp"] - datetime.now(UTC).timestamp() < 86_400
    eventually(scene.idle)
    assert carols.arrived == []


def test_the_key_that_signs_is_the_one_that_the_browser_was_asked_with(scene: Scene) -> None:
    visitor, browser = scene.listens("dave")
    shown = re.search(r'data-push-key="([^"]+)"', visitor.client.get(PLACE).text)
    scene.asks(**CRITICAL)
    eventually(lambda: browser.arrived)
    assert shown
    assert browser.arrived[0].key == shown[1]


def test_what_is_not_urgent_calls_only_those_who_want_everything(scene: Scene) -> None:
    _, alices = scene.listens("alice")
    _, bobs = scene.listens("bob", "all")
    scene.asks(**ROUTINE)
    eventually(lambda: bobs.arrived)
    assert bobs.arrived[0].headers["Urgency"] == "normal"
    scene.asks(title="Now or never", valid_for="PT5M")
    eventually(lambda: alices.arrived)
    assert alices.titles() == ["Now or never"]


def test_who_asks_and_who_has_voted_are_not_called(scene: Scene) -> None:
    _, franks = scene.listens("frank", "all")
    _, bobs = scene.listens("bob", "all")
    # Frank owns the program, and four eyes are asked.
    request = scene.asks(title="Buy 500 NVDA", amount="21250.00")
    eventually(lambda: bobs.arrived)
    voted(scene.running.person("bob"), request, "approve")
    alice = scene.running.person("alice")
    answer = alice.post(
        f"/v1/requests/{request['id']}/votes",
        json={"choice": "modify", "revision": 1, "parameters": {"quantity": 400}},
    )
    assert answer.status_code == 200, answer.text
    # The votes on the old revision lapse: Bob is asked anew, and his browser shows it anew.
    eventually(lambda: len(bobs.arrived) == 2)
    assert [one.body["anew"] for one in bobs.arrived] == [False, True]
    eventually(scene.idle)
    assert franks.arrived == []


def test_what_comes_together_is_one_message(scene: Scene) -> None:
    _, bobs = scene.listens("bob", "all")
    for number in range(30):
        scene.asks(title=f"Buy {number} NVDA")
    eventually(lambda: sum(one.body["count"] for one in bobs.arrived) >= 30)
    eventually(scene.idle)
    assert len(bobs.arrived) < 15
    last = bobs.arrived[-1]
    assert last.body["kind"] == ("many" if last.body["count"] > 1 else "one")


def test_a_test_message_goes_to_the_browser_itself(scene: Scene) -> None:
    visitor, browser = scene.listens("carol")
    answer = visitor.send("/try", id=visitor.listed()[0])
    assert "it should be there within seconds" in answer.text
    assert [one.body["kind"] for one in browser.arrived] == ["try"]


# What does not work


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_takes_none_any_more_is_forgotten(scene: Scene, status: int) -> None:
    visitor, browser = scene.listens("dave")
    browser.answers = [(status, {})]
    scene.asks(**CRITICAL)
    eventually(lambda: visitor.listed() == [])
    assert browser.tries == 1


def test_a_push_service_in_trouble_is_tried_again_and_gets_it_once(scene: Scene) -> None:
    _, browser = scene.listens("dave")
    browser.answers = [(500, {}), (429, {"Retry-After": "9"}), (503, {"Retry-After": "nonsense"})]
    scene.asks(**CRITICAL)
    eventually(lambda: browser.arrived)
    eventually(scene.idle)
    assert browser.tries == 4
    assert browser.titles() == ["Buy 9000 NVDA"]


def test_a_push_service_that_hangs_holds_up_nothing_else(scene: Scene) -> None:
    _, browser = scene.listens("dave")
    _, others = scene.listens("erin")
    browser.hangs = threading.Event()
    request = scene.asks(**CRITICAL)
    eventually(lambda: browser.tries == 1)
    eventually(lambda: others.arrived)
    voted(scene.running.person("dave"), request, "approve")
    assert browser.arrived == []
    browser.hangs.set()
    eventually(scene.idle)


def test_what_was_decided_meanwhile_is_not_tried_again(scene: Scene) -> None:
    visitor, browser = scene.listens("dave")
    browser.answers = [(429, {"Retry-After": "60"})]
    request = scene.asks(**CRITICAL)
    eventually(lambda: browser.tries == 1)
    voted(scene.running.person("dave"), request, "approve")
    eventually(scene.idle)
    assert browser.tries == 1
    assert len(visitor.listed()) == 1


def test_a_refusal_for_good_is_tried_once_and_nothing_secret_is_logged(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    visitor, browser = scene.listens("dave")
    browser.answers = [(403, {})]
    scene.asks(**CRITICAL)
    eventually(lambda: "did not take a message to a browser of dave: 403" in caplog.text)
    eventually(scene.idle)
    assert browser.tries == 1
    assert len(visitor.listed()) == 1
    path = browser.endpoint.rpartition("/")[2]
    assert path not in caplog.text
    assert "Buy 9000 NVDA" not in caplog.text


def test_no_answer_of_a_push_service_leads_elsewhere(scene: Scene) -> None:
    _, browser = scene.listens("dave")
    elsewhere = scene.town.browser()
    browser.answers = [(307, {"Location": elsewhere.endpoint})]
    scene.asks(**CRITICAL)
    eventually(lambda: browser.tries == 1)
    eventually(scene.idle)
    assert elsewhere.tries == 0


def test_a_browser_that_is_signed_out_is_told_nothing(scene: Scene) -> None:
    visitor, browser = scene.listens("dave")
    other, others = scene.listens("dave")
    csrf = visitor.csrf()
    assert visitor.client.post("/leave", data={"csrf": csrf}).status_code == 303
    scene.asks(**CRITICAL)
    eventually(lambda: others.arrived)
    eventually(scene.idle)
    assert browser.tries == 0
    assert "Signed out" in other.client.get(PLACE).text


def test_a_browser_that_signs_in_anew_goes_on_unless_it_was_taken_out(scene: Scene) -> None:
    visitor, browser = scene.listens("dave")
    visitor.client.post("/leave", data={"csrf": visitor.csrf()})
    again = scene.signs_in("dave")
    assert again.send(again="1", **browser.given).json() == {"taken": True}
    scene.asks(**CRITICAL)
    eventually(lambda: browser.arrived)
    again.send("/remove", id=again.listed()[0])
    assert again.send(again="1", **browser.given).status_code == 410
    assert again.listed() == []


# Who may do what


def test_nobody_reaches_the_browser_of_somebody_else(scene: Scene) -> None:
    alice, browser = scene.listens("alice")
    bob = scene.signs_in("bob")
    (name,) = alice.listed()
    assert bob.listed() == []
    assert bob.send("/choose", id=name, which="all").status_code == 404
    assert bob.send("/try", id=name).status_code == 404
    bob.send("/remove", id=name)
    assert alice.listed() == [name]
    assert browser.tries == 0


def test_a_form_from_elsewhere_registers_nothing(scene: Scene) -> None:
    visitor, browser = scene.signs_in("alice"), scene.town.browser()
    answer = visitor.client.post(PLACE, data={"csrf": "x", **browser.given})
    assert answer.status_code == 403
    with anonymous(scene.running.url) as stranger:
        assert stranger.post(PLACE, data=browser.given).status_code == 401
    assert visitor.listed() == []


def test_a_browser_registered_twice_stands_once_and_an_eleventh_is_too_many(scene: Scene) -> None:
    visitor, browser = scene.listens("alice")
    assert visitor.send(**browser.given).status_code == 200
    assert len(visitor.listed()) == 1
    for _ in range(9):
        assert visitor.send(**scene.town.browser().given).status_code == 200
    answer = visitor.send(**scene.town.browser().given)
    assert answer.status_code == 422
    assert "take one out first" in answer.text
    assert len(visitor.listed()) == 10


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("p256dh", ""),
        ("p256dh", "AAAA"),
        ("p256dh", "B" + "A" * 86),
        ("p256dh", "é" * 87),
        ("auth", ""),
        ("auth", "A" * 30),
        ("auth", "A" * 100_000),
    ],
)
def test_keys_that_are_none_are_refused(scene: Scene, field: str, value: str) -> None:
    visitor, browser = scene.signs_in("alice"), scene.town.browser()
    answer = visitor.send(**browser.given | {field: value})
    assert answer.status_code == 422
    assert "are none" in answer.text
    assert visitor.listed() == []
