"""The door of the Bot API: https://core.telegram.org/bots/api#making-requests

Looks at the token, plays the faults a test asks for, holds calls and answers to the official description, and keeps
the records.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web

from tests.platforms.clock import FastClock
from tests.platforms.hands import Faults
from tests.platforms.telegram.asking import Asking
from tests.platforms.telegram.calls import Call, read_call
from tests.platforms.telegram.official import fault_of_answer, faults_of_call
from tests.platforms.telegram.people import Traffic
from tests.platforms.telegram.refusals import Refused, asked_for
from tests.platforms.telegram.sending import Sending
from tests.platforms.telegram.world import Json

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{30,}")


class Gate:
    def __init__(
        self,
        token: str,
        clock: FastClock,
        faults: Faults,
        violations: list[str],
        traffic: Traffic,
        sending: Sending,
        asking: Asking,
    ) -> None:
        self._token = token
        self._clock = clock
        self._faults = faults
        self._violations = violations
        self._traffic = traffic
        self._asking = asking
        self.calls: list[Call] = []
        self.rate_limited = 0
        self._methods: dict[str, Callable[[Call], Any]] = {
            "getMe": asking.get_me,
            "deleteWebhook": asking.delete_webhook,
            "getWebhookInfo": asking.get_webhook_info,
            "answerCallbackQuery": asking.answer_callback_query,
            "setMyCommands": asking.set_my_commands,
            "getMyCommands": asking.get_my_commands,
            "getChat": asking.get_chat,
            "getChatMember": asking.get_chat_member,
            "sendMessage": sending.send_message,
            "sendPhoto": sending.send_photo,
            "sendChatAction": sending.send_chat_action,
            "editMessageText": sending.edit_message_text,
            "editMessageCaption": sending.edit_message_caption,
            "editMessageReplyMarkup": sending.edit_message_reply_markup,
            "deleteMessage": sending.delete_message,
        }
        self._names = {name.lower(): name for name in [*self._methods, "getUpdates"]}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        given = request.match_info["method"]
        method = self._names.get(given.lower(), given)
        if self._faults.down or self._take(self._faults.drop, method):
            return cut_off(request)
        call = await read_call(method, request, self._clock.time())
        self.calls.append(call)
        if method == "getUpdates":
            return await self._carried_out(call, request)
        # People who wait for what comes of their press look at these calls.
        traffic = self._traffic
        traffic.running, traffic.last = traffic.running + 1, time.monotonic()
        traffic.first_at = self._clock.time() if traffic.first_at is None else traffic.first_at
        try:
            return await self._carried_out(call, request)
        finally:
            traffic.running, traffic.last = traffic.running - 1, time.monotonic()

    async def _carried_out(self, call: Call, request: web.Request) -> web.StreamResponse:
        method, token = call.method, request.match_info["token"]
        try:
            self._check_token(token)
            answer, status = await self._answer(call, request), 200
            self._check_token(token)
        except Refused as refused:
            answer, status = refused.answer(), refused.code
            self._note(call, refused)
        if method in self._faults.delay or "*" in self._faults.delay:
            seconds = self._faults.delay.get(method, self._faults.delay.get("*", 0.0))
            await asyncio.sleep(seconds / self._clock.speed)
        if self._faults.down or self._take(self._faults.cut, method):
            return cut_off(request)
        call.status, call.answer = status, answer
        return web.json_response(answer, status=status)

    async def nowhere(self, request: web.Request) -> web.StreamResponse:
        if self._faults.down:
            return cut_off(request)
        self._violations.append(f"{request.method} {request.path}: no such place in the Bot API")
        return web.json_response(Refused("Not Found").answer(), status=HTTPStatus.NOT_FOUND)

    def _check_token(self, token: str) -> None:
        if not _TOKEN.fullmatch(token):
            raise Refused("Not Found", blamed=True)
        if token != self._token or self._faults.token_revoked:
            raise Refused("Unauthorized")

    async def _answer(self, call: Call, request: web.Request) -> Json:
        asked = self._faults.refuse
        wanted = asked.get(call.method) or asked.get("*")
        if wanted:
            raise asked_for(wanted.pop(0))
        for fault in faults_of_call(call):
            self._violations.append(f"{call.method}: {fault} (official description)")
        if call.method == "getUpdates":
            result: Any = await self._asking.get_updates(call, lambda: self._alive(request))
        elif call.method in self._methods:
            result = self._methods[call.method](call)
        else:
            raise Refused("Not Found: method not found", blamed=True)
        if wrong := fault_of_answer(call.method, result):
            self._violations.append(f"{call.method}: this local Telegram answers wrongly: {wrong}")
        return {"ok": True, "result": result}

    def _alive(self, request: web.Request) -> bool:
        transport = request.transport
        return not (transport is None or transport.is_closing() or self._faults.down or self._faults.token_revoked)

    def _note(self, call: Call, refused: Refused) -> None:
        if refused.code == HTTPStatus.TOO_MANY_REQUESTS:
            self.rate_limited += 1
        elif refused.blamed:
            self._violations.append(f"{call.method}: {refused.description}")

    def _take(self, counts: dict[str, int], method: str) -> bool:
        for name in (method, "*"):
            if counts.get(name, 0) > 0:
                counts[name] -= 1
                return True
        return False


def cut_off(request: web.Request) -> web.StreamResponse:
    """Break the connection off; what is returned goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
