"""What Slack answers when it does not do what was asked, and which answers a careful app never gets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]

HAPPENS = frozenset(
    {
        # These come of how a workspace is set up, or of what people do meanwhile: no limit was broken.
        "account_inactive",
        "cant_update_message",
        "channel_not_found",
        "edit_window_closed",
        "hash_conflict",
        "internal_error",
        "invalid_auth",
        "is_archived",
        "is_inactive",
        "message_not_found",
        "messages_tab_disabled",
        "missing_scope",
        "not_allowed_token_type",
        "not_authed",
        "not_found",
        "not_in_channel",
        "ratelimited",
        "restricted_action",
        "service_unavailable",
        "team_access_not_granted",
        "thread_not_found",
        "token_revoked",
        "user_disabled",
        "user_not_found",
        "user_not_in_channel",
    }
)


class SlackError(Exception):
    """An answer with `ok: false`."""

    def __init__(self, code: str, messages: Iterable[str] = (), **more: Any) -> None:
        self.code = code
        self.messages = list(messages)
        self.more = more
        super().__init__(f"{code}: {'; '.join(self.messages)}" if self.messages else code)

    @property
    def breaks_a_rule(self) -> bool:
        return self.code not in HAPPENS

    def body(self) -> Json:
        body: Json = {"ok": False, "error": self.code, **self.more}
        if self.messages:
            body["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in self.messages]}
        return body


class TooEarly(SlackError):
    """A block names a picture that is still being looked through; no app can know that before it tries."""

    @property
    def breaks_a_rule(self) -> bool:
        return False


class TooFast(Exception):
    """A call that comes too soon; `after` are the seconds to wait."""

    def __init__(self, after: float) -> None:
        self.after = after
        super().__init__(f"too fast by {after:.2f} s")


class Cut(Exception):
    """The connection is to be cut in place of an answer."""


def needs(asked: Json, *names: str) -> None:
    """Refuse a call in which one of these arguments is missing."""
    missing = [name for name in names if asked.get(name) in (None, "")]
    if missing:
        raise SlackError("invalid_arguments", [f"missing required field: {name}" for name in missing])
