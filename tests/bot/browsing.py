"""Somebody with a browser of paper: cookies and forms over a real socket, and no script."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.bot.running import Running, anonymous

CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')
SECRET = re.compile(r"/(?:enter|join)\?code=([A-Za-z0-9_-]{43})")


@dataclass
class Watch:
    """The time of day, as far ahead as a test wants it."""

    ahead: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Browser:
    """Opens pages and sends their forms. Follows no redirect: where it is led is part of the answer."""

    running: Running
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http: httpx.Client = self.running._open.enter_context(anonymous(self.running.url, dict(self.headers)))

    def opens(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=headers)

    def sends(self, path: str, form: Mapping[str, Any] | None = None, **headers: str) -> httpx.Response:
        """A form as it stands: what a stranger could send too."""
        return self.http.post(path, data=dict(form or {}), headers=headers)

    def acts(self, path: str, form: Mapping[str, Any] | None = None, page: str = "/settings") -> httpx.Response:
        """A form of a page of ours, with what the page put into it."""
        return self.sends(path, {**(form or {}), "csrf": self.csrf(page)})

    def csrf(self, page: str = "/settings") -> str:
        shown = self.opens(page)
        assert shown.status_code == 200, (shown.status_code, page)
        found = CSRF.search(shown.text)
        assert found is not None, page
        return found[1]

    def enters(self, secret: str, following: str = "/") -> httpx.Response:
        return self.sends("/enter", {"code": secret, "next": following})

    @property
    def is_in(self) -> bool:
        return self.opens("/settings").status_code == 200


def do(running: Running, work: Coroutine[Any, Any, Any]) -> Any:
    """Run something on Placet's own loop."""
    return asyncio.run_coroutine_threadsafe(work, running.loop).result(30)


def login(running: Running, person: str) -> str:
    """The secret of a link that signs somebody in."""
    return str(do(running, running.services.passes.offer_login(person)).secret)


def signed_in(running: Running, person: str, **headers: str) -> Browser:
    browser = Browser(running, headers)
    assert browser.enters(login(running, person)).status_code == 303
    return browser


def secret_in(page: httpx.Response) -> str:
    """The secret of the link that a page shows."""
    found = SECRET.search(page.text)
    assert found is not None, page.text
    return found[1]
