"""A candidate to the body of its record and back, and its facts to the bodies of their entries and back.

Entries hold no floats and no snapshot: a probability is written as text, and the evidence as its hash.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from core.canonical import read_time, time_text
from core.codec import Doc
from core.codec_events import Fact
from core.learning.candidates import (
    Candidate,
    CandidateFact,
    Decide,
    Decided,
    Decision,
    Plan,
    Proposed,
    Reviewed,
    Seen,
    Status,
)
from core.learning.family import Kind
from core.learning.finding import Target
from core.learning.ledger import Record
from core.learning.proposing import plan_body, target_body
from core.learning.records import CANDIDATE
from core.learning.validation import Judged, Share, Verdict

STREAM = "candidate:"
"""What the stream of a candidate in the journal begins with."""
_TYPES: Mapping[type[Any], str] = {
    Proposed: "CandidateProposed",
    Decided: "CandidateDecided",
    Seen: "CandidateSeen",
    Reviewed: "CandidateReviewed",
}


def type_of(fact: CandidateFact) -> str:
    """What the journal calls it."""
    return _TYPES[type(fact)]


def fact_body(fact: CandidateFact) -> Doc:
    """The body of its entry. Who and when stand in the entry itself."""
    match fact:
        case Proposed():
            return {
                "person": fact.person,
                "program": fact.program,
                "algorithm": fact.algorithm,
                "target": target_body(fact.target),
                "sentence": fact.sentence,
                "evidence": repr(fact.evidence),
                "snapshot": fact.hash,
                "plan": plan_body(fact.plan),
                "by_hand": fact.by_hand,
            }
        case Decided(decision):
            return _said({**_decision(decision), "by": None, "at": None, "via": None, "cause": None})
        case Seen():
            return {}
        case Reviewed(judged):
            return _judged(judged)


def read_fact(fact: Fact, snapshot: bytes = b"") -> CandidateFact:
    """The reverse, from an entry. KeyError for a type that is none of these."""
    body, at = fact.body, fact.at
    readers: Mapping[str, Callable[[], CandidateFact]] = {
        "CandidateProposed": lambda: Proposed(
            body["person"],
            body["program"],
            body["algorithm"],
            _read_target(body["target"]),
            body["sentence"],
            float(body["evidence"]),
            snapshot,
            body["snapshot"],
            _read_plan(body["plan"]),
            at,
            body["by_hand"],
        ),
        "CandidateDecided": lambda: Decided(
            _read_decision(
                {**body, "by": fact.actor.ref, "at": time_text(at), "via": fact.actor.via, "cause": fact.cause}
            )
        ),
        "CandidateSeen": lambda: Seen(at),
        "CandidateReviewed": lambda: Reviewed(_read_judged(body), at),
    }
    return readers[fact.type]()


def to_record(candidate: Candidate) -> Record:
    """Its place in the ledger."""
    c = candidate
    body: Doc = {
        "version": c.version,
        "algorithm": c.algorithm,
        "target": target_body(c.target),
        "sentence": c.sentence,
        "evidence": repr(c.evidence),
        "snapshot": b64encode(c.snapshot).decode(),
        "hash": c.hash,
        "plan": plan_body(c.plan),
        "moved_at": time_text(c.moved_at),
        "by_hand": c.by_hand,
        "decisions": [_decision(one) for one in c.decisions],
        "until": _time(c.until),
        "new_algorithm": c.new_algorithm,
        "implemented_at": _time(c.implemented_at),
        "looks": c.looks,
        "verdict": _judged(c.verdict) if c.verdict else None,
    }
    return Record(
        CANDIDATE,
        c.id,
        c.proposed_at,
        _said(body),
        person=c.person,
        program=c.program,
        subject=c.target.name if c.target.kind is Kind.SUBJECT else "",
        status=c.status.value,
    )


def from_record(record: Record) -> Candidate:
    """The reverse of `to_record`."""
    body = record.body
    return Candidate(
        id=record.key,
        version=body["version"],
        status=Status(record.status),
        person=record.person,
        program=record.program,
        algorithm=body["algorithm"],
        target=_read_target(body["target"]),
        sentence=body["sentence"],
        evidence=float(body["evidence"]),
        snapshot=b64decode(body["snapshot"]),
        hash=body["hash"],
        plan=_read_plan(body["plan"]),
        proposed_at=record.at,
        moved_at=read_time(body["moved_at"]),
        by_hand=body["by_hand"],
        decisions=tuple(_read_decision(one) for one in body["decisions"]),
        until=_read_time(body.get("until")),
        new_algorithm=body.get("new_algorithm"),
        implemented_at=_read_time(body.get("implemented_at")),
        looks=body["looks"],
        verdict=_read_judged(body["verdict"]) if "verdict" in body else None,
    )


def _said(body: Doc) -> Doc:
    return {name: value for name, value in body.items() if value is not None}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else time_text(moment)


def _read_time(text: str | None) -> datetime | None:
    return None if text is None else read_time(text)


def _read_target(doc: Doc) -> Target:
    return Target(Kind(doc["kind"]), doc["name"], doc["up"], float(doc["cut"]) if "cut" in doc else None)


def _read_plan(doc: Doc) -> Plan:
    return Plan(doc["primary"], doc["exposed"], doc["guardrails"])


def _decision(one: Decision) -> Doc:
    return _said(
        {
            "choice": one.choice.value,
            "by": one.by,
            "at": time_text(one.at),
            "via": one.via,
            "cause": one.cause,
            "reason": one.reason or None,
            "words": one.words,
            "until": _time(one.until),
            "algorithm": one.algorithm,
        }
    )


def _read_decision(doc: Doc) -> Decision:
    return Decision(
        Decide(doc["choice"]),
        doc["by"],
        read_time(doc["at"]),
        doc["via"],
        doc["cause"],
        doc.get("reason", ""),
        doc.get("words"),
        _read_time(doc.get("until")),
        doc.get("algorithm"),
    )


def _judged(one: Judged) -> Doc:
    return {
        "verdict": one.verdict.value,
        "week": one.week,
        "before": [one.before.hits, one.before.n],
        "after": [one.after.hits, one.after.n],
        "fewer": repr(one.fewer),
        "more": repr(one.more),
        "broken": list(one.broken),
        "why": one.why,
    }


def _read_judged(doc: Doc) -> Judged:
    return Judged(
        Verdict(doc["verdict"]),
        doc["week"],
        Share(*doc["before"]),
        Share(*doc["after"]),
        float(doc["fewer"]),
        float(doc["more"]),
        tuple(doc["broken"]),
        doc["why"],
    )
