"""What the routes share: from an HTTP call to a command, and from its outcome to an answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable
from typing import Any, TypeVar

import orjson
from fastapi import Request, Response

from bot.api.auth import Caller, Keyring
from bot.api.problems import Problem, refusal
from bot.api.view import dump, request_view
from bot.desk import Closing, NotCertain, Overloaded
from bot.faces import commitments
from bot.ids import new_id
from bot.services import Services
from core.commands import Command
from core.engine import Done, Failed
from core.errors import Refused, StoreFull, StoreUnavailable
from core.request import Request as State

_KEY = re.compile(r"[!-~]{1,200}")
Found = TypeVar("Found")
_AGAIN = {"Retry-After": "1"}


class JsonResponse(Response):
    media_type = "application/json"


class Calls:
    """Bound to the services; one for the whole application."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.keyring = Keyring(services.registry)

    def caller(self, request: Request) -> Caller:
        """Who calls. Raises Problem (401)."""
        known: Caller | None = request.scope.get("placet.caller")
        return known or self.keyring.caller(request.headers.get("authorization"))

    async def identity(self, request: Request, caller: Caller, verb: str) -> tuple[str, str]:
        """The command's id and digest: from `Idempotency-Key`, or fresh."""
        key = idempotency_key(request)
        if key is None:
            return new_id("cmd"), ""
        return f"{verb}:{caller.actor.kind.value}:{caller.actor.ref}:{key}", await body_digest(request)

    async def carry_out(self, command: Command) -> Done:
        """Carry out a command. Raises Problem for every other end than success."""
        outcome = await answered(self.services.ask(command))
        if isinstance(outcome, Refused):
            raise refusal(outcome)
        if isinstance(outcome, Failed):
            raise Problem("fault", 500, "Placet failed on this; nothing of it was recorded. It is in its log.")
        return outcome

    async def show(self, state: State, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """A request as an answer, with what people wrote about it."""
        wanted = commitments([state])
        texts = await self.services.read(self.services.reader.words, wanted) if wanted else {}
        return JsonResponse(dump(request_view(state, texts)), status, headers)

    async def visible(self, caller: Caller, request_id: str) -> State:
        """A request that this caller may see. Raises Problem (404): another program's does not exist for it."""
        caller.need("read")
        state = await self.services.lookups.request(request_id)
        return self.own(caller, state)

    @staticmethod
    def own(caller: Caller, state: State | None) -> State:
        if state is None or (caller.is_program and not state.asked_by(caller.actor)):
            raise Problem("not_found", 404, "There is no such request.")
        return state


async def answered(work: Awaitable[Found]) -> Found:
    """What the desk is asked, and its exceptions as problems."""
    try:
        return await work
    except StoreFull as problem:
        raise Problem("no_room", 507, "The database has no room left; nothing was recorded.") from problem
    except Overloaded as problem:
        raise Problem("overloaded", 503, str(problem), headers=_AGAIN) from problem
    except Closing as problem:
        raise Problem("closing", 503, str(problem), headers=_AGAIN) from problem
    except (NotCertain, StoreUnavailable) as problem:
        raise Problem(
            "not_certain",
            503,
            "The database does not answer. It is not certain that this was recorded: send it again, with the same "
            "key if you gave one.",
            headers=_AGAIN,
        ) from problem


def idempotency_key(request: Request) -> str | None:
    """The header `Idempotency-Key`. Raises Problem (422) when it is none."""
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Problem("invalid", 422, "Idempotency-Key has 1 to 200 printable ASCII characters, without spaces.")
    return key


async def body_digest(request: Request) -> str:
    """A hash of what is asked: the path and the body, whatever its white space and the order of its keys."""
    body: Any = await request.json() if await request.body() else None
    canonical = orjson.dumps(body, option=orjson.OPT_SORT_KEYS, default=lambda number: orjson.Fragment(str(number)))
    return hashlib.sha256(request.url.path.encode() + b"\n" + canonical).hexdigest()
