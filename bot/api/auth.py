"""Who calls: a bearer key, looked up by its hash, speaking for one program or for one person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.api.problems import Problem
from bot.ids import digest_of
from core.model import Actor, ActorKind, Key
from core.registry import Registry

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="placet"'}


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller as the core knows them, and what their key may do."""

    actor: Actor
    scopes: frozenset[str]

    @property
    def is_program(self) -> bool:
        return self.actor.kind is ActorKind.PROGRAM

    def need(self, scope: str) -> None:
        """Raises Problem (403) unless the key has this scope."""
        if scope in self.scopes:
            return
        if scope == "vote" and self.is_program:
            raise Problem("not_a_person", 403, "A program's key can never vote. Use a person's token.")
        if scope == "submit" and not self.is_program:
            raise Problem("not_a_program", 403, "A person's token cannot submit as a program. Use a program's key.")
        raise Problem("scope", 403, f"This key may not do that: it lacks the scope `{scope}`.")


class Keyring:
    """The keys that are good now, by digest; made anew when the registry has changed."""

    def __init__(self, registry: Callable[[], Registry]) -> None:
        self._registry = registry
        self._made_of: Registry | None = None
        self._keys: Mapping[str, Key] = {}

    def caller(self, authorization: str | None) -> Caller:
        """Raises Problem (401)."""
        registry = self._registry()
        if registry is not self._made_of:
            self._keys = {key.digest: key for key in registry.keys.values() if key.revoked_at is None}
            self._made_of = registry
        scheme, _, token = (authorization or "").partition(" ")
        key = self._keys.get(digest_of(token.strip())) if scheme.lower() == "bearer" else None
        if key is None:
            why = (
                "This key is unknown or revoked." if authorization else "Send a key: `Authorization: Bearer placet_…`."
            )
            raise Problem("unauthorized", 401, why, headers=CHALLENGE)
        if key.kind is ActorKind.PERSON:
            person = registry.people.get(key.ref)
            if person is None or not person.active:
                raise Problem("unauthorized", 401, "The person of this token is not here any more.", headers=CHALLENGE)
            if not person.admin:
                return Caller(Actor(key.kind, key.ref, "api"), key.scopes - {"admin"})
        return Caller(Actor(key.kind, key.ref, "api"), key.scopes)
