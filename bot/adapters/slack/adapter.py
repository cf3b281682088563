"""Slack: one app in one workspace, its connection kept up, its taps handed over."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack import parse
from bot.adapters.slack.answers import TIMEOUT, Answers
from bot.adapters.slack.checks import findings
from bot.adapters.slack.conduct import Ack, Conduct
from bot.adapters.slack.connection import Connection
from bot.adapters.slack.failures import TROUBLE, sentence
from bot.adapters.slack.messenger import SlackMessenger
from bot.adapters.slack.pictures import Pictures
from bot.inflight import InFlight
from bot.pace import Pace, Timer
from core.platforms import Finding, Taps

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
DRAIN = 10.0
"""Seconds that taps in flight have when the house closes."""
RETIRED_AFTER = 4.0
"""Seconds that an old connection stays beside its successor: what came over it is acknowledged over it."""
EVERYTHING = re.compile(".*")
log = logging.getLogger("placet.slack")


class SlackPlatform:
    """`core.ports.Platform`."""

    name = parse.NAME

    def __init__(
        self, *, bot_token: str, app_token: str, api_url: str = "https://slack.com/api/", pace: Pace, timer: Timer
    ) -> None:
        # At their levels of information these show addresses with tickets, and every failed connection at length.
        for chatty in ("slack_sdk", "slack_bolt"):
            logging.getLogger(chatty).setLevel(logging.CRITICAL)
        self._app_token = app_token
        # Nothing is tried again behind our back: a message that came through would be posted a second time.
        self._client = AsyncWebClient(
            token=bot_token, base_url=api_url.rstrip("/") + "/", timeout=TIMEOUT, retry_handlers=[]
        )
        self._timer = timer
        self._answers = Answers(self._client, pace)
        self._pictures = Pictures(self._client, pace, timer)
        self._trouble: str | None = "Slack: not connected yet"
        self._bot = self._bot_id = self._team = ""
        self._inflight = InFlight()
        self._open: list[Connection] = []
        self._old: list[Connection] = []
        self._retiring: set[asyncio.Task[None]] = set()

    @property
    def trouble(self) -> str | None:
        return self._trouble

    def at(self, address: str) -> SlackMessenger:
        return SlackMessenger(self._client, self._pictures, address)

    def direct(self, user: str) -> SlackMessenger:
        return SlackMessenger(self._client, self._pictures, user=user)

    async def check(self, addresses: Sequence[str] = ()) -> Sequence[Finding]:
        return await findings(self._client, self._app_token, addresses)

    async def run(self, taps: Taps) -> None:
        app = self._bolt(Conduct(taps, self._answers, self._inflight, self._timer))
        pause = FIRST_PAUSE
        try:
            while True:
                try:
                    await self._connect(app)
                except TROUBLE as problem:
                    self._trouble = sentence(problem)
                    log.warning("%s; tried again in %.0f s", self._trouble, pause)
                    await self._timer.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)
                    continue
                self._trouble = None
                pause = FIRST_PAUSE
                if not await self._open[-1].over():
                    self._trouble = "Slack: the connection was lost"
        finally:
            self._trouble = "Slack: not connected"
            await self._leave()

    async def _connect(self, app: AsyncApp) -> None:
        """A new connection, before the old one is given up: between the two nothing is missed."""
        me = await self._client.auth_test()
        self._bot, self._bot_id, self._team = str(me["user_id"]), str(me["bot_id"]), str(me["team_id"])
        address = await self._client.apps_connections_open(app_token=self._app_token)
        connection = Connection(app, self._client, self._app_token, self._inflight)
        try:
            await connection.open(str(address["url"]))
        except BaseException:
            await connection.close()
            raise
        for old in self._open:
            task = asyncio.create_task(self._retire(old))
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)
        self._old += self._open
        self._open = [connection]

    async def _retire(self, connection: Connection) -> None:
        await asyncio.sleep(RETIRED_AFTER)
        await connection.close()
        self._old.remove(connection)

    async def _leave(self) -> None:
        """Take no more, let what is in flight be answered, close every connection."""
        for connection in self._open:
            connection.stop_taking()
        await self._inflight.drained(DRAIN)
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)
        await asyncio.gather(*(one.close() for one in (*self._open, *self._old)))
        self._open, self._old = [], []

    def _bolt(self, conduct: Conduct) -> AsyncApp:
        """Bolt, with one listener for each kind of thing: what none of them took would never be acknowledged."""

        async def authorize() -> AuthorizeResult:
            # Learned when the connection was made. Bolt would ask Slack at the first tap, of whose 3 seconds it took.
            return AuthorizeResult(
                enterprise_id=None, team_id=self._team, bot_user_id=self._bot, bot_id=self._bot_id, bot_token=None
            )

        app = AsyncApp(
            name="placet",
            client=AsyncWebClient(base_url=self._client.base_url),
            authorize=authorize,
            request_verification_enabled=False,
            ssl_check_enabled=False,
            url_verification_enabled=False,
        )

        async def press(ack: Ack, body: dict[str, Any]) -> None:
            await self._inflight.start(conduct.press(ack, parse.press(body)))

        async def submit(ack: Ack, body: dict[str, Any]) -> None:
            await self._inflight.start(conduct.submission(ack, parse.submission(body)))

        async def command(ack: Ack, body: dict[str, Any]) -> None:
            await self._inflight.start(conduct.command(ack, parse.command(body)))

        async def message(body: dict[str, Any]) -> None:
            await self._inflight.start(conduct.message(parse.message(body, self._bot)))

        async def ignore(ack: Ack) -> None:
            await ack()

        app.action(EVERYTHING)(press)
        app.view_submission(EVERYTHING)(submit)
        app.command(EVERYTHING)(command)
        app.event(EVERYTHING)(message)
        app.view_closed(EVERYTHING)(ignore)
        app.shortcut(EVERYTHING)(ignore)
        app.options(EVERYTHING)(ignore)
        return app
