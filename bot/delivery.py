"""Delivery makes what stands in a channel equal to what is wanted there, as often as it takes.

A post has a wanted and a shown version. Ten changes while a platform is down become one edit; after a crash the rows
say what is missing. Each channel is served on its own, so that a broken platform never stops the others.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from bot.clock import ACTOR
from bot.desk import Closing, Desk, NotCertain, Overloaded
from bot.ids import new_id
from bot.threads import off_the_loop
from core import card
from core.engine import Batch, Bookkeeping, Failed
from core.errors import DeliveryFailed, StoreUnavailable
from core.ports import Clock, Messenger, Post, PostRef, Reader, Transaction

_AT_ONCE = 100
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

    @property
    def degraded(self) -> Mapping[str, str]:
        """Channels that do not take messages now, and why."""
        return dict(self._degraded)

    def on_batch(self, batch: Batch) -> None:
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
                log.warning("the card of %s is not shown: %s", post.request, problem)
                trouble = trouble or problem
        if trouble is not None:
            raise trouble

    async def _show(self, messenger: Messenger, post: Post) -> None:
        request = await off_the_loop(self._reader.request, post.request)
        if request is None:
            return
        face = card.of(request, self._clock.now())
        ref = post.ref
        if ref is not None:
            try:
                await messenger.update(PostRef(post.channel, ref), face)
            except DeliveryFailed as problem:
                if not problem.permanent:
                    raise
                ref = None
        if ref is None and post.shown and not request.pending:
            # It was deleted: after the decision it is left alone, also when more is said about the request.
            await self._keep(lambda tx: tx.mark_gone(post.request, post.channel))
            return
        if ref is None:
            ref = (await messenger.post(post.channel, face)).ref
        shown = ref
        await self._keep(lambda tx: tx.mark_shown(post.request, post.channel, request.version, shown))

    async def _keep(self, apply: Callable[[Transaction], None]) -> None:
        outcome = await self._desk.ask(Bookkeeping(new_id("cmd"), ACTOR, "", apply=apply))
        if isinstance(outcome, Failed):
            # What is not remembered would be sent again at once, and again.
            raise outcome.error
