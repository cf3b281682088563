"""A Placet in a process of its own, with requests of the example stream, and browsers that are signed in there."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext

from bench.http import HOST, free_port, placet
from bot.clock import SystemClock
from bot.demo.stream import read_days
from bot.ids import digest_of
from bot.passes import LOGIN
from core.kept import Pass
from storage.store import SqlStore

YOU = "you"
PROGRAM = "calls-2012"
"""The algorithm of the stream."""
COOKIE = "placet_session"


@dataclass(frozen=True, slots=True)
class Inbox:
    """`program`: a client of who asks; `person`: one of who decides, over the API."""

    url: str
    pid: int
    folder: Path
    program: httpx.Client
    person: httpx.Client

    def ask(self, proposals: list[dict[str, Any]]) -> list[str]:
        """Ask these; their ids."""
        return [self._asked(proposal) for proposal in proposals]

    def _asked(self, proposal: dict[str, Any]) -> str:
        content = json.dumps(proposal, default=float)
        answer = self.program.post("/v1/requests", content=content, headers={"Content-Type": "application/json"})
        answer.raise_for_status()
        return str(answer.json()["id"])

    def pending(self) -> int:
        """How many wait, as the figures of the server say."""
        lines = self.person.get("/metrics").text.splitlines()
        return sum(int(float(line.split()[-1])) for line in lines if line.startswith("placet_pending{"))

    def session(self) -> str:
        """The cookie of a browser that has just been let in."""
        store, now = SqlStore(f"sqlite:///{self.folder / 'placet.db'}"), SystemClock().now()
        secret = secrets.token_urlsafe(32)
        with contextlib.closing(store), store.transaction() as tx:
            tx.keep_pass(Pass(digest_of(secret), YOU, LOGIN, {}, now, now, now + timedelta(minutes=15)))
        entered = httpx.post(f"{self.url}/enter", data={"code": secret}, trust_env=False)
        return entered.cookies[COOKIE]

    def visitor(self, browser: Browser, **more: Any) -> BrowserContext:
        """A browser of its own, signed in, with nothing in its cache."""
        more = {"locale": "en-GB", "timezone_id": "Europe/London", "service_workers": "block", **more}
        context = browser.new_context(base_url=self.url, **more)
        context.add_cookies([{"name": COOKIE, "value": self.session(), "url": self.url}])
        return context


@contextlib.contextmanager
def inbox(folder: Path) -> Iterator[Inbox]:
    """Placet on SQLite with the default house, until the block ends."""
    port = free_port()
    url = f"http://{HOST}:{port}"
    with placet(folder, port) as (_, _, person, pid):

        def client(token: str) -> httpx.Client:
            return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=30)

        with client(person) as decides:
            made = decides.post("/v1/keys", json={"program": PROGRAM}).raise_for_status()
            with client(made.json()["token"]) as asks:
                yield Inbox(url, pid, folder, asks, decides)


def stream(count: int, run: str = "bench") -> list[dict[str, Any]]:
    """So many proposals of the example stream, again from its beginning where it is too short; of all three tiers.

    The algorithm of the stream seldom asks for much and is nearly always sure: every ninth is made unsure, so critical.
    """
    proposals = list(chain.from_iterable(day for _, day in read_days()))
    found = []
    for number in range(count):
        one = {**proposals[number % len(proposals)], "key": f"{run}-{number}", "valid_for": "PT4H"}
        if number % 9 == 4:
            one["confidence"] = Decimal("0.35")
        found.append(one)
    return found
