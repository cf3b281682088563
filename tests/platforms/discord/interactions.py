"""Interactions and what an application answers them with.

https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.platforms.discord import wire
from tests.platforms.discord.component_rules import check_modal, numbered
from tests.platforms.discord.errors import Refused, invalid
from tests.platforms.discord.message_rules import (
    COMPONENTS_V2,
    EPHEMERAL,
    LOADING,
    SUPPRESS_EMBEDS,
    SUPPRESS_NOTIFICATIONS,
)
from tests.platforms.discord.posting import Posting
from tests.platforms.discord.rest import Ask, Route
from tests.platforms.discord.world import Json, Message, World

FIRST_ANSWER, TOKEN_LIVES = 3.0, 900.0
COMMAND, COMPONENT, SUBMIT = 2, 3, 5
SAY, THINK, DEFER, UPDATE, MODAL = 4, 5, 6, 7, 9
_IN_AN_ANSWER = SUPPRESS_EMBEDS | EPHEMERAL | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2


@dataclass
class Interaction:
    id: str
    token: str
    type: int
    user: str
    channel: str
    at: float
    message: str | None = None
    """The message whose component was used, also behind a modal that it opened."""
    sent: int = 0
    """How often it went out to a client; twice only where a test asked for it."""
    in_time: bool = False
    """Whether a client had it while there was still time to answer."""
    answered: float | None = None
    answer: int | None = None
    original: str | None = None
    modal: Json | None = None
    made: list[str] = field(default_factory=list)


class Interactions:
    def __init__(self, world: World, posting: Posting) -> None:
        self._world = world
        self._posting = posting
        self.known: dict[str, Interaction] = {}

    def routes(self) -> list[Route]:
        hook = "/webhooks/{webhook_id}/{webhook_token}"
        original, one = f"{hook}/messages/@original", f"{hook}/messages/{{message_id}}"
        callback = "/interactions/{interaction_id}/{interaction_token}/callback"
        return [
            Route("POST", callback, "create_interaction_response", self.respond, public=True),
            Route("POST", hook, "execute_webhook", self.follow_up, public=True),
            Route("GET", original, "get_original_webhook_message", self.get, public=True),
            Route("PATCH", original, "update_original_webhook_message", self.edit, public=True),
            Route("DELETE", original, "delete_original_webhook_message", self.delete, public=True),
            Route("GET", one, "get_webhook_message", self.get, public=True),
            Route("PATCH", one, "update_webhook_message", self.edit, public=True),
            Route("DELETE", one, "delete_webhook_message", self.delete, public=True),
        ]

    def begin(self, kind: int, user: str, channel: str, message: str | None) -> Interaction:
        token = secrets.token_urlsafe(48)
        made = Interaction(self._world.snowflake(), token, kind, user, channel, self._world.clock.time(), message)
        self.known[made.id] = made
        return made

    # The first answer

    def respond(self, ask: Ask) -> tuple[int, Any]:
        found = self.known.get(ask.path["interaction_id"])
        if found is None or found.token != ask.path["interaction_token"]:
            raise Refused(10062, why="there is no such interaction")
        now = self._world.clock.time()
        if found.answered is not None:
            raise Refused(40060, blamed=found.sent < 2)
        if now - found.at > FIRST_ANSWER:
            raise Refused(10062, why=f"{now - found.at:.1f} s after it began", blamed=found.in_time)
        body = ask.body if isinstance(ask.body, dict) else {}
        kind = body.get("type")
        possible = {SAY, THINK}
        if found.message is not None:
            possible |= {DEFER, UPDATE}
        if found.type != SUBMIT:
            possible |= {MODAL}
        if kind not in possible:
            raise invalid("type", "BASE_TYPE_CHOICES", f"Value must be one of {sorted(possible)}.")
        inner = Ask(ask.path, ask.query, body.get("data") or {}, ask.files)
        made = self._first(found, kind, inner)
        found.answered, found.answer = now, kind
        if ask.query.get("with_response", "").lower() not in ("1", "true"):
            return 204, None
        told: Json = {"id": found.id, "type": found.type}
        if made is None:
            return 200, {"interaction": told}
        told |= {
            "response_message_id": made.id,
            "response_message_loading": made.loading,
            "response_message_ephemeral": made.only_for is not None,
        }
        if kind == THINK:
            return 200, {"interaction": told}
        return 200, {"interaction": told, "resource": {"type": kind, "message": wire.message(made, self._world)}}

    def _first(self, found: Interaction, kind: int, inner: Ask) -> Message | None:
        """What the first answer makes or changes."""
        if kind == MODAL:
            check_modal(inner.body)
            found.modal = {**inner.body, "components": numbered(inner.body["components"])}
            return None
        if kind in (DEFER, UPDATE):
            found.original = found.message
            standing = self._standing(found, found.message)
            if kind == UPDATE:
                self._posting.revise(standing, inner, answer=True)
            return standing
        made = self._made(found, inner) if kind == SAY else self._thinking(found, inner.body.get("flags") or 0)
        found.original = made.id
        return made

    def _made(self, found: Interaction, inner: Ask) -> Message:
        flags = (inner.body or {}).get("flags") or 0
        more: Json = {
            "only_for": found.user if flags & EPHEMERAL else None,
            "webhook": self._world.application,
            "interaction": self._described(found),
            "reply_to": found.message,
            "type": 19 if found.message else 20,
        }
        made = self._posting.compose(inner, found.channel, _IN_AN_ANSWER, answer=True, **more)
        found.made.append(made.id)
        return self._posting.post(made)

    def _thinking(self, found: Interaction, flags: int) -> Message:
        if flags & ~EPHEMERAL:
            raise invalid("data.flags", "MESSAGE_FLAGS_INVALID", "Only EPHEMERAL can be set on a deferred answer.")
        world = self._world
        made = Message(
            id=world.snowflake(),
            channel=found.channel,
            author=world.bot.id,
            at=world.clock.time(),
            timestamp=world.timestamp(),
            flags=flags | LOADING,
            only_for=found.user if flags & EPHEMERAL else None,
            webhook=world.application,
            interaction=self._described(found),
            reply_to=found.message,
            type=19 if found.message else 20,
        )
        found.made.append(made.id)
        return self._posting.post(made)

    def _described(self, found: Interaction) -> Json:
        """How a message tells which interaction it came of."""
        who = {"user": wire.user(self._world.users[found.user]), "authorizing_integration_owners": {}}
        behind: Json = {"id": found.id, "type": COMMAND, **who}
        if found.message is not None:
            behind |= {"type": COMPONENT, "interacted_message_id": found.message}
        if found.type != SUBMIT:
            return behind
        return {"id": found.id, "type": SUBMIT, **who, "triggering_interaction_metadata": behind}

    # Whatever comes after

    def _alive(self, ask: Ask) -> Interaction:
        token = ask.path["webhook_token"]
        found = next((one for one in self.known.values() if one.token == token), None)
        if found is None or ask.path["webhook_id"] != self._world.application:
            raise Refused(10015)
        if self._world.clock.time() - found.at > TOKEN_LIVES:
            raise Refused(50027, why="15 minutes are over")
        if found.answered is None:
            raise Refused(10015, why="the interaction has no first answer")
        return found

    def _standing(self, found: Interaction, number: str | None) -> Message:
        message = self._world.message(found.channel, number) if number else None
        if message is None:
            raise Refused(10008)
        return message

    def _named(self, ask: Ask) -> tuple[Interaction, Message]:
        found = self._alive(ask)
        number = ask.path.get("message_id", "@original")
        if number == "@original":
            return found, self._standing(found, found.original)
        if number not in (*found.made, found.original, found.message):
            raise Refused(10008, why="not a message of this interaction", blamed=True)
        return found, self._standing(found, number)

    def follow_up(self, ask: Ask) -> tuple[int, Any]:
        found = self._alive(ask)
        original = self._world.message(found.channel, found.original) if found.original else None
        if original is not None and original.loading:
            # The first follow-up of a deferred answer takes its place, and is as private as that was.
            body = {name: value for name, value in (ask.body or {}).items() if name != "flags"}
            flags = (ask.body or {}).get("flags") or 0
            body["flags"] = flags & (SUPPRESS_EMBEDS | COMPONENTS_V2)
            made = self._posting.revise(original, Ask(ask.path, ask.query, body, ask.files), answer=True)
        else:
            made = self._made(found, ask)
        return 200, wire.message(made, self._world)

    def get(self, ask: Ask) -> tuple[int, Any]:
        return 200, wire.message(self._named(ask)[1], self._world)

    def edit(self, ask: Ask) -> tuple[int, Any]:
        message = self._named(ask)[1]
        return 200, wire.message(self._posting.revise(message, ask, answer=True), self._world)

    def delete(self, ask: Ask) -> tuple[int, Any]:
        self._posting.remove(self._named(ask)[1])
        return 204, None
