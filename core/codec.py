"""Values to documents and back: the stable form of what is recorded. A field left out is None (or its default).

Written out by hand and not derived from the dataclasses, so that renaming a field in the program can never change a
recorded byte. `codec_events.py` does the same for events and for whole requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.canonical import (
    encode,
    join_decimals,
    micros,
    plain_decimal,
    read_micros,
    read_time,
    split_decimals,
    time_text,
)
from core.model import (
    Actor,
    ActorKind,
    Attachment,
    Change,
    Choice,
    Claim,
    Decision,
    Escalation,
    Gate,
    Json,
    Outcome,
    Override,
    Proposal,
    QuorumKind,
    Reason,
    ReasonRule,
    Route,
    Ruling,
    Silence,
    Similar,
    Suggestion,
    Vote,
    WouldAgree,
)

Doc = dict[str, Any]


def proposal_bytes(proposal: Proposal) -> bytes:
    """The canonical bytes that a revision's hash is taken of."""
    return encode(write_proposal(proposal))


def write_proposal(p: Proposal) -> Doc:
    found: list[str] = []
    doc: Doc = {
        "action": p.action,
        "subject": p.subject,
        "title": p.title,
        "parameters": split_decimals(p.parameters, "/parameters", found),
        "context": split_decimals(p.context, "/context", found),
    }
    names = list(p.parameters)
    if names != sorted(names):
        # Canonical bytes are sorted; people read the parameters in the order in which the program gave them.
        doc["order"] = names
    if p.editable is not None:
        doc["editable"] = split_decimals(p.editable, "/editable", found)
    if found:
        doc["decimals"] = sorted(found)
    if p.confidence is not None:
        doc["confidence"] = plain_decimal(p.confidence)
    if p.amount is not None:
        doc["amount"] = plain_decimal(p.amount)
    if p.valid_for is not None:
        doc["valid_for_us"] = micros(p.valid_for)
    if p.act_within is not None:
        doc["act_within_us"] = micros(p.act_within)
    for name in ("summary", "currency", "valid_while", "account", "algorithm"):
        if (text := getattr(p, name)) is not None:
            doc[name] = text
    if p.advisory:
        doc["advisory"] = True
    if p.attachments:
        doc["attachments"] = [write_attachment(one) for one in p.attachments]
    if p.similar is not None:
        doc["similar"] = write_similar(p.similar)
    return doc


def read_proposal(doc: Doc) -> Proposal:
    join_decimals(doc, doc.get("decimals", ()))
    doc["decimals"] = ()
    if "order" in doc:
        doc["parameters"] = {name: doc["parameters"][name] for name in doc["order"]}
    return Proposal(
        action=doc["action"],
        subject=doc["subject"],
        title=doc["title"],
        summary=doc.get("summary"),
        parameters=doc["parameters"],
        editable=doc.get("editable"),
        confidence=Decimal(doc["confidence"]) if "confidence" in doc else None,
        amount=Decimal(doc["amount"]) if "amount" in doc else None,
        currency=doc.get("currency"),
        context=doc["context"],
        valid_for=read_micros(doc["valid_for_us"]) if "valid_for_us" in doc else None,
        valid_while=doc.get("valid_while"),
        act_within=read_micros(doc["act_within_us"]) if "act_within_us" in doc else None,
        account=doc.get("account"),
        algorithm=doc.get("algorithm"),
        advisory=doc.get("advisory", False),
        attachments=tuple(read_attachment(one) for one in doc.get("attachments", ())),
        similar=read_similar(doc["similar"]) if "similar" in doc else None,
    )


def write_attachment(a: Attachment) -> Doc:
    doc: Doc = {"id": a.id, "title": a.title, "media_type": a.media_type}
    if a.width or a.height:
        doc |= {"width": a.width, "height": a.height}
    return doc


def read_attachment(doc: Doc) -> Attachment:
    return Attachment(doc["id"], doc["title"], doc["media_type"], doc.get("width", 0), doc.get("height", 0))


def write_similar(s: Similar) -> Doc:
    doc: Doc = {"count": s.count, "good": s.good}
    if s.words is not None:
        doc["words"] = s.words
    return doc


def read_similar(doc: Doc) -> Similar:
    return Similar(doc["count"], doc["good"], doc.get("words"))


def write_values(values: Mapping[str, Json]) -> Doc:
    """Free values (parameters, context) that stand alone."""
    found: list[str] = []
    doc: Doc = {"values": split_decimals(values, "/values", found)}
    if found:
        doc["decimals"] = sorted(found)
    return doc


def read_values(doc: Doc) -> dict[str, Json]:
    join_decimals(doc, doc.get("decimals", ()))
    doc["decimals"] = ()
    values: dict[str, Json] = doc["values"]
    return values


def write_actor(actor: Actor) -> Doc:
    return {"kind": actor.kind, "ref": actor.ref, "via": actor.via}


def read_actor(doc: Doc) -> Actor:
    return Actor(ActorKind(doc["kind"]), doc["ref"], doc["via"])


def write_route(route: Route) -> Doc:
    doc: Doc = {}
    if route.roles:
        doc["roles"] = list(route.roles)
    if route.people:
        doc["people"] = list(route.people)
    if route.skills:
        doc["skills"] = list(route.skills)
    return doc


def read_route(doc: Doc) -> Route:
    return Route(tuple(doc.get("roles", ())), tuple(doc.get("people", ())), tuple(doc.get("skills", ())))


def write_ruling(r: Ruling) -> Doc:
    doc: Doc = {
        "tier": r.tier,
        "tier_name": r.tier_name,
        "gate": r.gate,
        "rule": r.rule,
        "why": list(r.why),
        "policy": r.policy,
        "route": write_route(r.route),
        "quorum": r.quorum,
        "needed": r.needed,
        "eligible": r.eligible,
        "expire_at": time_text(r.expire_at),
        "reasons": dict(r.reasons),
        "silence": r.silence,
        "four_eyes": r.four_eyes,
        "web_only": r.web_only,
    }
    if r.remind_at is not None:
        doc["remind_at"] = time_text(r.remind_at)
    if r.escalations:
        doc["escalations"] = [{"at": time_text(e.at), "to": write_route(e.to)} for e in r.escalations]
    if r.act_within is not None:
        doc["act_within_us"] = micros(r.act_within)
    if r.grace is not None:
        doc["grace_us"] = micros(r.grace)
    if r.tiers is not None:
        doc["tiers"] = r.tiers
    if r.broken:
        doc["broken"] = list(r.broken)
    return doc


def read_ruling(doc: Doc) -> Ruling:
    return Ruling(
        tier=doc["tier"],
        tier_name=doc["tier_name"],
        gate=Gate(doc["gate"]),
        rule=doc["rule"],
        why=tuple(doc["why"]),
        policy=doc["policy"],
        route=read_route(doc["route"]),
        quorum=QuorumKind(doc["quorum"]),
        needed=doc["needed"],
        eligible=doc["eligible"],
        expire_at=read_time(doc["expire_at"]),
        remind_at=read_time(doc["remind_at"]) if "remind_at" in doc else None,
        escalations=tuple(
            Escalation(read_time(step["at"]), read_route(step["to"])) for step in doc.get("escalations", ())
        ),
        silence=Silence(doc["silence"]),
        four_eyes=doc["four_eyes"],
        reasons={choice: ReasonRule(rule) for choice, rule in doc["reasons"].items()},
        web_only=doc["web_only"],
        act_within=read_micros(doc["act_within_us"]) if "act_within_us" in doc else None,
        grace=read_micros(doc["grace_us"]) if "grace_us" in doc else None,
        tiers=doc.get("tiers"),
        broken=tuple(doc.get("broken", ())),
    )


def write_reason(reason: Reason) -> Doc:
    doc: Doc = {"code": reason.code, "at": time_text(reason.at), "catalogue": reason.catalogue}
    if reason.words is not None:
        doc["words"] = reason.words
    if reason.would_agree is not None:
        doc["would_agree"] = reason.would_agree
    return doc


def read_reason(doc: Doc) -> Reason:
    would_agree = WouldAgree(doc["would_agree"]) if "would_agree" in doc else None
    return Reason(doc["code"], read_time(doc["at"]), doc.get("words"), would_agree, doc["catalogue"])


def write_vote(vote: Vote) -> Doc:
    doc: Doc = {
        "person": vote.person,
        "choice": vote.choice,
        "revision": vote.revision,
        "at": time_text(vote.at),
        "via": vote.via,
    }
    if vote.note is not None:
        doc["note"] = vote.note
    if vote.reasons:
        doc["reasons"] = [write_reason(reason) for reason in vote.reasons]
    if vote.acting_for is not None:
        doc["acting_for"] = vote.acting_for
    if vote.taken_back is not None:
        doc["taken_back"] = time_text(vote.taken_back)
    return doc


def read_vote(doc: Doc) -> Vote:
    return Vote(
        person=doc["person"],
        choice=Choice(doc["choice"]),
        revision=doc["revision"],
        at=read_time(doc["at"]),
        via=doc["via"],
        note=doc.get("note"),
        reasons=tuple(read_reason(reason) for reason in doc.get("reasons", ())),
        acting_for=doc.get("acting_for"),
        taken_back=read_time(doc["taken_back"]) if "taken_back" in doc else None,
    )


def write_suggestion(s: Suggestion) -> Doc:
    return {
        "number": s.number,
        "person": s.person,
        "parameters": write_values(s.parameters),
        "at": time_text(s.at),
    }


def read_suggestion(doc: Doc) -> Suggestion:
    return Suggestion(doc["number"], doc["person"], read_values(doc["parameters"]), read_time(doc["at"]))


def write_decision(d: Decision) -> Doc:
    doc: Doc = {"outcome": d.outcome, "at": time_text(d.at), "revision": d.revision}
    if d.by:
        doc["by"] = list(d.by)
    if d.why is not None:
        doc["why"] = d.why
    if d.override is not None:
        doc["override"] = {
            "kind": d.override.kind,
            "changes": [
                {"op": "replace", "path": c.path, **write_values({"old": c.old, "value": c.new})}
                for c in d.override.changes
            ],
        }
    return doc


def read_decision(doc: Doc) -> Decision:
    override = None
    if "override" in doc:
        changes = []
        for change in doc["override"]["changes"]:
            values = read_values(change)
            changes.append(Change(change["path"], values["old"], values["value"]))
        override = Override(doc["override"]["kind"], tuple(changes))
    return Decision(
        outcome=Outcome(doc["outcome"]),
        at=read_time(doc["at"]),
        revision=doc["revision"],
        by=tuple(doc.get("by", ())),
        why=doc.get("why"),
        override=override,
    )


def write_claim(claim: Claim) -> Doc:
    return {"id": claim.id, "claimant": claim.claimant, "at": time_text(claim.at)}


def read_claim(doc: Doc) -> Claim:
    return Claim(doc["id"], doc["claimant"], read_time(doc["at"]))
