"""Digests in the ledger: each is made once, and what was sent of it is kept as it was sent.

A digest goes `made` → `sending` → `sent`. Every step is taken inside the writer's transaction, on the version that it
was decided on, so of two processes (or two presses of a key) one takes it and the other finds it taken.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.ids import new_id, written
from bot.threads import off_the_loop
from core.card import Button
from core.codec import Doc
from core.commands import Command
from core.engine import CLOCK, Failed, Outcome, Recording
from core.errors import PlacetError, Refused
from core.learning.ledger import Record, Wanted
from core.learning.records import CANDIDATE, DIGEST
from core.learning.week import Week
from core.model import Actor
from core.note import Note, Section
from core.ports import Reader, Transaction, Writing
from core.token import read_token

PICTURE = "picture"
"""The kind of the records that hold what a digest shows: beside it, so that its further versions do not repeat it."""
MADE, SENDING, SENT, UNSURE, REFUSED = "made", "sending", "sent", "unsure", "refused"
"""`unsure`: it may have come through and its platform cannot tell; `refused`: the platform does not take it."""
REVIEWS = ("open", "reviewed", "acted_on", "dismissed")


@dataclass(frozen=True, slots=True)
class Composed:
    """A digest as the child made it: its words, its picture, its numbers, and how each match was labelled."""

    note: Note
    text: str
    picture: bytes
    figures: Doc
    labels: Mapping[str, str]


def key_of(person: str, week: Week) -> str:
    return f"{person}:{week}"


class Digests:
    """On the event loop. Raises what the desk raises, and StoreUnavailable."""

    def __init__(self, ask: Callable[[Command], Awaitable[Outcome]], reader: Reader) -> None:
        self._ask = ask
        self._reader = reader

    async def find(self, person: str, week: Week) -> Record | None:
        return await off_the_loop(self._reader.record, DIGEST, key_of(person, week))

    async def of(
        self, person: str | None, since: datetime | None = None, until: datetime | None = None
    ) -> list[Record]:
        """Somebody's digests (or everybody's), the latest first."""
        found = await off_the_loop(self._reader.records, Wanted(DIGEST, since, until, person=person))
        return sorted(found, key=lambda one: (one.at, one.key), reverse=True)

    async def picture(self, record: Record) -> bytes:
        """What it shows; empty where it shows nothing."""
        if not record.body.get("picture"):
            return b""
        kept = await off_the_loop(self._reader.record, PICTURE, record.key)
        return b64decode(kept.body["png"]) if kept is not None else b""

    async def open_rows(self, record: Record) -> tuple[list[tuple[Button, ...]], list[str]]:
        """Its rows of buttons without those of candidates that have moved since they were shown, and these."""
        rows = note_in(record).rows
        named = [[token for one in row if (token := read_token(one.token)) is not None] for row in rows]
        keys = {token.about for tokens in named for token in tokens}
        if not keys:
            return list(rows), []
        found = await off_the_loop(self._reader.records, Wanted(CANDIDATE, keys=tuple(sorted(keys))))
        stand = {one.key: one.body["version"] for one in found}
        still = [all(stand.get(token.about) == token.revision for token in tokens) for tokens in named]
        over = {token.about for tokens, is_open in zip(named, still, strict=True) if not is_open for token in tokens}
        return [row for row, is_open in zip(rows, still, strict=True) if is_open], sorted(over)

    async def keep(self, person: str, week: Week, at: datetime, made: Composed, by: Actor) -> Record:
        """Keep what was made, unless there is one already: then that one is it."""
        key = key_of(person, week)
        body: Doc = {
            "week": str(week),
            "person": person,
            "by": by.ref,
            "note": _note_body(made.note),
            "text": made.text,
            "picture": hashlib.sha256(made.picture).hexdigest() if made.picture else None,
            "figures": made.figures,
            "labels": dict(made.labels),
        }

        def apply(transaction: Transaction, now: datetime) -> Writing:
            if transaction.recorded(DIGEST, key) is None:
                fresh = [Record(DIGEST, key, at, body, person=person, status=MADE)]
                if made.picture:
                    fresh.append(Record(PICTURE, key, at, {"png": b64encode(made.picture).decode()}, person=person))
                transaction.record(fresh, now)
            return Writing()

        await self._must(apply)
        kept = await off_the_loop(self._reader.record, DIGEST, key)
        if kept is None:
            raise PlacetError(f"the digest of {week} was kept and cannot be found")
        return kept

    async def moved(self, record: Record, status: str, **delivery: Any) -> Record | None:
        """The next step of its delivery; None when somebody else has taken one since `record` was read."""
        body = {**record.body, "delivery": {**record.body.get("delivery", {}), **delivery}}
        after = Record(DIGEST, record.key, record.at, body, person=record.person, status=status)
        taken = False

        def apply(transaction: Transaction, now: datetime) -> Writing:
            nonlocal taken
            current = transaction.recorded(DIGEST, record.key)
            # Anew each time: the desk may run it twice.
            taken = current is not None and current.status == record.status and _steps(current) == _steps(record)
            if taken and current is not None:
                # A review that was written meanwhile stays.
                merged = {**current.body, "delivery": body["delivery"]}
                transaction.record([replace(after, body=merged)], now)
            return Writing()

        await self._must(apply)
        return await off_the_loop(self._reader.record, DIGEST, record.key) if taken else None

    async def review(self, record: Record, by: Actor, status: str | None, notes: str | None) -> Record:
        """Say that it was looked at, and what came of that. The words go into the vault."""
        words = written(notes) if notes else None

        def apply(transaction: Transaction, now: datetime) -> Writing:
            current = transaction.recorded(DIGEST, record.key) or record
            before = current.body.get("review", {})
            said: Doc = {**before, "by": by.ref, "at": now.isoformat()}
            if status is not None:
                said["status"] = status
            if notes is not None:
                said["notes"] = words.commitment if words is not None else None
            body = {**current.body, "review": said}
            transaction.record([replace(current, body=body, version=0, recorded_at=None)], now)
            return Writing(words=[words] if words is not None else [])

        await self._must(apply, by)
        return await off_the_loop(self._reader.record, DIGEST, record.key) or record

    async def _must(self, apply: Callable[[Transaction, datetime], Writing], by: Actor = CLOCK) -> None:
        outcome = await self._ask(Recording(new_id("cmd"), by, "", apply=apply))
        if isinstance(outcome, Failed):
            raise PlacetError("a digest could not be recorded; see the log") from outcome.error
        if isinstance(outcome, Refused):
            raise PlacetError(f"a digest could not be recorded: {outcome.detail}")


def _steps(record: Record) -> Any:
    return record.body.get("delivery")


def week_in(record: Record) -> str:
    return str(record.body["week"])


def note_in(record: Record, picture: bytes = b"", rows: Sequence[Sequence[Button]] | None = None) -> Note:
    """The note as it was made. `rows`: other buttons, for what has been decided since."""
    said = record.body["note"]
    kept = tuple(tuple(Button(*button) for button in row) for row in said["rows"])
    return Note(
        said["id"],
        said["title"],
        tuple(Section(title, tuple(lines)) for title, lines in said["sections"]),
        said["foot"],
        picture,
        said["alt"],
        kept if rows is None else tuple(tuple(row) for row in rows),
    )


def _note_body(note: Note) -> Doc:
    rows = [[[one.verb, one.label, one.token, one.look] for one in row] for row in note.rows]
    sections = [[one.title, list(one.lines)] for one in note.sections]
    return {
        "id": note.id,
        "title": note.title,
        "sections": sections,
        "foot": note.foot,
        "alt": note.alt,
        "rows": rows,
    }
