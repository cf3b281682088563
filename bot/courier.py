"""What delivery does for one channel: one call at a time, the most urgent first, each in its turn."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from typing import Any

from bot.desk import Closing, Desk, NotCertain, Overloaded
from bot.errand import Errand, Face, Mark, Notice, Place, plan, said
from bot.ids import new_id
from bot.pace import Timer, Turn
from bot.threads import off_the_loop
from core.card import Card
from core.engine import CLOCK, Bookkeeping, Failed
from core.errors import DeliveryFailed, PostGone, StoreUnavailable
from core.ports import Post, PostRef, Reader
from core.queue import QUEUE, own_ref

MOST_NOTICES = 100
MOST_FAULTS = 5
LOOK_AGAIN = 5.0
"""Seconds after which the database is asked again, for other processes write to it too."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
GRACE = 5.0
"""Seconds of the wall that a call on its way has to arrive and to be remembered when the channel is stopped."""
_DATABASE = (StoreUnavailable, NotCertain, Overloaded)
log = logging.getLogger("placet.delivery")


class Courier:
    """Serves one channel. `place` may be another one from one call to the next."""

    def __init__(self, channel: str, place: Place, desk: Desk, reader: Reader, timer: Timer, face: Face) -> None:
        self.place = place
        self.trouble: str | None = None
        self.wake = asyncio.Event()
        # The oldest are let go when a platform is away for long: the cards themselves say how things stand.
        self.notices: deque[Notice] = deque(maxlen=MOST_NOTICES)
        self._channel = channel
        self._desk = desk
        self._reader = reader
        self._timer = timer
        self._face = face
        self._faults: dict[tuple[str, int], tuple[int, float]] = {}
        """How often the adapter failed on a card, by request and version, and until when it is left aside."""
        self._alone: set[str] = set()
        """Requests whose queue card was not taken."""

    async def run(self, before: asyncio.Task[None] | None = None) -> None:
        """Serve until cancelled. `before`: who has served this channel and may still be about to end."""
        if before is not None:
            await asyncio.wait({before})
        pause = FIRST_PAUSE
        while True:
            self.wake.clear()
            try:
                busy = await self._next()
            except DeliveryFailed as problem:
                self.trouble = str(problem)
                log.warning("channel %s does not take messages: %s", self._channel, problem)
                if problem.retry_after:
                    self.place.pace.hold(problem.retry_after, self.place.chat)
                    continue
            except _DATABASE as problem:
                log.warning("delivery to %s waits for the database: %s", self._channel, problem)
            except Closing:
                return
            except Exception as problem:
                # Its kind alone: nobody has promised that its words hold no token.
                self.trouble = f"fault: {type(problem).__name__}"
                log.exception("delivery to %s failed", self._channel)
            else:
                pause = FIRST_PAUSE
                if not busy:
                    await self._rest()
                continue
            await self._timer.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _next(self) -> bool:
        """Do the most urgent thing. False: there is nothing to do now."""
        errand = await self._choose()
        if errand is None:
            if not self._aside():
                self.trouble = None
            return False
        if not errand.call:
            await self._keep(*(_gone(post) for post in errand.posts))
            return True
        place = self.place
        turn = await self._turn(place, errand)
        if self.wake.is_set() or turn.waited >= LOOK_AGAIN:
            # Something more urgent may have come meanwhile: it uses the turn, if it is of the same kind.
            self.wake.clear()
            try:
                now = await self._choose()
            except BaseException:
                turn.back()
                raise
            if now is None or now.call != errand.call:
                turn.back()
                return True
            errand = now
        await self._let_arrive(self._carry_out(place, errand, turn))
        return True

    async def _choose(self) -> Errand | None:
        join = bool(self.place.messenger.limits.rates)
        errand = await off_the_loop(
            lambda: plan(self._reader, self._channel, self._aside(), face=self._face, join=join, alone=self._alone)
        )
        while self.notices and (errand is None or self.notices[0].urgency < errand.urgency):
            news = self.notices[0]
            saying = await off_the_loop(said, self._reader, self._channel, news)
            if saying is not None:
                return saying
            self._forget(news)
        return errand

    async def _turn(self, place: Place, errand: Errand) -> Turn:
        return await place.pace.turn(place.messenger.limits.rates, place.chat, errand.call, errand.urgency)

    async def _let_arrive(self, call: Coroutine[Any, Any, None]) -> None:
        """What is on its way when the channel is stopped may still arrive and be remembered."""
        work = asyncio.ensure_future(call)
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait({work}, timeout=GRACE)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            raise

    async def _carry_out(self, place: Place, errand: Errand, turn: Turn) -> None:
        """A card that is not taken does not stand in the way of the others; a platform that is away does."""
        try:
            if errand.call == "say":
                turn.begins()
                # Said at most once: a notice that a crash or a fault swallows is not repeated.
                await place.messenger.notify(self._channel, errand.text)
                self._forget(errand.news)
            elif errand.call == "post":
                await self._send(place, errand, turn)
            else:
                await self._renew(place, errand, turn)
        except (*_DATABASE, Closing):
            raise
        except Exception as problem:
            if isinstance(problem, DeliveryFailed) and not problem.permanent:
                raise
            await self._not_taken(errand, problem)
        else:
            for post in errand.posts:
                self._faults.pop((post.request, post.wanted), None)
            if not self._aside():
                self.trouble = None

    async def _send(self, place: Place, errand: Errand, turn: Turn) -> None:
        if errand.card is None:
            return
        again = all(post.attempted for post in errand.posts)
        if not again:
            await self._keep(*(_attempted(post) for post in errand.posts))
        turn.begins()
        ref = (await place.messenger.post(self._channel, errand.card, again)).ref
        await self._keep_surely(*_shown(errand, QUEUE + ref if errand.joined else ref))

    async def _renew(self, place: Place, errand: Errand, turn: Turn) -> None:
        """Bring the message up to date, and the further ones that show the same."""
        if errand.card is None or errand.ref is None:
            return
        messages = [(errand.ref, errand.card, _deleted(errand, errand.ref)), *await self._further(errand)]
        for ref, card, gone in messages:
            if ref is not errand.ref:
                turn = await self._turn(place, errand)
            turn.begins()
            try:
                await place.messenger.update(PostRef(self._channel, own_ref(ref)), card)
            except DeliveryFailed as problem:
                if ref is errand.ref and not isinstance(problem, PostGone):
                    raise
                if not problem.permanent:
                    raise
                await self._keep(*gone)
                if ref is errand.ref:
                    return
        released = (_released(post) for post in errand.leaving)
        await self._keep_surely(*_shown(errand, errand.ref), *released)

    async def _further(self, errand: Errand) -> list[tuple[str, Card, list[Mark]]]:
        """Further messages that show one of the errand's requests alone: their cards, and what to remember if they are
        gone."""
        found: list[tuple[str, Card, list[Mark]]] = []
        for post in errand.behind if errand.joined else errand.posts:
            if post.also:
                card = await off_the_loop(self._face, errand.requests[post.request])
                found += [(ref, card, [_disowned(post, ref)]) for ref in post.also]
        return found

    async def _not_taken(self, errand: Errand, problem: Exception) -> None:
        if errand.call == "say":
            log.warning("a notice is not taken by %s: %s", self._channel, problem)
            self._forget(errand.news)
            return
        cards = ", ".join(post.request for post in errand.posts)
        fault = not isinstance(problem, DeliveryFailed)
        log.warning("the card of %s is not taken by %s: %s", cards, self._channel, problem, exc_info=fault)
        if errand.joined and errand.call == "post":
            self._alone.update(post.request for post in errand.posts)
            return
        refused = [post for post in (*errand.posts, *errand.leaving) if post.shown < post.wanted]
        if fault:
            refused = [post for post in refused if self._faulty_again(post)]
            self.trouble = f"fault: {type(problem).__name__}"
        if refused:
            await self._keep(*(_refused(post) for post in refused))

    def _faulty_again(self, post: Post) -> bool:
        """Whether the adapter has failed on this very card so often that it is the card. If not, it is left aside."""
        key = (post.request, post.wanted)
        faults = self._faults.pop(key, (0, 0.0))[0] + 1
        if faults >= MOST_FAULTS:
            return True
        pause = min(FIRST_PAUSE * 2 ** (faults - 1), LONGEST_PAUSE)
        self._faults[key] = (faults, self._timer.time() + pause)
        return False

    def _aside(self) -> set[tuple[str, int]]:
        now = self._timer.time()
        return {key for key, (_, until) in self._faults.items() if until > now}

    def _forget(self, news: Notice | None) -> None:
        """It was said, or need not be any more. It may have been let go meanwhile, in a flood of others."""
        if self.notices and self.notices[0] is news:
            self.notices.popleft()

    async def _rest(self) -> None:
        """Nothing waits: until somebody calls, it is time to look again, or what was left aside may be tried again."""
        now = self._timer.time()
        nearest = min((until for _, until in self._faults.values() if until > now), default=now + LOOK_AGAIN)
        if not self._aside():
            self._faults.clear()
        resting = asyncio.ensure_future(self._timer.sleep(min(nearest - now, LOOK_AGAIN)))
        called = asyncio.ensure_future(self.wake.wait())
        try:
            await asyncio.wait({resting, called}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            resting.cancel()
            called.cancel()

    async def _keep(self, *marks: Mark) -> None:
        """Remember, durably."""

        def apply(transaction: Any) -> None:
            for mark in marks:
                mark(transaction)

        outcome = await self._desk.ask(Bookkeeping(new_id("cmd"), CLOCK, "", apply=apply))
        if isinstance(outcome, Failed):
            # What is not remembered would be sent again at once, and again.
            raise outcome.error

    async def _keep_surely(self, *marks: Mark) -> None:
        """Remember what has happened on the platform, however long the database takes."""
        pause = FIRST_PAUSE
        while True:
            try:
                return await self._keep(*marks)
            except _DATABASE as problem:
                log.warning("delivery to %s waits for the database: %s", self._channel, problem)
                await self._timer.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)


def _attempted(post: Post) -> Mark:
    return lambda tx: tx.mark_attempted(post.request, post.channel)


def _refused(post: Post) -> Mark:
    return lambda tx: tx.mark_refused(post.request, post.channel, post.wanted)


def _gone(post: Post) -> Mark:
    return lambda tx: tx.mark_gone(post.request, post.channel)


def _disowned(post: Post, ref: str) -> Mark:
    return lambda tx: tx.disown(post.request, post.channel, ref)


def _released(post: Post) -> Mark:
    return lambda tx: tx.release(post.request, post.channel)


def _shown(errand: Errand, ref: str) -> list[Mark]:
    def mark(post: Post) -> Mark:
        version = errand.requests[post.request].version
        return lambda tx: tx.mark_shown(post.request, post.channel, version, ref, post.also)

    return [mark(post) for post in (errand.behind if errand.ref is not None else errand.posts)]


def _deleted(errand: Errand, ref: str) -> list[Mark]:
    """What is remembered of a message that somebody deleted: what is pending in it is sent again."""
    if errand.joined:
        pending = [post for post in errand.posts if errand.requests[post.request].pending]
        ended = [post for post in errand.posts if post not in pending]
        return [*map(_released, (*pending, *errand.leaving)), *map(_gone, ended)]
    post = errand.posts[0]
    if ref == post.ref and not post.also and not errand.requests[post.request].pending:
        return [_gone(post)]
    return [_disowned(post, ref)]
