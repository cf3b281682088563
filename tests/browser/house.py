"""A whole Placet with people who come to it by browser, each through the door as everybody does."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx
from playwright.sync_api import Browser, ViewportSize

from tests.bot.asking import looked_at, submitted
from tests.bot.running import Doc, Running
from tests.browser.visitor import DESKTOP, PATIENCE, Visitor

DESK = Path(__file__).with_name("desk.yaml")
ZONE = "Europe/Berlin"
"""Where visitors are, if nothing else is said: one hour before UTC in winter, two in summer."""


@dataclass
class Inn:
    """A Placet, a program that asks, and whoever visits."""

    running: Running
    browser: Browser
    visitors: list[Visitor] = field(default_factory=list)
    _program: httpx.Client | None = None

    @property
    def program(self) -> httpx.Client:
        """`momentum`, which Frank owns."""
        if self._program is None:
            self._program = self.running.program("momentum")
        return self._program

    def asks(self, title: str = "Buy 100 NVDA", **changes: Any) -> Doc:
        """The program asks; what it was answered."""
        return submitted(self.program, title=title, **changes)

    def stands(self, request: Doc) -> Doc:
        """How a request stands, as the program is told."""
        return looked_at(self.program, request)

    def link(self, person: str) -> str:
        """A link that signs somebody in, once: the path of it."""
        offer = self.do(self.running.services.passes.offer_login(person))
        return f"/enter?code={offer.secret}"

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something on Placet's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.running.loop).result(30)

    def stranger(
        self,
        person: str = "a stranger",
        size: ViewportSize = DESKTOP,
        colours: Literal["light", "dark"] = "light",
        scripts: bool = True,
        zone: str = ZONE,
        **more: Any,
    ) -> Visitor:
        """A browser that is not signed in."""
        context = self.browser.new_context(
            viewport=size,
            color_scheme=colours,
            java_script_enabled=scripts,
            timezone_id=zone,
            locale="en-GB",
            has_touch=size["width"] < 600,
            base_url=self.running.url,
            **more,
        )
        context.set_default_timeout(PATIENCE)
        visitor = Visitor(person, self.running.url, context, scripts=scripts)
        self.visitors.append(visitor)
        return visitor

    def visitor(self, person: str, **browser: Any) -> Visitor:
        """A person who has just signed in by a link and stands before the inbox."""
        visitor = self.stranger(person, **browser)
        page = visitor.opens(self.link(person))
        visitor.presses("Sign in")
        page.wait_for_url(f"{self.running.url}/")
        visitor.ready()
        return visitor

    def close(self) -> None:
        """Everybody goes home; what was wrong in anybody's browser fails the test."""
        for visitor in self.visitors:
            visitor.context.close()
        for visitor in self.visitors:
            visitor.assert_faultless()
