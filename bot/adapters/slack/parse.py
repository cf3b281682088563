"""What Slack sends, as taps: https://docs.slack.dev/reference/interaction-payloads. Pure.

Who taps is what Slack says in the envelope: the user and the workspace that they belong to. None: it is no tap.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from bot.adapters.slack.render import ANSWER
from bot.adapters.slack.text import typed
from core.taps import Tap

NAME = "slack"
_OPENING = {"modify", "changes", "ask", "edit", "field"}
_CHIPS = {"why", "confirm", "batch", "approve", "reject"}


@dataclass(frozen=True, slots=True)
class Back:
    """Where the one who tapped can be answered. Travels through a modal and comes back with it."""

    user: str
    channel: str
    thread: str = ""
    ref: str = ""
    url: str = ""
    """Slack's `response_url`: good five times in half an hour, also where the bot is no member."""
    replaces: bool = False
    """Whether the message that was tapped is an answer of ours to this person alone."""


@dataclass(frozen=True, slots=True)
class Heard:
    tap: Tap
    back: Back
    trigger: str = ""
    """The right to open one modal, for three seconds."""
    view: str = ""
    """The modal that was submitted."""

    @property
    def opens_a_form(self) -> bool:
        """Whether its answer may be a form, so that its place is kept while the answer is not there yet."""
        if self.tap.token:
            verb, _, rest = self.tap.token.partition(":")
            return verb in _OPENING or (verb in _CHIPS and "other" in rest.split("~")[0].split(":"))
        return self.tap.text.partition(" ")[0].lower() in _OPENING


def press(body: Mapping[str, Any]) -> Heard | None:
    """A press on a message."""
    try:
        action, container = body["actions"][0], body["container"]
        channel, ts = str(container["channel_id"]), str(container["message_ts"])
        token = str(action.get("value") or action.get("selected_option", {}).get("value") or "")
        who = _who(body)
        tap_id = str(body["trigger_id"])
    except (KeyError, IndexError, TypeError, AttributeError):
        return None
    alone = bool(container.get("is_ephemeral"))
    thread = str(container.get("thread_ts") or "")
    thread = "" if thread == ts else thread
    # What only one person sees is no post of ours, so it has no reference.
    ref = "" if alone else f"{channel}/{ts}"
    back = Back(who[1], channel, thread, ref, str(body.get("response_url") or ""), alone or _is_answer(body))
    tap = Tap(tap_id, NAME, *who, token=token, chat=place(channel, thread), ref=ref, alone=channel.startswith("D"))
    return Heard(tap, back, tap_id) if token else None


def _is_answer(body: Mapping[str, Any]) -> bool:
    blocks = (body.get("message") or {}).get("blocks") or [{}]
    return str(blocks[0].get("block_id", "")) == ANSWER


def submission(body: Mapping[str, Any]) -> Heard | None:
    """A modal that was filled in."""
    try:
        view, who, tap_id = body["view"], _who(body), str(body["trigger_id"])
        kept = json.loads(view["private_metadata"])
        back = Back(**{field.name: kept[field.name] for field in fields(Back)})
        values = {name: _value(state) for inputs in view["state"]["values"].values() for name, state in inputs.items()}
        token = str(kept["token"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    if back.user != who[1]:
        return None
    chat, alone = place(back.channel, back.thread), back.channel.startswith("D")
    tap = Tap(tap_id, NAME, *who, token=token, values=values, chat=chat, ref=back.ref, alone=alone)
    return Heard(tap, back, view=str(view["id"]))


def _value(state: Mapping[str, Any]) -> str:
    """What stands in an input, as text."""
    if "selected_option" in state:
        return str((state["selected_option"] or {}).get("value", ""))
    return str(state.get("value") or state.get("selected_date") or "")


def command(body: Mapping[str, Any]) -> Heard | None:
    """`/placet WORDS`."""
    try:
        channel, tap_id = str(body["channel_id"]), str(body["trigger_id"])
        user, workspace = str(body["user_id"]), str(body["team_id"])
        text = typed(str(body.get("text") or "")).strip()
    except KeyError:
        return None
    back = Back(user, channel, url=str(body.get("response_url") or ""))
    tap = Tap(tap_id, NAME, workspace, user, text=text, chat=channel, alone=channel.startswith("D"))
    return Heard(tap, back, tap_id)


def message(body: Mapping[str, Any], bot: str) -> Heard | None:
    """A message to the bot alone, or one that begins with its name. What people say to each other is no tap."""
    event = body.get("event") or {}
    kind = event.get("type")
    try:
        channel, user, text = str(event["channel"]), str(event["user"]), str(event["text"])
        tap_id = str(body["event_id"])
    except KeyError:
        return None
    direct = kind == "message" and event.get("channel_type") == "im" and not event.get("subtype")
    name = f"<@{bot}>"
    called = kind == "app_mention" and text.lstrip().startswith(name)
    if event.get("bot_id") or user == bot or not (direct or called):
        return None
    words = typed(text.lstrip().removeprefix(name) if called else text).strip()
    workspace = str(event.get("user_team") or event.get("team") or body.get("team_id") or "")
    thread = str(event.get("thread_ts") or "")
    replied = f"{channel}/{thread}" if direct and thread and thread != event.get("ts") else ""
    tap = Tap(tap_id, NAME, workspace, user, text=words, chat=place(channel, thread), reply_to=replied, alone=direct)
    return Heard(tap, Back(user, channel, thread)) if words else None


def place(channel: str, thread: str) -> str:
    """A conversation, or a thread in it, as `placet.yaml` names it."""
    return f"{channel}/{thread}" if thread else channel


def _who(body: Mapping[str, Any]) -> tuple[str, str]:
    """The workspace that the user belongs to, and the user."""
    user = body["user"]
    return str(user.get("team_id") or body["team"]["id"]), str(user["id"])
