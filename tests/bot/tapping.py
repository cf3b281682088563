"""People who tap, with no platform between: what they do goes to the desk of taps, and an answer comes back."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bot.ids import new_id
from bot.taps.desk import TapDesk
from core.accounts import LinkAccount, OfferLink
from core.card import Button
from core.engine import Done
from core.model import Account, Actor, ActorKind
from core.taps import Answer, Form, Tap
from core.token import Token
from tests.bot.running import Doc, Running

_numbers = count(1)


def digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


@dataclass
class Chatroom:
    """A chat platform of paper: `fields` as its forms have them, `channels` by the name of the chat."""

    running: Running
    fields: int | None = 5
    channels: Mapping[str, str] = field(default_factory=dict)
    platform: str = "paper"

    def __post_init__(self) -> None:
        self.desk = TapDesk(
            self.running.services, lambda platform: self.fields, lambda platform, chat: self.channels.get(chat)
        )

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.running.loop).result(30)

    def link(self, person: str, user: str | None = None) -> Hand:
        """Somebody with an account, linked by a code as people do it."""
        account = Account(self.platform, "T1", user or f"U-{person}")
        code = f"CODE{next(_numbers)}"
        admin = Actor(ActorKind.PERSON, "erin", "api")
        offer = OfferLink(new_id("cmd"), admin, "", person=person, code=digest(code))
        assert isinstance(self.do(self.running.services.ask(offer)), Done)
        system = Actor(ActorKind.SYSTEM, "link", self.platform)
        shown = LinkAccount(new_id("cmd"), system, "", account=account, code=digest(code))
        assert isinstance(self.do(self.running.services.ask(shown)), Done)
        return Hand(self, account)

    def stranger(self, user: str, workspace: str = "T1") -> Hand:
        return Hand(self, Account(self.platform, workspace, user))


@dataclass
class Hand:
    """One account's."""

    room: Chatroom
    account: Account
    alone: bool = False
    last: Tap | None = None

    def sends(self, **parts: Any) -> Answer:
        account = self.account
        tap = Tap(f"tap-{next(_numbers)}", account.platform, account.workspace, account.user, alone=self.alone, **parts)
        return self.again(tap)

    def again(self, tap: Tap | None = None) -> Answer:
        """The same tap, delivered once more."""
        self.last = tap or self.last
        assert self.last is not None
        answer = self.room.do(self.room.desk.tap(self.last))
        assert isinstance(answer, Answer)
        return answer

    def presses(self, token: Token | str, **parts: Any) -> Answer:
        return self.sends(token=str(token), **parts)

    def taps(self, verb: str, request: Doc, argument: str = "", **parts: Any) -> Answer:
        """A button of the card of a request, as it was shown."""
        return self.presses(Token(verb, request["id"], request["revision"], argument), **parts)

    def chooses(self, answer: Answer, label: str) -> Answer:
        """A button of an answer, by its label or the beginning of it."""
        return self.presses(button(answer, label).token)

    def fills(self, form: Form | None, **values: str) -> Answer:
        """A form, as it stands but for these values."""
        assert form is not None
        filled = {one.name: one.value for one in form.fields}
        assert values.keys() <= filled.keys()
        return self.sends(token=form.token, values={**filled, **values})

    def types(self, text: str) -> Answer:
        return self.sends(text=text)

    def replies(self, form: Form | None, text: str) -> Answer:
        """A typed answer to a form that stands as a question in the chat."""
        assert form is not None
        ref = f"room/{next(_numbers)}"
        assert self.last is not None
        self.room.do(self.room.desk.asked(self.last, form, ref))
        return self.sends(text=text, reply_to=ref)


def labels(answer: Answer) -> list[str]:
    return [one.label for row in answer.rows for one in row]


def button(answer: Answer, label: str) -> Button:
    found = [one for row in answer.rows for one in row if one.label.startswith(label)]
    assert len(found) == 1, (label, labels(answer))
    return found[0]
