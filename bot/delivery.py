"""Delivery makes what stands in a channel equal to what is wanted there, as often as it takes.

A post has a wanted and a shown version. Ten changes while a platform is down become one edit; after a crash the rows
say what is missing. Each channel is served on its own, so that a broken platform never stops the others.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from bot.desk import Closing, Desk, NotCertain, Overloaded
from bot.ids import new_id
from bot.threads import off_the_loop
from core import card
from core.engine import CLOCK, Batch, Bookkeeping, Failed, Told
from core.errors import DeliveryFailed, PostGone, StoreUnavailable
from core.events import Blocked, Escalated, Reminded
from core.ports import Clock, Messenger, Post, PostRef, Reader, Transaction
from core.wording import notice

_AT_ONCE = 100
_MOST_NOTICES = 100
_MOST_FAULTS = 5
_LOOK_AGAIN = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
log = logging.getLogger("placet.delivery")


class Delivery:
    """`messengers`: who serves each channel."""

    def __init__(self, desk: Desk, reader: Reader, clock: Clock, messengers: Mapping[str, Messenger]) -> None:
        self._desk = desk
        self._reader = reader
        self._clock = clock
        self._messengers = messengers
        self._wakes = {channel: asyncio.Event() for channel in messengers}
        self._degraded: dict[str, str] = {}
        self._faults: dict[Post, int] = {}
        # The oldest are let go when a platform is away for long: the cards themselves say how things stand.
        self._notices: dict[str, deque[Told]] = {channel: deque(maxlen=_MOST_NOTICES) for channel in messengers}

    @property
    def degraded(self) -> Mapping[str, str]:
        """Channels that do not take messages now, and why."""
        return dict(self._degraded)

    def on_batch(self, batch: Batch) -> None:
        aloud = [told for told in batch.facts if isinstance(told.fact, (Reminded, Escalated, Blocked))]
        for notices in self._notices.values():
            notices.extend(aloud)
        if batch.changed:
            for wake in self._wakes.values():
                wake.set()

    async def run(self) -> None:
        """Serve every channel until cancelled."""
        async with asyncio.TaskGroup() as group:
            for channel, messenger in self._messengers.items():
                group.create_task(self._serve(channel, messenger))

    async def _serve(self, channel: str, messenger: Messenger) -> None:
        pause = _FIRST_PAUSE
        wake = self._wakes[channel]
        while True:
            wake.clear()
            try:
                posts = await off_the_loop(self._reader.unshown, channel, _AT_ONCE)
                await self._show_all(messenger, posts)
                await self._say(channel, messenger)
            except DeliveryFailed as problem:
                self._degraded[channel] = str(problem)
                log.warning("channel %s does not take messages: %s", channel, problem)
                await asyncio.sleep(problem.retry_after or pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            except (StoreUnavailable, NotCertain, Overloaded) as problem:
                log.warning("delivery to %s waits for the database: %s", channel, problem)
                await asyncio.sleep(pause)
                continue
            except Closing:
                return
            except Exception as problem:
                # A fault in one adapter must not stop the others, nor itself for good.
                self._degraded[channel] = f"fault: {problem}"
                log.exception("delivery to %s failed", channel)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            self._degraded.pop(channel, None)
            pause = _FIRST_PAUSE
            if not posts:
                try:
                    async with asyncio.timeout(_LOOK_AGAIN):
                        await wake.wait()
                except TimeoutError:
                    pass

    async def _show_all(self, messenger: Messenger, posts: Sequence[Post]) -> None:
        """A card that is not taken does not stand in the way of the others; a platform that is away does."""
        trouble: Exception | None = None
        for post in posts:
            try:
                await self._show(messenger, post)
            except (StoreUnavailable, NotCertain, Overloaded, Closing):
                raise
            except Exception as problem:
                if isinstance(problem, DeliveryFailed) and not problem.permanent:
                    raise
                log.warning("the card of %s is not taken by %s: %s", post.request, post.channel, problem)
                if isinstance(problem, DeliveryFailed) or self._faulty_again(post):
                    await self._keep(refused(post))
                else:
                    trouble = trouble or problem
        if trouble is not None:
            raise trouble

    def _faulty_again(self, post: Post) -> bool:
        """Whether the adapter has failed on this very card so often that it is the card."""
        faults = self._faults.get(post, 0) + 1
        if faults < _MOST_FAULTS:
            self._faults[post] = faults
            return False
        self._faults.pop(post, None)
        return True

    async def _show(self, messenger: Messenger, post: Post) -> None:
        request = await off_the_loop(self._reader.request, post.request)
        if request is None:
            return
        face = card.of(request)
        ref = post.ref
        if ref is not None:
            try:
                await messenger.update(PostRef(post.channel, ref), face)
            except PostGone:
                ref = None
        if ref is None and post.shown and not request.pending:
            # It was deleted: after the decision it is left alone, also when more is said about the request.
            await self._keep(lambda tx: tx.mark_gone(post.request, post.channel))
            return
        if ref is None:
            ref = (await messenger.post(post.channel, face)).ref
        shown = ref
        await self._keep(lambda tx: tx.mark_shown(post.request, post.channel, request.version, shown))

    async def _say(self, channel: str, messenger: Messenger) -> None:
        """What was recorded and has to be said aloud. At most once: a notice that a crash swallows is not repeated."""
        notices = self._notices[channel]
        while notices:
            told = notices[0]
            request = await off_the_loop(self._reader.request, told.request)
            text = notice(request, told.fact) if request is not None and request.pending else None
            if text is not None:
                try:
                    await messenger.notify(channel, text)
                except DeliveryFailed as problem:
                    if not problem.permanent:
                        raise
                    log.warning("a notice is not taken by %s: %s", channel, problem)
            notices.popleft()

    async def _keep(self, apply: Callable[[Transaction], None]) -> None:
        outcome = await self._desk.ask(Bookkeeping(new_id("cmd"), CLOCK, "", apply=apply))
        if isinstance(outcome, Failed):
            # What is not remembered would be sent again at once, and again.
            raise outcome.error


def refused(post: Post) -> Callable[[Transaction], None]:
    """That this version of a card is not taken, to be remembered."""
    return lambda tx: tx.mark_refused(post.request, post.channel, post.wanted)
