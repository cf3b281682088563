"""Pictures of notes, uploaded to Slack: https://docs.slack.dev/messaging/working-with-files#upload"""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict

from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.failures import TROUBLE, code_of, retry_after, sentence
from bot.pace import Pace, Timer
from core.platforms import Rate

# https://docs.slack.dev/apis/web-api/rate-limits: both calls of an upload are of tier 4.
_RATES = (Rate(100, 60.0, frozenset({"upload"}), chat=False),)
_CALLS = 2
_REMEMBERED = 20
# What is about the token or about Slack itself: then the whole note is tried again later, and not without its picture.
_LATER = frozenset(
    {
        "",
        "account_inactive",
        "fatal_error",
        "internal_error",
        "invalid_auth",
        "not_authed",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
        "token_expired",
        "token_revoked",
    }
)
log = logging.getLogger("placet.slack")


class Pictures:
    """One workspace's uploads. A file belongs to the app alone until a message shows it."""

    def __init__(self, client: AsyncWebClient, pace: Pace, timer: Timer) -> None:
        self._client = client
        self.pace = pace
        self.timer = timer
        self._ids: OrderedDict[bytes, str] = OrderedDict()

    async def put(self, content: bytes) -> str:
        """The id of the file; the same one for the same picture, so that another try uploads nothing.

        Nothing where Slack refuses it: a note without its picture is better than none. Raises what `TROUBLE` names.
        """
        name = hashlib.sha256(content).digest()
        if name in self._ids:
            return self._ids[name]
        try:
            for _ in range(_CALLS):
                await self.pace.turn(_RATES, "", "upload")
            done = await self._client.files_upload_v2(filename="picture.png", file=content)
        except TROUBLE as problem:
            if code_of(problem) in _LATER or retry_after(problem) is not None:
                raise
            log.warning("a picture could not be uploaded, and its note goes without it: %s", sentence(problem))
            return ""
        self._ids[name] = str(done["files"][0]["id"])
        if len(self._ids) > _REMEMBERED:
            self._ids.popitem(last=False)
        return self._ids[name]

    def forget(self, file: str) -> None:
        """Slack does not show it: the next try uploads it anew."""
        for name in [name for name, known in self._ids.items() if known == file]:
            del self._ids[name]
