"""A whole Placet for a test: its settings, its people, and a real server on a real socket in a thread of its own."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import httpx

from bot.config import House, Settings, read_house
from bot.ids import code_digest, new_id
from bot.pace import Timer
from bot.serve import serving
from bot.services import Services
from core.accounts import LinkAccount
from core.engine import Outcome
from core.model import Account, Actor, ActorKind
from core.platforms import Messenger
from core.ports import Clock

Doc = dict[str, Any]
Found = TypeVar("Found")

HOUSE = """\
people:
  alice: {name: Alice, roles: [trader]}
  bob: {name: Bob, roles: [trader]}
  carol: {name: Carol}
  dave: {name: Dave, roles: [risk]}
  erin: {name: Erin, roles: [head], admin: true}
  frank: {name: Frank, roles: [trader, head]}
programs:
  momentum: {owner: frank}
policy:
  name: desk
  currency: USD
  tiers: {1: routine, 2: elevated, 3: critical}
  inputs: {amount: required, context.vix: {default: 20}}
  limits:
    - {name: largest position, must: amount <= 5000000}
  rules:
    - name: critical
      tier: 3
      when: amount > 100000
      route: {roles: [head, risk]}
      four_eyes: true
      expire: PT4H
      reasons: {reject: required}
      act_within: PT30M
    - name: elevated
      tier: 2
      when: amount > 10000
      route: {roles: [trader]}
      quorum: 2
      four_eyes: true
      expire: PT4H
    - name: routine
      tier: 1
      route: {roles: [trader]}
      expire: PT4H
      reasons: {modify: required}
"""
"""Alice, Bob and Frank trade; Dave watches the risk; Erin and Frank are heads. Frank owns `momentum`, which asks."""

EDITABLE: Doc = {
    "properties": {
        "quantity": {"type": "integer", "minimum": 1, "maximum": 100_000},
        "side": {"type": "string", "enum": ["buy", "sell"]},
    }
}
_numbers = count(1)


def proposal(**changes: Any) -> Doc:
    """Buy 100 NVDA for 4,250 USD, which is routine; the quantity and the side may be changed."""
    plain: Doc = {
        "action": "buy",
        "subject": "NVDA",
        "title": "Buy 100 NVDA",
        "parameters": {"quantity": 100, "limit": 42.5, "side": "buy"},
        "editable": EDITABLE,
        "confidence": 0.8,
        "amount": "4250.00",
        "currency": "USD",
        "context": {"vix": 20},
    }
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


def fresh(prefix: str = "key") -> str:
    """A name that nothing had before."""
    return f"{prefix}-{next(_numbers)}"


def exactly(response: httpx.Response) -> Any:
    """The JSON of an answer, its numbers digit by digit."""
    return json.loads(response.content, parse_float=Decimal)


def eventually(look: Callable[[], Found | None], within: float = 10.0) -> Found:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"nothing came within {within} s"
        time.sleep(0.02)


def settings_in(folder: Path, url: str | None = None, house: str = HOUSE, **more: Any) -> Settings:
    """Settings whose every file lies in a folder of the test's own, whatever the environment says."""
    file = folder / "placet.yaml"
    file.write_text(house, encoding="utf-8")
    given: Doc = {"home": folder / "home", "config": file, "database_url": url, "port": 0, **more}
    return Settings(_env_file=None, **given)


@dataclass(kw_only=True)
class Spoken:
    """A Placet that can be spoken with, in this process or in another."""

    url: str
    settings: Settings
    _open: ExitStack = field(default_factory=ExitStack)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def token_file(self) -> Path:
        return self.settings.token_file("127.0.0.1", self.port)

    def client(self, token: str | None = None) -> httpx.Client:
        """A client with this token; with the administrator's own, if none is given."""
        token = token or self.token_file().read_text().strip()
        return self._open.enter_context(anonymous(self.url, {"Authorization": f"Bearer {token}"}))

    def key(self, **body: Any) -> Doc:
        """A new key, made over the API by the administrator."""
        with anonymous(self.url, {"Authorization": f"Bearer {self.token_file().read_text().strip()}"}) as admin:
            made = admin.post("/v1/keys", json=body)
        assert made.status_code == 201, made.text
        return dict(made.json())

    def person(self, name: str) -> httpx.Client:
        return self.client(self.key(person=name)["token"])

    def program(self, name: str | None = None, owner: str | None = None) -> httpx.Client:
        """A program that asks; one of its own for this test if no name is given."""
        body = {"program": name or fresh("program"), **({"owner": owner} if owner else {})}
        return self.client(self.key(**body)["token"])

    def visits(self) -> httpx.Client:
        """Somebody who is not known yet."""
        return self._open.enter_context(anonymous(self.url))

    def close(self) -> None:
        self._open.close()


@dataclass(kw_only=True)
class Running(Spoken):
    """A Placet in a thread of this process."""

    services: Services
    loop: asyncio.AbstractEventLoop

    def link(self, person: str, account: Account) -> Outcome:
        """Show a fresh code of this person's from an account, as its platform would hand it over."""
        made = self.client().post(f"/v1/people/{person}/link")
        assert made.status_code == 201, made.text
        return self.shows(account, made.json()["code"])

    def shows(self, account: Account, code: str) -> Outcome:
        system = Actor(ActorKind.SYSTEM, "link", account.platform)
        command = LinkAccount(new_id("cmd"), system, "", account=account, code=code_digest(code))
        return asyncio.run_coroutine_threadsafe(self.services.ask(command), self.loop).result(30)

    def position(self) -> int:
        """The end of the journal."""
        return self.services.reader.position()


def anonymous(url: str, headers: Mapping[str, str] | None = None) -> httpx.Client:
    """A client that goes to the address itself, whatever proxy the machine has."""
    # Without `verify`, each client would load the certificates of the whole world first.
    return httpx.Client(base_url=url, headers=dict(headers or {}), timeout=60, trust_env=False, verify=False)


@contextmanager
def placet(
    settings: Settings,
    messengers: Mapping[str, Messenger] | None = None,
    house: House | None = None,
    clock: Clock | None = None,
    timer: Timer | None = None,
) -> Iterator[Running]:
    """Serve in a thread until the block ends; then everything is drained and closed."""
    begun: queue.SimpleQueue[Running | BaseException] = queue.SimpleQueue()
    stop: asyncio.Event | None = None

    async def live() -> None:
        nonlocal stop
        stop = asyncio.Event()
        async with serving(settings, house or read_house(settings), messengers, clock, timer) as (services, address):
            loop = asyncio.get_running_loop()
            begun.put(Running(url=address, settings=settings, services=services, loop=loop))
            await stop.wait()

    def work() -> None:
        try:
            asyncio.run(live())
        except BaseException as problem:  # noqa: BLE001 - it is raised in the test
            begun.put(problem)

    thread = threading.Thread(target=work, name="placet-under-test")
    thread.start()
    running = begun.get(timeout=60)
    if isinstance(running, BaseException):
        thread.join()
        raise running
    try:
        yield running
    finally:
        running.close()
        assert stop is not None
        running.loop.call_soon_threadsafe(stop.set)
        thread.join(60)
        assert not thread.is_alive()
        while not begun.empty():
            problem = begun.get()
            assert isinstance(problem, BaseException)
            raise problem
