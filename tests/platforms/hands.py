"""What a person with a phone sees and does in a chat: the same words on each of the local servers.

Texts are what is read, with the platform's markup resolved: a `&lt;` of Slack or Telegram is seen as `<`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Shown:
    """A message as it stands now."""

    chat: str
    id: str
    text: str
    """All that can be read on it, from top to bottom."""
    buttons: tuple[str, ...] = ()
    """Labels, in order."""
    tokens: tuple[str, ...] = ()
    """What each button would send."""
    only_for: str | None = None
    """The one user who sees it (an ephemeral message)."""
    reply_to: str | None = None
    edits: int = 0
    at: float = 0.0
    """When it was posted, in seconds of the server's clock."""
    colour: str | None = None
    pictures: tuple[bytes, ...] = ()
    alts: tuple[str, ...] = ()
    """What each picture shows, for those who do not see it."""


@dataclass(frozen=True)
class FieldShown:
    label: str
    kind: str
    """text, number, choice, date or boolean: what the platform's own input is."""
    value: str = ""
    choices: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class FormShown:
    """A modal that stands open before a user."""

    id: str
    title: str
    text: str
    fields: tuple[FieldShown, ...]
    can_submit: bool = True
    """False for a view that only says that something is being loaded."""


@dataclass(frozen=True)
class Reaction:
    """What the platform showed in answer to a press, a form or a command, once it had settled or its time was over."""

    acknowledged_after: float | None
    """Seconds of the server's clock; None: never, so that the person saw the platform's error."""
    toast: str = ""
    """Text shown to this person alone that is no message (Telegram's callback answer)."""
    form: FormShown | None = None
    messages: tuple[Shown, ...] = ()
    """New or changed messages that came of it and that this user can see."""


@dataclass
class Faults:
    """What goes wrong. Methods by the platform's own name, `*` for any; counts go down as they are used up."""

    down: bool = False
    """Connections are refused or cut, for the API and the events alike."""
    drop: dict[str, int] = field(default_factory=dict)
    """Take no call of this method: cut the connection before doing anything."""
    cut: dict[str, int] = field(default_factory=dict)
    """Do what the call asks, then cut the connection instead of answering."""
    delay: dict[str, float] = field(default_factory=dict)
    """Seconds of the server's clock before a call is answered; stays until removed."""
    refuse: dict[str, list[str]] = field(default_factory=dict)
    """Answer the next calls with these errors of the platform, one each."""
    repeat_events: int = 0
    """Send each of the next events twice."""
    swap_events: bool = False
    """Hold the next event back until the one after it was sent."""
    token_revoked: bool = False


class Hands(Protocol):
    """Thread-safe and blocking: tests call it from outside the server's own event loop."""

    faults: Faults

    @property
    def violations(self) -> list[str]:
        """Every call that broke a documented limit, a rate, or the platform's official description; empty is good."""

    @property
    def rate_limited(self) -> int:
        """How many calls were answered with 429."""

    def messages(self, chat: str, user: str | None = None) -> list[Shown]:
        """What stands in a chat, the oldest first; what only one user sees is there for that `user` alone."""

    def press(self, user: str, shown: Shown, label: str) -> Reaction:
        """Press the button of this label on a message."""

    def send_token(self, user: str, shown: Shown, token: str) -> Reaction:
        """A press whose data somebody has made up."""

    def fill(self, user: str, form: FormShown, values: Mapping[str, str]) -> Reaction:
        """Fill in a form (by label; what is not named stays as it is) and submit it."""

    def command(self, user: str, chat: str, text: str) -> Reaction:
        """`/placet TEXT` as this platform's users give a command."""

    def say(self, user: str, chat: str, text: str, reply_to: Shown | None = None) -> Reaction:
        """Write a message, perhaps as a reply."""

    def direct(self, user: str) -> str:
        """The chat that this user has with the bot alone."""

    def delete(self, shown: Shown) -> None:
        """Delete a message by hand."""

    def restart(self) -> None:
        """Cut every connection and forget what a real server would forget; messages stay."""
