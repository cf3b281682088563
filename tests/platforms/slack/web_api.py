"""The HTTP side: every call is recorded, judged, perhaps spoilt by a fault, and answered as Slack answers."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.platforms.hands import Faults
from tests.platforms.slack import chat_methods, file_methods, people_methods, view_methods
from tests.platforms.slack.call import Call, arguments, caller, token_of, unlisted
from tests.platforms.slack.errors import Cut, SlackError, TooFast
from tests.platforms.slack.rates import Rates
from tests.platforms.slack.responses import respond
from tests.platforms.slack.scene import Scene
from tests.platforms.slack.socket_mode import SocketMode, open_connection
from tests.platforms.slack.world import Json

METHODS: Mapping[str, Callable[[Scene, Call], Json]] = {
    "api.test": people_methods.api_test,
    "auth.test": people_methods.auth_test,
    "team.info": people_methods.team_info,
    "users.info": people_methods.users_info,
    "conversations.open": people_methods.conversations_open,
    "conversations.info": people_methods.conversations_info,
    "conversations.members": people_methods.conversations_members,
    "conversations.list": people_methods.conversations_list,
    "conversations.history": people_methods.conversations_history,
    "conversations.replies": people_methods.conversations_replies,
    "chat.postMessage": chat_methods.post_message,
    "chat.postEphemeral": chat_methods.post_ephemeral,
    "chat.update": chat_methods.update,
    "chat.delete": chat_methods.delete,
    "chat.getPermalink": chat_methods.get_permalink,
    "views.open": view_methods.open_view,
    "views.push": view_methods.push_view,
    "views.update": view_methods.update_view,
    "files.getUploadURLExternal": file_methods.upload_url,
    "files.completeUploadExternal": file_methods.complete,
}


@dataclass(frozen=True)
class Recorded:
    """One call: what was asked, when on the server's clock, and what was answered (0: the connection was cut)."""

    method: str
    asked: Json
    at: float
    status: int
    answer: Any


class WebApi:
    def __init__(self, scene: Scene, faults: Faults, socket: SocketMode) -> None:
        self._scene, self._faults, self._socket = scene, faults, socket
        self._clock = scene.world.clock
        self.rates = Rates(self._clock)
        self.calls: list[Recorded] = []
        self.rate_limited = 0
        self.base_url = ""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/{method}", self._method),
            web.get("/api/{method}", self._method),
            web.post("/upload/v1/{file}", self._upload),
            web.post("/actions/{team}/{id}", self._response),
            web.post("/commands/{team}/{id}", self._response),
            web.get("/link/", self._link),
            web.get("/link", self._link),
        ]

    async def _method(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]

        async def answer() -> web.Response:
            asked = await arguments(request)
            return self._answer(method, token_of(request, asked), asked)

        return await self._spoilt(request, method, answer)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        async def answer() -> web.Response:
            content = await request.read()
            return web.Response(text=file_methods.take_bytes(self._scene, request.match_info["file"], content))

        return await self._spoilt(request, "upload", answer)

    async def _response(self, request: web.Request) -> web.StreamResponse:
        async def answer() -> web.Response:
            asked = await arguments(request)
            try:
                respond(self._scene, request.path.lstrip("/"), asked)
            except SlackError as problem:
                self._judge("response_url", problem)
                gone = problem.code in ("expired_url", "used_url", "no_service", "message_not_found")
                return self._record("response_url", asked, 404 if gone else 400, problem.body())
            return self._record("response_url", asked, 200, {"ok": True})

        return await self._spoilt(request, "response_url", answer)

    async def _link(self, request: web.Request) -> web.StreamResponse:
        return await self._spoilt(request, "link", lambda: self._socket.serve(request), counts=False)

    async def _spoilt(
        self,
        request: web.Request,
        method: str,
        answer: Callable[[], Awaitable[web.StreamResponse]],
        counts: bool = True,
    ) -> web.StreamResponse:
        """The answer, with whatever is to go wrong on its way."""
        faults = self._faults
        self._scene.busy += counts
        try:
            if faults.down or _due(faults.drop, method):
                raise Cut
            delay = faults.delay.get(method, faults.delay.get("*", 0.0))
            if delay:
                await self._clock.sleep(delay)
            cut = _due(faults.cut, method)
            try:
                done = await answer()
            except SlackError as problem:
                self._judge(method, problem)
                done = self._record(method, {}, 200, problem.body())
            if cut or faults.down:
                raise Cut
        except Cut:
            self._record(method, {}, 0, None)
            if request.transport is not None:
                request.transport.close()
            return web.Response(status=503)
        finally:
            self._scene.busy -= counts
            if counts:
                self._scene.active_at = time.monotonic()
        return done

    def _answer(self, method: str, token: str, asked: Json) -> web.Response:
        shown = {name: value for name, value in asked.items() if name != "token"}
        refused = self._faults.refuse.get(method) or self._faults.refuse.get("*")
        if refused:
            code, _, after = refused.pop(0).partition(":")
            if code in ("ratelimited", "rate_limited"):
                return self._too_fast(method, shown, float(after or 1))
            return self._record(method, shown, 200, SlackError(code).body())
        try:
            handler = METHODS.get(method)
            if handler is None and method != "apps.connections.open":
                raise SlackError("unknown_method", req_method=method)
            team, scopes = caller(self._scene.world, method, token, asked, self._faults.token_revoked)
            self.rates.take(team.id, method, str(asked.get("channel", "")))
            for name in unlisted(method, asked):
                self._scene.note(f"{method}: {name} is no argument of this method")
            if handler is None:
                body = open_connection(self._scene, self._socket, self.base_url)
            else:
                body = handler(self._scene, Call(method, shown, team, self.base_url))
        except SlackError as problem:
            self._judge(method, problem)
            return self._record(method, shown, 200, problem.body())
        except TooFast as problem:
            return self._too_fast(method, shown, problem.after)
        response = self._record(method, shown, 200, body)
        response.headers["X-OAuth-Scopes"] = scopes
        return response

    def _too_fast(self, method: str, asked: Json, after: float) -> web.Response:
        self.rate_limited += 1
        response = self._record(method, asked, 429, {"ok": False, "error": "ratelimited"})
        response.headers["Retry-After"] = str(max(1, math.ceil(after)))
        return response

    def _judge(self, method: str, problem: SlackError) -> None:
        if problem.breaks_a_rule:
            self._scene.note(f"{method}: {problem}")

    def _record(self, method: str, asked: Json, status: int, answer: Any) -> web.Response:
        self.calls.append(Recorded(method, asked, self._clock.time(), status, answer))
        return web.json_response(answer, status=status or 503)


def _due(counts: dict[str, int], method: str) -> bool:
    """Whether one of the faults that were asked for falls on this call; it is used up by that."""
    for name in (method, "*"):
        if counts.get(name, 0) > 0:
            counts[name] -= 1
            return True
    return False
