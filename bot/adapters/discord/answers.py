"""How an answer reaches the person who tapped, within what Discord allows.

Three seconds for the first response, fifteen minutes for what follows; a form opens as the first response or never.
https://discord.com/developers/docs/interactions/receiving-and-responding
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from bot.adapters.discord.forms import modal
from bot.adapters.discord.parse import Press
from bot.adapters.discord.render import EPHEMERAL, NOTHING, SILENT, Json, answer_body, is_empty
from bot.adapters.discord.rest import ALREADY_ANSWERED, INVALID_FORM, LIMITED, UNKNOWN_INTERACTION, Away, Refusal, Rest
from bot.inflight import done_within
from bot.pace import Timer
from core.taps import Answer

PATIENCE = 1.5
"""Seconds that an answer may take before the tap is acknowledged without it."""
_SAY, _THINK, _DEFER, _UPDATE, _MODAL = 4, 5, 6, 7, 9
_ATTEMPTS, _PAUSE, _LONGEST_PAUSE = 3, 0.3, 5.0
_UNSHOWN: Json = {
    "content": "The answer to this cannot be shown here: look at it in the web inbox.",
    "allowed_mentions": SILENT,
}
_BROKEN = "Placet failed on this. Look at the card or at the web inbox to see how it stands."
log = logging.getLogger("placet.discord")


def first(press: Press, answer: Answer) -> Json:
    """The immediate response. Pure."""
    if answer.form is not None and not press.filled:
        return {"type": _MODAL, "data": modal(answer.form)}
    if is_empty(answer):
        return _bare(press)
    if _replaces(press, answer):
        return {"type": _UPDATE, "data": answer_body(answer)}
    return {"type": _SAY, "data": answer_body(answer) | {"flags": EPHEMERAL}}


def deferred(press: Press) -> Json:
    """The acknowledgement when the answer is not there yet. Pure."""
    # On an answer of ours nothing is shown until its successor takes its place.
    return {"type": _DEFER} if press.alone else {"type": _THINK, "data": {"flags": EPHEMERAL}}


def _bare(press: Press) -> Json:
    if press.on_message:
        return {"type": _DEFER}
    return {"type": _SAY, "data": {"content": NOTHING, "flags": EPHEMERAL, "allowed_mentions": SILENT}}


def _replaces(press: Press, answer: Answer) -> bool:
    """A message that only asked for a form has served its turn when the form was filled in."""
    return press.alone and (answer.instead or press.filled)


async def _result(work: asyncio.Task[Answer]) -> Answer:
    """What the tap led to. Whoever answers taps never raises; if they do, the person is told so all the same."""
    try:
        return await work
    except Exception:
        log.exception("a tap was not answered")
        return Answer(_BROKEN, refused=True)


class Answers:
    def __init__(self, rest: Rest, timer: Timer) -> None:
        self._rest = rest
        self._timer = timer

    async def show(self, press: Press, work: asyncio.Task[Answer]) -> None:
        """Respond in time, with the answer if it is there, and show it when it comes. Raises nothing."""
        try:
            if await done_within(work, PATIENCE, self._timer):
                await self._respond(press, first(press, await _result(work)))
                return
            if await self._respond(press, deferred(press)):
                await self._follow(press, await _result(work))
        except (Refusal, Away) as problem:
            # The tap has been carried out; the card shows what came of it.
            log.debug("an answer could not be shown: %s", problem)

    async def acknowledge(self, press: Press) -> None:
        """Nothing but that it has arrived."""
        try:
            await self._respond(press, _bare(press))
        except (Refusal, Away) as problem:
            log.debug("a press could not be acknowledged: %s", problem)

    async def _respond(self, press: Press, body: Json) -> bool:
        """Whether the interaction has its first response now."""
        path = f"/interactions/{press.id}/{press.token}/callback"
        try:
            await self._persist("POST", path, body)
        except Refusal as problem:
            if problem.code == ALREADY_ANSWERED:
                return True
            if problem.code == UNKNOWN_INTERACTION:
                log.debug("a press was answered too late")
                return False
            if problem.code != INVALID_FORM:
                raise
            log.warning("Discord does not take an answer: %s", problem)
            await self._persist("POST", path, {"type": _SAY, "data": _UNSHOWN | {"flags": EPHEMERAL}})
        return True

    async def _follow(self, press: Press, answer: Answer) -> None:
        hook = f"/webhooks/{press.application}/{press.token}"
        original = f"{hook}/messages/@original"
        if is_empty(answer):
            if not press.alone:
                await self._persist("DELETE", original)
            return
        body = answer_body(answer)
        if press.alone and not _replaces(press, answer):
            await self._rest.call("POST", hook, body | {"flags": EPHEMERAL})
            return
        try:
            await self._persist("PATCH", original, body)
        except Refusal as problem:
            if problem.code != INVALID_FORM:
                raise
            log.warning("Discord does not take an answer: %s", problem)
            await self._persist("PATCH", original, _UNSHOWN)

    async def _persist(self, method: str, path: str, body: Any = None) -> None:
        """A call that may be repeated without harm, repeated while it makes sense."""
        for attempt in range(_ATTEMPTS):
            last = attempt == _ATTEMPTS - 1
            try:
                await self._rest.call(method, path, body)
                return
            except Away:
                if last:
                    raise
                await asyncio.sleep(_PAUSE)
            except Refusal as problem:
                if last or (problem.status != LIMITED and problem.status < 500):
                    raise
                await asyncio.sleep(min(problem.retry_after or _PAUSE, _LONGEST_PAUSE))
