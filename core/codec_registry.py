"""Events of the registry to the bodies of entries and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core import accounts as a
from core import guests as g
from core import registry as r
from core.canonical import join_decimals, read_time, split_decimals, text_keys, time_text
from core.codec import Doc
from core.model import Account, ActorKind, Away, Key, Person, Program


def _write_away(away: Away | None) -> Doc | None:
    if away is None:
        return None
    return {"until": time_text(away.until), **({"delegate": away.delegate} if away.delegate else {})}


def _read_away(doc: Doc | None) -> Away | None:
    return None if doc is None else Away(read_time(doc["until"]), doc.get("delegate"))


def _write_person(event: r.PersonDeclared) -> Doc:
    person = event.person
    return {
        "id": person.id,
        "name": event.name,
        "roles": sorted(person.roles),
        "skills": sorted(person.skills),
        "admin": person.admin,
        "active": person.active,
        "declared": person.declared,
        "away": _write_away(person.away),
    }


def _read_person(doc: Doc, words: Mapping[str, str]) -> r.PersonDeclared:
    person = Person(
        id=doc["id"],
        name=words.get(doc["name"], doc["id"]),
        roles=frozenset(doc["roles"]),
        skills=frozenset(doc["skills"]),
        admin=doc["admin"],
        active=doc["active"],
        declared=doc["declared"],
        away=_read_away(doc["away"]),
    )
    return r.PersonDeclared(person, doc["name"])


def _write_key(event: r.KeyCreated) -> Doc:
    key = event.key
    return {
        "id": key.id,
        "digest": key.digest,
        "kind": key.kind.value,
        "ref": key.ref,
        "scopes": sorted(key.scopes),
        "created_at": time_text(key.created_at),
        "label": key.label,
    }


def _read_key(doc: Doc) -> r.KeyCreated:
    return r.KeyCreated(
        Key(
            id=doc["id"],
            digest=doc["digest"],
            kind=ActorKind(doc["kind"]),
            ref=doc["ref"],
            scopes=frozenset(doc["scopes"]),
            created_at=read_time(doc["created_at"]),
            label=doc["label"],
        )
    )


def _write_policy(event: r.PolicyAdopted) -> Doc:
    found: list[str] = []
    document = split_decimals(text_keys(event.document), "/document", found)
    return {"document": document, "decimals": found, "hash": event.hash}


def _read_policy(doc: Doc) -> r.PolicyAdopted:
    join_decimals(doc, doc["decimals"])
    document = doc["document"]
    if "tiers" in document:
        document["tiers"] = {int(number): word for number, word in document["tiers"].items()}
    return r.PolicyAdopted(document, doc["hash"])


def _write_account(account: Account) -> Doc:
    return {"platform": account.platform, "workspace": account.workspace, "user": account.user}


def _write_link(event: a.AccountLinked) -> Doc:
    account = _write_account(event.account)
    return {"id": event.person, "account": account, "declared": event.declared, "offer": event.offer}


_WRITERS: dict[type[Any], Callable[[Any], Doc]] = {
    r.PersonDeclared: _write_person,
    r.PersonRemoved: lambda e: {"id": e.person},
    r.AwaySet: lambda e: {"id": e.person, "away": _write_away(e.away)},
    r.ProgramDeclared: lambda e: {"id": e.program.id, "owner": e.program.owner},
    r.KeyCreated: _write_key,
    r.KeyRevoked: lambda e: {"id": e.key, "at": time_text(e.at)},
    r.PolicyAdopted: _write_policy,
    r.Stopped: lambda e: {"why": e.commitment},
    r.Resumed: lambda e: {},
    a.AccountLinked: _write_link,
    a.AccountUnlinked: lambda e: {"id": e.person, "account": _write_account(e.account)},
    a.LinkOffered: lambda e: {"id": e.person, "digest": e.digest, "until": time_text(e.until)},
    g.EntryOffered: lambda e: {"id": e.person},
}
_READERS: dict[str, Callable[[Doc], r.RegistryEvent]] = {
    "PersonRemoved": lambda d: r.PersonRemoved(d["id"]),
    "AwaySet": lambda d: r.AwaySet(d["id"], _read_away(d["away"])),
    "ProgramDeclared": lambda d: r.ProgramDeclared(Program(d["id"], d["owner"])),
    "KeyCreated": _read_key,
    "KeyRevoked": lambda d: r.KeyRevoked(d["id"], read_time(d["at"])),
    "PolicyAdopted": _read_policy,
    "Resumed": lambda d: r.Resumed(),
    "AccountLinked": lambda d: a.AccountLinked(d["id"], Account(**d["account"]), d["declared"], d["offer"]),
    "AccountUnlinked": lambda d: a.AccountUnlinked(d["id"], Account(**d["account"])),
    "EntryOffered": lambda d: g.EntryOffered(d["id"]),
    "LinkOffered": lambda d: a.LinkOffered(d["id"], d["digest"], read_time(d["until"])),
}


def write_registry_event(event: r.RegistryEvent) -> Doc:
    """The body of an entry."""
    return _WRITERS[type(event)](event)


def read_registry_event(type_name: str, body: Doc, words: Mapping[str, str]) -> r.RegistryEvent:
    """The event that a body says; names come from the vault (`words`: commitment to text)."""
    if type_name == "PersonDeclared":
        return _read_person(body, words)
    if type_name == "Stopped":
        return r.Stopped(words.get(body["why"], "an administrator said so"), body["why"])
    return _READERS[type_name](body)
