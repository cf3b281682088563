"""Events to the body of an entry and back, and a request's whole state to the snapshot that its row holds.

An entry is one canonical document: `{v, stream, seq, at, type, actor, cause, body}`. Its place in the audit log is
no part of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core import events as e
from core.canonical import decode, encode, fragment, leaf_hash, read_time, time_text
from core.codec import (
    Doc,
    read_actor,
    read_claim,
    read_decision,
    read_reason,
    read_route,
    read_ruling,
    read_suggestion,
    read_values,
    read_vote,
    write_actor,
    write_claim,
    write_decision,
    write_reason,
    write_route,
    write_ruling,
    write_suggestion,
    write_values,
    write_vote,
)
from core.model import Actor
from core.request import Request, Revision

VERSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One recorded fact: where it stands in its stream, its canonical bytes and their RFC 6962 leaf hash."""

    stream: str
    seq: int
    type: str
    at: datetime
    data: bytes
    leaf: bytes


def entry(
    stream: str, seq: int, at: datetime, at_text: str, type_name: str, actor: Doc, cause: str, body: Doc
) -> Entry:
    """A fact as its bytes. `at_text` is `at` as `time_text` writes it; `cause` the command's id."""
    data = encode(
        {
            "v": VERSION,
            "stream": stream,
            "seq": seq,
            "at": at_text,
            "type": type_name,
            "actor": actor,
            "cause": cause,
            "body": body,
        }
    )
    return Entry(stream, seq, type_name, at, data, leaf_hash(data))


def write_revision(r: Revision) -> Doc:
    doc: Doc = {
        "number": r.number,
        "proposal": fragment(r.content),
        "ruling": write_ruling(r.ruling),
        "hash": r.hash,
        "shown": r.shown,
        "opened_at": time_text(r.opened_at),
    }
    return doc


def read_revision(doc: Doc) -> Revision:
    return Revision(
        number=doc["number"],
        content=encode(doc["proposal"]),
        ruling=read_ruling(doc["ruling"]),
        hash=doc["hash"],
        shown=doc["shown"],
        opened_at=read_time(doc["opened_at"]),
    )


def write_opened(event: e.Opened) -> Doc:
    doc: Doc = {
        "revision": write_revision(event.revision),
        "asker": write_actor(event.asker),
        "iteration": event.iteration,
        "floor": event.floor,
    }
    if event.key is not None:
        doc["key"] = event.key
    if event.replaces is not None:
        doc["replaces"] = event.replaces
    return doc


def read_opened(doc: Doc) -> e.Opened:
    return e.Opened(
        revision=read_revision(doc["revision"]),
        asker=read_actor(doc["asker"]),
        key=doc.get("key"),
        replaces=doc.get("replaces"),
        iteration=doc["iteration"],
        floor=doc["floor"],
    )


def _write_voted(event: e.Voted) -> Doc:
    return {
        "vote": write_vote(event.vote),
        "revision_hash": event.revision_hash,
        "shown": event.shown,
        "policy": event.policy,
    }


_WRITERS: dict[type[Any], Callable[[Any], Doc]] = {
    e.Opened: write_opened,
    e.Voted: _write_voted,
    e.Revised: lambda x: {"revision": write_revision(x.revision), "vote": write_vote(x.vote)},
    e.Suggested: lambda x: write_suggestion(x.suggestion),
    e.VoteVoided: lambda x: {"person": x.person, "revision": x.revision},
    e.VoteTakenBack: lambda x: {"person": x.person, "revision": x.revision, "at": time_text(x.at)},
    e.ReasonGiven: lambda x: {"person": x.person, "revision": x.revision, "reason": write_reason(x.reason)},
    e.ContextUpdated: lambda x: write_values(x.context),
    e.Reminded: lambda x: {},
    e.Escalated: lambda x: {"level": x.level, "to": write_route(x.to), "why": x.why},
    e.Blocked: lambda x: {"why": x.why},
    e.Unblocked: lambda x: {},
    e.Decided: lambda x: write_decision(x.decision),
    e.Claimed: lambda x: write_claim(x.claim),
}
_READERS: dict[str, Callable[[Doc], e.RequestEvent]] = {
    "Opened": read_opened,
    "Voted": lambda d: e.Voted(read_vote(d["vote"]), d["revision_hash"], d["shown"], d["policy"]),
    "Revised": lambda d: e.Revised(read_revision(d["revision"]), read_vote(d["vote"])),
    "Suggested": lambda d: e.Suggested(read_suggestion(d)),
    "VoteVoided": lambda d: e.VoteVoided(d["person"], d["revision"]),
    "VoteTakenBack": lambda d: e.VoteTakenBack(d["person"], d["revision"], read_time(d["at"])),
    "ReasonGiven": lambda d: e.ReasonGiven(d["person"], d["revision"], read_reason(d["reason"])),
    "ContextUpdated": lambda d: e.ContextUpdated(read_values(d)),
    "Reminded": lambda d: e.Reminded(),
    "Escalated": lambda d: e.Escalated(d["level"], read_route(d["to"]), d["why"]),
    "Blocked": lambda d: e.Blocked(d["why"]),
    "Unblocked": lambda d: e.Unblocked(),
    "Decided": lambda d: e.Decided(read_decision(d)),
    "Claimed": lambda d: e.Claimed(read_claim(d)),
}


def write_event(event: e.RequestEvent) -> Doc:
    """The body of an entry."""
    return _WRITERS[type(event)](event)


def read_event(type_name: str, body: Doc) -> e.RequestEvent:
    """The event that a body says. KeyError for a type that this version does not know."""
    return _READERS[type_name](body)


@dataclass(frozen=True, slots=True)
class Fact:
    """An entry read back: what happened, by whom, and which command caused it."""

    seq: int
    at: datetime
    type: str
    actor: Actor
    cause: str
    body: Doc


def read_entry(data: bytes) -> Fact:
    doc = decode(data)
    return Fact(doc["seq"], read_time(doc["at"]), doc["type"], read_actor(doc["actor"]), doc["cause"], doc["body"])


def state_bytes(r: Request) -> bytes:
    """What a request's row holds of its state: all but the revision, which stands in the journal already."""
    doc: Doc = {
        "asker": write_actor(r.asker),
        "subject": r.subject,
        "created_at": time_text(r.created_at),
        "floor": r.floor,
        "iteration": r.iteration,
    }
    if r.advice is not None:
        doc["advice"] = fragment(r.advice)
    if r.updates:
        doc["updates"] = write_values(r.updates)
    if r.key is not None:
        doc["key"] = r.key
    if r.replaces is not None:
        doc["replaces"] = r.replaces
    if r.votes:
        doc["votes"] = [write_vote(vote) for vote in r.votes]
    if r.voided:
        doc["voided"] = sorted(r.voided)
    if r.suggestions:
        doc["suggestions"] = [write_suggestion(s) for s in r.suggestions]
    if r.reminded:
        doc["reminded"] = True
    if r.escalated:
        doc["escalated"] = r.escalated
    if r.blocked is not None:
        doc["blocked"] = r.blocked
    if r.decision is not None:
        doc["decision"] = write_decision(r.decision)
    if r.claim is not None:
        doc["claim"] = write_claim(r.claim)
    return encode(doc)


def read_state(request: str, version: int, revised_in: int, doc: Doc, revision: Revision) -> Request:
    """A request from its row (`doc`: what `state_bytes` wrote, decoded) and its current revision."""
    return Request(
        id=request,
        version=version,
        key=doc.get("key"),
        asker=read_actor(doc["asker"]),
        subject=doc["subject"],
        created_at=read_time(doc["created_at"]),
        revision=revision,
        revised_in=revised_in,
        floor=doc["floor"],
        advice=encode(doc["advice"]) if "advice" in doc else None,
        updates=read_values(doc["updates"]) if "updates" in doc else {},
        replaces=doc.get("replaces"),
        iteration=doc["iteration"],
        votes=tuple(read_vote(vote) for vote in doc.get("votes", ())),
        voided=frozenset(doc.get("voided", ())),
        suggestions=tuple(read_suggestion(s) for s in doc.get("suggestions", ())),
        reminded=doc.get("reminded", False),
        escalated=doc.get("escalated", 0),
        blocked=doc.get("blocked"),
        decision=read_decision(doc["decision"]) if "decision" in doc else None,
        claim=read_claim(doc["claim"]) if "claim" in doc else None,
    )
