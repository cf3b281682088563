"""How each kind of tap is acknowledged in time, whatever the database does meanwhile.

Slack wants an answer within 3 seconds and shows the person an error otherwise; a modal has to be opened in the same
3 seconds. So nobody waits longer than `PATIENCE`: what is not done by then is acknowledged and shown when it comes.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from bot.adapters.slack.answers import Answers, message_of
from bot.adapters.slack.forms import errors, form_view, words_view
from bot.adapters.slack.parse import Heard
from bot.adapters.slack.render import Json
from bot.inflight import InFlight, done_within
from bot.pace import Timer
from core.platforms import Taps
from core.taps import Answer

PATIENCE = 1.5
_REMEMBERED = 1_000
_MOMENT = "One moment"
_SORRY = "Something went wrong here. The card shows how it stands; tap again if it must be."
log = logging.getLogger("placet.slack")
Ack = Callable[..., Awaitable[Any]]


class Conduct:
    """Hands taps over, each once, and shows what comes of them."""

    def __init__(self, taps: Taps, answers: Answers, inflight: InFlight, timer: Timer) -> None:
        self._taps = taps
        self._timer = timer
        self._answers = answers
        self._inflight = inflight
        self._heard: OrderedDict[str, None] = OrderedDict()

    def _is_new(self, heard: Heard) -> bool:
        """Slack may deliver the same thing twice; the one who did it shall see one answer."""
        if heard.tap.id in self._heard:
            return False
        self._heard[heard.tap.id] = None
        if len(self._heard) > _REMEMBERED:
            self._heard.popitem(last=False)
        return True

    async def _asked(self, heard: Heard) -> Answer:
        """What comes of a tap. It never fails, as promised; if it did, an acknowledgement would be missing too."""
        try:
            return await self._taps.tap(heard.tap)
        except Exception:
            log.exception("a tap on Slack failed")
            return Answer(_SORRY, refused=True)

    async def press(self, ack: Ack, heard: Heard | None) -> None:
        """A press on a message."""
        if heard is None or not self._is_new(heard):
            await ack()
            return
        task = self._inflight.start(self._asked(heard))
        done = await done_within(task, PATIENCE, self._timer)
        await ack()
        if done:
            await self._show(heard, task.result())
        else:
            await self._late(heard, await self._keep_place(heard), await task)

    async def command(self, ack: Ack, heard: Heard | None) -> None:
        """`/placet WORDS`: the acknowledgement itself can be the answer."""
        if heard is None or not self._is_new(heard):
            await ack()
            return
        task = self._inflight.start(self._asked(heard))
        if not await done_within(task, PATIENCE, self._timer):
            await ack()
            await self._late(heard, await self._keep_place(heard), await task)
            return
        answer = task.result()
        body = message_of(answer)
        await ack(**({**body, "response_type": "ephemeral"} if body else {}))
        if answer.form is not None:
            await self._answers.show_form(heard.back, answer.form, trigger=heard.trigger)

    async def message(self, heard: Heard | None) -> None:
        """A message to the bot: acknowledged by bolt before it comes here."""
        if heard is not None and self._is_new(heard):
            await self._show(heard, await self._asked(heard))

    async def submission(self, ack: Ack, heard: Heard | None) -> None:
        """A modal that was filled in: it stays, with errors or its next step, or closes."""
        if heard is None or not self._is_new(heard):
            await ack()
            return
        task = self._inflight.start(self._asked(heard))
        if not await done_within(task, PATIENCE, self._timer):
            await ack(response_action="update", view=words_view(_MOMENT, "Saving …"))
            await self._answers.conclude(heard.back, heard.view, "Placet", await task)
            return
        answer = task.result()
        await ack(**_reply(heard, answer))
        await self._answers.show(heard.back, answer)

    async def _keep_place(self, heard: Heard) -> str:
        """Open a modal that says that it is loading, while it may be opened at all."""
        if not (heard.trigger and heard.opens_a_form):
            return ""
        return await self._answers.open(heard.trigger, words_view(_MOMENT, "Loading …"))

    async def _show(self, heard: Heard, answer: Answer) -> None:
        await self._answers.show(heard.back, answer)
        if answer.form is not None:
            await self._answers.show_form(heard.back, answer.form, trigger=heard.trigger)

    async def _late(self, heard: Heard, view: str, answer: Answer) -> None:
        """An answer that came after the acknowledgement. A right to open a modal is over by now."""
        if view:
            await self._answers.conclude(heard.back, view, "Placet", answer)
            return
        await self._answers.show(heard.back, answer)
        if answer.form is not None:
            await self._answers.show_form(heard.back, answer.form)


def _reply(heard: Heard, answer: Answer) -> Json:
    """What the acknowledgement of a submitted modal says; nothing closes it."""
    if answer.form is None:
        return {}
    wrong = errors(answer.form, heard.tap.token)
    if wrong:
        return {"response_action": "errors", "errors": wrong}
    return {"response_action": "update", "view": form_view(answer.form, heard.back)}
