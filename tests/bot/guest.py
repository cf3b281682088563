"""A browser without scripts: pages that are read, and their forms, sent as a browser sends them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from typing import Any

import httpx

from tests.bot.running import Running

FRAGMENT = {"X-Placet-Fragment": "1"}


@dataclass
class Button:
    label: str
    token: str
    form: dict[str, str]
    action: str


class _Reader(HTMLParser):
    """The forms of a page with their buttons, as a browser would send them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: dict[str, tuple[str, dict[str, str]]] = {}
        self.buttons: list[tuple[str, dict[str, str]]] = []
        self._form = ""
        self._button: dict[str, str] | None = None
        self._text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = given.get("id", f"form-{len(self.forms)}")
            self.forms[self._form] = (given.get("action", ""), {})
        elif tag == "input" and self._form and given.get("type") == "hidden":
            self.forms[self._form][1][given["name"]] = given["value"]
        elif tag == "button":
            self._button, self._text = {"form": self._form, **given}, ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = ""
        elif tag == "button" and self._button is not None:
            self.buttons.append((self._text.strip(), self._button))
            self._button = None


@dataclass
class Reading:
    """A page as somebody reads it, and the buttons they may press."""

    response: httpx.Response

    @property
    def html(self) -> str:
        return self.response.text

    @property
    def text(self) -> str:
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html)).split())

    @property
    def buttons(self) -> list[Button]:
        read = _Reader(self.html)
        return [
            Button(label, given.get("value", ""), dict(read.forms[given["form"]][1]), read.forms[given["form"]][0])
            for label, given in read.buttons
            if given.get("form") in read.forms
        ]

    def rows(self) -> list[str]:
        return [
            " ".join(unescape(re.sub(r"<[^>]+>", " ", one)).split())
            for one in re.findall(r"<article.*?</article>", self.html, re.DOTALL)
        ]


@dataclass
class Guest:
    """Somebody at a browser without scripts."""

    client: httpx.Client

    def reads(self, path: str = "/", **headers: str) -> Reading:
        return Reading(self.client.get(path, headers=headers))

    def presses(self, on: Reading, label: str, about: str = "", **filled: Any) -> Reading:
        """Press the button of this label, of the request `about` if there are several."""
        name = about.removeprefix("req_")
        (button, *_) = [b for b in on.buttons if b.label == label and name in b.token]
        return self.sends(button, **filled)

    def sends(self, button: Button, headers: dict[str, str] | None = None, **filled: Any) -> Reading:
        body = {**button.form, **filled}
        if button.token:
            body["choice" if button.action == "/batch" else "token"] = button.token
        return Reading(self.client.post(button.action, data=body, headers=headers or {}))


def guest(desk: Running, person: str) -> Guest:
    """Signed in through the door, as everybody."""
    offered = desk.services.passes.offer_login(person)
    secret = asyncio.run_coroutine_threadsafe(offered, desk.loop).result(30).secret
    client = desk.visits()
    entered = client.post("/enter", data={"code": secret, "next": "/"})
    assert entered.status_code == 303, entered.text
    return Guest(client)
