"""A digest on its way to its person: recorded before the call, and after it.

Between the two nobody knows whether it came through, if the process ends there. Then it is said `again`: a platform
that can look finds the one that stands; one that cannot says so, and nothing is sent a second time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from bot.errand import Place
from bot.ids import new_id
from bot.learning.digests import MADE, REFUSED, SENDING, SENT, UNSURE, Digests, note_in
from core.channels import PERSON
from core.errors import DeliveryFailed
from core.learning.ledger import Record
from core.ports import Clock, PostRef

URGENCY = (0,)
"""After every card that waits for somebody, which are all below zero."""
log = logging.getLogger("placet.learning")


class Delivering:
    """`places`: where each person is written to, as far as that is ours to do."""

    def __init__(self, digests: Digests, clock: Clock, places: Callable[[], Mapping[str, Place]]) -> None:
        self._digests = digests
        self._clock = clock
        self._places = places

    async def send(self, record: Record) -> Record:
        """Bring it one step further, as far as that goes now; the record as it stands afterwards."""
        place = self._places().get(PERSON + record.person)
        if place is None or record.status not in (MADE, SENDING):
            return record
        again = record.status == SENDING
        note = note_in(record, await self._digests.picture(record))
        channel = PERSON + record.person
        turn = await place.pace.turn(place.messenger.limits.rates, place.chat, "say", URGENCY)
        try:
            # Anew also for a second attempt: of two processes that find it half sent, one tries.
            taken = await self._digests.moved(record, SENDING, attempt=new_id("att"), channel=channel)
        except BaseException:
            turn.back()
            raise
        if taken is None:
            turn.back()
            return record
        turn.begins()
        try:
            ref = await place.messenger.say(channel, note, again)
        except DeliveryFailed as problem:
            return await self._failed(taken, problem, place, again)
        sent = self._clock.now().isoformat()
        return await self._digests.moved(taken, SENT, ref=ref.ref, at=sent, why=None) or taken

    async def renew(self, record: Record) -> None:
        """Take away the buttons of what was decided since it was sent; whoever presses one that is left is answered."""
        delivery = record.body.get("delivery", {})
        place = self._places().get(PERSON + record.person)
        if place is None or record.status != SENT or not (ref := delivery.get("ref")):
            return
        rows, over = await self._digests.open_rows(record)
        if over == delivery.get("over", []):
            return
        note = note_in(record, await self._digests.picture(record), rows)
        await place.pace.turn(place.messenger.limits.rates, place.chat, "update", URGENCY)
        try:
            await place.messenger.renew(PostRef(delivery["channel"], ref), note)
        except DeliveryFailed as problem:
            if problem.retry_after is not None:
                place.pace.hold(problem.retry_after, place.chat)
            if not problem.permanent:
                log.warning("the digest %s could not be renewed: %s", record.key, problem)
                return
        # Also where it is gone, or does not take the change: it is left as it is.
        await self._digests.moved(record, SENT, over=over)

    async def _failed(self, taken: Record, problem: DeliveryFailed, place: Place, again: bool) -> Record:
        log.warning("the digest %s was not taken: %s", taken.key, problem)
        if problem.permanent:
            status = UNSURE if again else REFUSED
            return await self._digests.moved(taken, status, why=str(problem)) or taken
        if problem.retry_after is not None:
            place.pace.hold(problem.retry_after, place.chat)
        if problem.unsent and not again:
            # It has not taken anything, so the next try is no second one.
            return await self._digests.moved(taken, MADE, why=str(problem)) or taken
        return taken
