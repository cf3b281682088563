"""The holes in the wall: what the core asks of the outside. Small Protocols, each with its promise."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from core.attachments import Upload
from core.codec_events import Entry, Fact
from core.errors import Refused
from core.kept import Device, Pass
from core.learning.ledger import Kept, Ledger, Record
from core.model import Actor, Json, Words
from core.registry import Registry
from core.request import Request

Item = TypeVar("Item")


class Clock(Protocol):
    """Says what time it is, in UTC."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Remembered:
    """The first answer to a command: the request's version then, or the refusal."""

    digest: str
    request: str
    version: int
    refused: Refused | None = None


@dataclass(frozen=True, slots=True)
class PostRef:
    """Where a card stands: a channel of ours, and the platform's own names for the place."""

    channel: str
    ref: str


@dataclass(frozen=True, slots=True)
class Post:
    """A card standing (or to stand) in one chat. Delivery makes `shown` equal to `wanted`.

    `ref`: the message in which it stands; `queue|…` (`core.queue`) where it shares one with others.
    `attempted`: sending was begun and nobody knows whether it came through. `also`: further messages that show it.
    `urgency`: the smaller, the sooner. Pending before ended, then the highest tier, then the nearest deadline.
    """

    request: str
    channel: str
    wanted: int
    shown: int
    ref: str | None
    attempted: bool = False
    also: tuple[str, ...] = ()
    urgency: tuple[int, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """An unfinished answer: fields of a modification, requests chosen together, a question waiting for words."""

    id: str
    person: str
    kind: str
    body: Mapping[str, Json]
    expires_at: datetime


@dataclass(slots=True)
class Writing:
    """Everything one transaction records, set-based."""

    entries: list[Entry] = field(default_factory=list)
    requests: dict[str, Request] = field(default_factory=dict)
    words: list[Words] = field(default_factory=list)
    remembered: dict[str, Remembered] = field(default_factory=dict)
    posts: dict[tuple[str, str], int] = field(default_factory=dict)
    """(request, channel) to the version wanted there."""
    kept: set[str] = field(default_factory=set)
    """Uploads that a request holds from now on."""
    registry_changed: bool = False


class Transaction(Protocol):
    """One transaction on the store. Leaving the context commits; an exception undoes everything."""

    def registry_version(self, *, changing: bool = False) -> int:
        """A number that changes with the registry, locked until the end of the transaction.

        Shared with other readers of it, unless this transaction is about to change it.
        """

    def registry(self) -> Registry:
        """The registry, folded from its events."""

    def remembered(self, ids: Sequence[str]) -> Mapping[str, Remembered]:
        """The first answers to those of the commands that were heard before."""

    def requests(self, ids: Iterable[str], *, anew: Collection[str] = ()) -> Mapping[str, Request]:
        """These requests as they stand, locked against other writers until the end of the transaction.

        `anew`: those whose content is read from the journal itself, not from anything that was kept of it.
        """

    def uploads(self, ids: Sequence[str]) -> Mapping[str, Upload]:
        """Those of the uploads that there are, without their content, locked until the end of the transaction."""

    def request_at(self, request: str, version: int) -> Request | None:
        """A request as it stood at an earlier version: the fold of its first events."""

    def version_made_by(self, request: str, command: str, by: Actor) -> int | None:
        """The version of a request after the facts of this actor that the command caused, if it caused any."""

    def write(self, writing: Writing, now: datetime) -> None:
        """Record everything. A stream that somebody else has written to meanwhile makes it fail as a whole."""

    def mark_attempted(self, request: str, channel: str) -> None:
        """The card is about to be sent: until it is marked as shown, nobody knows whether it stands there."""

    def mark_shown(self, request: str, channel: str, version: int, ref: str | None, also: Sequence[str] = ()) -> None:
        """This version now stands in the channel in `ref` and `also`; a message found meanwhile keeps it behind."""

    def mark_refused(self, request: str, channel: str, version: int) -> None:
        """The channel does not take this version of the card: not tried again until there is another."""

    def mark_gone(self, request: str, channel: str) -> None:
        """The post was deleted and is not to be sent again."""

    def release(self, request: str, channel: str) -> None:
        """The post stands nowhere any more and is to be sent anew, as if it had never been shown."""

    def adopt(self, request: str, channel: str, ref: str) -> None:
        """A message of ours that shows this request alone was found: from now on it is brought up to date too.

        It is the post's own message where that has none, one of `also` otherwise; the same again changes nothing.
        """

    def disown(self, request: str, channel: str, ref: str) -> None:
        """This message was deleted. If it was the post's own, the first of `also` takes its place."""

    def record(
        self, records: Sequence[Record], now: datetime, following: Mapping[tuple[str, str], int] | None = None
    ) -> Kept:
        """Write into the ledger of learning. What is known already in this very form is not written again.

        `following`: by kind and key, the version that a record was made from (0: there was none). Where there is
        another one by now, it is left out.
        """

    def recorded(self, kind: str, key: str) -> Record | None:
        """The latest version of a record, with what this transaction has written."""

    def keep_draft(self, draft: Draft) -> None:
        """Keep an unfinished answer, over one of the same id."""

    def drop_draft(self, draft: str) -> None: ...

    def keep_pass(self, one: Pass) -> None:
        """Keep what lets somebody in, over one of the same digest."""

    def take_pass(self, digest: str, kind: str, now: datetime) -> bool:
        """Use up a pass. False: it is not there, of another kind, over, or somebody was faster."""

    def see_pass(self, digest: str, now: datetime, until: datetime) -> None:
        """It was used now and is good until then, if it is good now."""

    def drop_pass(self, digest: str) -> None: ...

    def drop_passes(self, person: str, kind: str) -> None:
        """All of a kind that a person has."""

    def keep_device(self, device: Device, *, first: bool = False) -> None:
        """Keep a browser that takes messages, over one of the same id; `first`: only if there is none."""

    def drop_device(self, device: str | None, person: str) -> None:
        """Forget it, if it is this person's; None: all of this person's."""

    def keep_upload(self, upload: Upload, most: int) -> bool:
        """Keep what was uploaded, until a request holds it or its time is over.

        The same again begins its time anew. False: `most` of this asker's wait already, and nothing was kept.
        """

    def sweep(self, now: datetime) -> int:
        """Forget first answers, drafts, passes and uploads whose time is over; how many."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page of a listing. `cursor` leads to the next; None means that this is the last."""

    items: Sequence[Item]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Filter:
    """What to list. `status`: pending, decided or outcome; `asker`: `program:x`; `audience`: `role:x`, `person:y`.

    `open_to`: a person who has neither voted on it nor asked for it. `others`: the rest of what `audience` and
    `open_to` name together.
    """

    status: str = "pending"
    tier: int | None = None
    subject: str | None = None
    asker: str | None = None
    audience: tuple[str, ...] = ()
    voter: str | None = None
    """Only those on which this person's vote counts."""
    open_to: str | None = None
    others: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact with its place in the journal."""

    position: int
    stream: str
    fact: Fact
    leaf: bytes


class Reader(Ledger, Protocol):
    """Reads that take no part in decisions, on connections of their own. Raises StoreUnavailable."""

    def request(self, request: str) -> Request | None: ...

    def requests(self, requests: Sequence[str]) -> Mapping[str, Request]:
        """Those of the requests that there are, in one reading."""

    def page(self, wanted: Filter, cursor: str | None, size: int) -> Page[Request]:
        """Pending: highest tier first, then the nearest deadline. Ended: the latest first. ValueError: a bad cursor."""

    def counts(self, wanted: Filter = Filter()) -> Mapping[int, int]:
        """How many are pending, by tier; of those whom `audience`, `open_to` and `others` name."""

    def history(self, request: str) -> Sequence[Recorded]:
        """All facts about one request, in order."""

    def journal(self, after: int, most: int) -> Sequence[Recorded]:
        """Facts of every stream behind a position."""

    def position(self) -> int:
        """The last position of the journal; 0 when it is empty."""

    def words(self, commitments: Iterable[str]) -> Mapping[str, str]:
        """What was written, by commitment; what was erased is not there."""

    def due(self, now: datetime, most: int) -> Sequence[str]:
        """Requests at which the clock must look by now, the longest overdue first."""

    def next_due(self) -> datetime | None: ...

    def voted_by(self, person: str) -> Sequence[str]:
        """Pending requests on which this person has voted."""

    def unshown(self, channel: str, most: int) -> Sequence[Post]:
        """Posts of a channel whose shown version is behind the wanted one, the most urgent first."""

    def posts_at(self, channel: str, ref: str) -> Sequence[Post]:
        """All posts of which this is the `ref` (not one of `also`), in the order of their requests' ids."""

    def posts_of(self, request: str) -> Sequence[Post]:
        """All posts of a request, in the order of their channels."""

    def draft(self, draft: str, now: datetime) -> Draft | None:
        """An unfinished answer, if its time is not over."""

    def find_pass(self, digest: str, now: datetime) -> Pass | None:
        """What lets somebody in, if its time is not over."""

    def passes(self, person: str, kind: str, now: datetime) -> Sequence[Pass]:
        """Those of a kind that a person has, the one seen last first."""

    def device(self, device: str) -> Device | None:
        """A browser that takes messages."""

    def devices(self, people: Collection[str]) -> Sequence[Device]:
        """Those of all these people, the newest first."""

    def upload(self, upload: str) -> Upload | None:
        """What was uploaded, with its content."""

    def ping(self) -> None:
        """Ask the database for anything at all."""


class Store(Protocol):
    """Raises StoreUnavailable when the database does not answer, and StoreFull when it has no room."""

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Begin. One writer at a time in this process."""

    def latest(self) -> datetime | None:
        """The time of the latest recorded fact: `now` never goes back behind it."""


class Lease(Protocol):
    """What one process alone may do, until it lets go of it or is gone."""

    def good(self) -> bool:
        """Whether it is still held. Once it is not, it never is again."""

    def release(self) -> None:
        """Let go of it. Twice is once."""


class Leases(Protocol):
    def take(self, name: str) -> Lease | None:
        """The lease of a name, or None while another process holds it. Raises StoreUnavailable."""
