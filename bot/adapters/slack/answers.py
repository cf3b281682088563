"""Showing an answer to the one who tapped, and to nobody else."""

from __future__ import annotations

import logging
from dataclasses import replace

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.adapters.slack.failures import TROUBLE, code_of, sentence
from bot.adapters.slack.forms import form_view, words_view
from bot.adapters.slack.messenger import LIMITS, QUIET
from bot.adapters.slack.parse import Back
from bot.adapters.slack.render import Json, answer_blocks, answer_notification
from bot.pace import Pace
from core.card import Button
from core.taps import Answer, Form

TIMEOUT = 10
log = logging.getLogger("placet.slack")


class Answers:
    """Nothing here raises: an answer that cannot be shown is lost, and what it was about is recorded."""

    def __init__(self, client: AsyncWebClient, pace: Pace) -> None:
        self._client = client
        self._pace = pace

    async def show(self, back: Back, answer: Answer) -> None:
        """A message to this person alone, or in the place of the one that was tapped."""
        body = message_of(answer)
        if body is None:
            return
        try:
            if not (back.url and await self._respond(back, body, instead=answer.instead and back.replaces)):
                await self._say(back, body)
        except TROUBLE as problem:
            log.warning("an answer could not be shown: %s", sentence(problem))

    async def _respond(self, back: Back, body: Json, *, instead: bool) -> bool:
        """Over Slack's `response_url`, which works where the bot is no member too. False: it is used up or too old."""
        how: Json = {"replace_original": True} if instead else {"replace_original": False, "response_type": "ephemeral"}
        if back.thread and not instead:
            how["thread_ts"] = back.thread
        try:
            sent = await AsyncWebhookClient(back.url, timeout=TIMEOUT).send_dict({**body, **how})
        except TROUBLE as problem:
            log.info("a response_url did not answer: %s", sentence(problem))
            return False
        return sent.status_code == 200

    async def _say(self, back: Back, body: Json) -> None:
        """With the bot's own token: where this person and the bot are alone, as a message that stays."""
        thread: Json = {"thread_ts": back.thread} if back.thread else {}
        if not back.channel.startswith("D"):
            try:
                await self._client.chat_postEphemeral(channel=back.channel, user=back.user, **thread, **body)
            except TROUBLE as problem:
                if not code_of(problem):
                    raise
                opened = await self._client.conversations_open(users=back.user)
                back, thread = replace(back, channel=str(opened["channel"]["id"])), {}
            else:
                return
        await self._pace.turn(LIMITS.rates, back.channel, "say")
        await self._client.chat_postMessage(channel=back.channel, **thread, **QUIET, **body)

    async def open(self, trigger: str, view: Json) -> str:
        """Open a modal; its id, or nothing when its three seconds were over."""
        try:
            opened = await self._client.views_open(trigger_id=trigger, view=view)
        except TROUBLE as problem:
            log.warning("a modal could not be opened: %s", sentence(problem))
            return ""
        return str(opened["view"]["id"])

    async def refill(self, view_id: str, view: Json) -> bool:
        """Give an open modal another content. False: it was closed meanwhile."""
        try:
            await self._client.views_update(view_id=view_id, view=view)
        except TROUBLE as problem:
            log.info("a modal could not be changed: %s", sentence(problem))
            return False
        return True

    async def show_form(self, back: Back, form: Form, *, trigger: str = "", view: str = "") -> None:
        """A form in the modal that is open, or in a new one; where neither can be, a button that opens it."""
        content = form_view(form, back)
        shown = await self.refill(view, content) if view else bool(trigger and await self.open(trigger, content))
        if not shown:
            await self.show(back, offer_of(form))

    async def conclude(self, back: Back, view: str, title: str, answer: Answer) -> None:
        """An answer for which a modal is kept open: a sentence stands there, anything with buttons in the chat."""
        if answer.form is not None:
            await self.show_form(back, answer.form, view=view)
            return
        more = bool(answer.rows) or answer.card is not None
        words = "The answer stands in the chat." if more else answer.text or "Done."
        shown = await self.refill(view, words_view(title, words))
        if more or not shown:
            await self.show(back, answer)


def message_of(answer: Answer) -> Json | None:
    """An answer as the body of a message; None where there is nothing to say."""
    blocks = answer_blocks(answer)
    return {"text": answer_notification(answer), "blocks": blocks} if blocks else None


def offer_of(form: Form) -> Answer:
    """A form that could not be opened: a press of its button, without any values, asks for it again."""
    verb = form.token.partition(":")[0]
    return Answer(f"{form.title}: it took too long to open.", rows=((Button(verb, "Open it", form.token),),))
