"""A request as JSON for programs: exact numbers, times in UTC, what people wrote from the vault."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from core import forms
from core.canonical import plain_decimal, time_text, trimmed
from core.durations import duration_text
from core.model import Attachment, Change, Claim, Decision, Proposal, Reason, Route, Ruling, Similar, Vote
from core.ports import Recorded
from core.request import Request
from core.settling import settling

Doc = dict[str, Any]
Texts = Mapping[str, str]


def dump(document: Any) -> bytes:
    """JSON bytes; a Decimal is written as the number it is, digit by digit."""
    return orjson.dumps(document, default=_exact)


def _exact(value: object) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(plain_decimal(value))
    raise TypeError(f"{type(value).__name__} is not shown")


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else time_text(moment)


def proposal_view(p: Proposal) -> Doc:
    doc: Doc = {
        "action": p.action,
        "subject": p.subject,
        "title": p.title,
        "summary": p.summary,
        "parameters": p.parameters,
        "editable": p.editable,
        "confidence": p.confidence,
        "amount": plain_decimal(p.amount) if p.amount is not None else None,
        "currency": p.currency,
        "context": p.context,
        "valid_for": duration_text(p.valid_for) if p.valid_for else None,
        "valid_while": p.valid_while,
        "act_within": duration_text(p.act_within) if p.act_within else None,
        "account": p.account,
        "algorithm": p.algorithm,
        "advisory": p.advisory,
        "attachments": [_attachment(one) for one in p.attachments] or None,
        "similar": _similar(p.similar) if p.similar else None,
    }
    return {name: value for name, value in doc.items() if value is not None}


def _attachment(a: Attachment) -> Doc:
    doc: Doc = {"id": a.id, "kind": a.kind, "title": a.title, "media_type": a.media_type}
    return doc | {"width": a.width, "height": a.height} if a.kind == "picture" else doc


def _similar(s: Similar) -> Doc:
    doc: Doc = {"count": s.count, "good": s.good}
    return doc | {"words": s.words} if s.words else doc


def _route(route: Route) -> Doc:
    return {"roles": route.roles, "people": route.people, "skills": route.skills}


def ruling_view(r: Ruling) -> Doc:
    return {
        "tier": r.tier,
        "tier_name": r.tier_name,
        "gate": r.gate,
        "rule": r.rule,
        "why": r.why,
        "policy": r.policy,
        "route": _route(r.route),
        "quorum": {"kind": r.quorum, "needed": r.needed, "eligible": r.eligible},
        "four_eyes": r.four_eyes,
        "reasons": dict(r.reasons),
        "decide_in": "web" if r.web_only else "chat",
        "remind_at": _time(r.remind_at),
        "escalations": [{"at": time_text(e.at), "to": _route(e.to)} for e in r.escalations],
        "expire_at": time_text(r.expire_at),
        "silence": r.silence,
        "grace": duration_text(r.grace) if r.grace else None,
        "broken": r.broken,
        "tiers": r.tiers,
    }


def _reason(reason: Reason, texts: Texts) -> Doc:
    doc: Doc = {"code": reason.code, "at": time_text(reason.at)}
    if reason.words is not None:
        doc["words"] = texts.get(reason.words)
    if reason.would_agree is not None:
        doc["would_agree"] = reason.would_agree
    return doc


def _vote(vote: Vote, request: Request, texts: Texts) -> Doc:
    doc: Doc = {
        "person": vote.person,
        "choice": vote.choice,
        "revision": vote.revision,
        "at": time_text(vote.at),
        "via": vote.via,
        "counts": vote.revision == request.revision.number
        and vote.taken_back is None
        and vote.person not in request.voided,
        "reasons": [_reason(reason, texts) for reason in vote.reasons],
    }
    if vote.note is not None:
        doc["note"] = texts.get(vote.note)
    if vote.acting_for is not None:
        doc["acting_for"] = vote.acting_for
    if vote.taken_back is not None:
        doc["taken_back_at"] = time_text(vote.taken_back)
    return doc


def _change(change: Change) -> Doc:
    return {"op": "replace", "path": change.path, "old": change.old, "value": change.new}


def _changes(request: Request) -> tuple[Change, ...]:
    """How the current revision departs from what was recommended."""
    if request.advice is None:
        return ()
    return forms.changes(request.recommended.parameters, request.proposal.parameters)


def decision_view(d: Decision, request: Request) -> Doc:
    doc: Doc = {"outcome": d.outcome, "at": time_text(d.at), "revision": d.revision, "by": d.by, "why": d.why}
    if d.override is not None:
        doc["override"] = {
            "kind": d.override.kind,
            "changes": [_change(change) for change in d.override.changes],
        }
    within = request.ruling.act_within
    if within is not None:
        doc["act_by"] = time_text(d.at + within)
    return doc


def claim_view(claim: Claim) -> Doc:
    return {"id": claim.id, "claimant": claim.claimant, "at": time_text(claim.at)}


_MOST_KEPT = 2_048
_kept: OrderedDict[tuple[str, int, str], tuple[orjson.Fragment, orjson.Fragment, orjson.Fragment]] = OrderedDict()


def _revision_view(request: Request) -> tuple[orjson.Fragment, orjson.Fragment, orjson.Fragment]:
    """Proposal, ruling and context of the current revision, which never change: written once, and kept for a while."""
    revision = request.revision
    place = (request.id, revision.number, revision.hash)
    view = _kept.get(place)
    if view is None:
        proposal = revision.proposal
        parts = (proposal_view(proposal), ruling_view(revision.ruling), proposal.context)
        first, second, third = (orjson.Fragment(trimmed(dump(part))) for part in parts)
        view = _kept[place] = (first, second, third)
        if len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return view


def request_view(request: Request, texts: Texts | None = None) -> Doc:
    """`status` is `pending` or the outcome; `parameters` in `proposal` are those of the current revision."""
    texts = texts or {}
    proposal, ruling, context = _revision_view(request)
    settles = settling(request)
    return {
        "id": request.id,
        "key": request.key,
        "status": request.decision.outcome if request.decision else "pending",
        "settles_at": time_text(settles.at) if settles else None,
        "settles_as": settles.outcome if settles else None,
        "changes": [_change(change) for change in _changes(request)],
        "asker": {"kind": request.asker.kind, "id": request.asker.ref},
        "created_at": time_text(request.created_at),
        "version": request.version,
        "revision": request.revision.number,
        "hash": request.revision.hash,
        "proposal": proposal,
        "context": request.context if request.updates else context,
        "ruling": ruling,
        "votes": [_vote(vote, request, texts) for vote in request.votes],
        "suggestions": [
            {"number": s.number, "person": s.person, "parameters": s.parameters, "at": time_text(s.at)}
            for s in request.suggestions
        ],
        "escalated": request.escalated,
        "blocked": request.blocked,
        "replaces": request.replaces,
        "iteration": request.iteration,
        "decision": decision_view(request.decision, request) if request.decision else None,
        "claim": claim_view(request.claim) if request.claim else None,
    }


def event_view(recorded: Recorded) -> Doc:
    """A fact as it was recorded, with its place in the journal and its leaf hash."""
    fact = recorded.fact
    return {
        "position": recorded.position,
        "stream": recorded.stream,
        "seq": fact.seq,
        "type": fact.type,
        "at": time_text(fact.at),
        "actor": {"kind": fact.actor.kind, "id": fact.actor.ref, "via": fact.actor.via},
        "leaf": recorded.leaf.hex(),
        "body": fact.body,
    }
