"""Which updates have come, and up to which of them all is done: only that much may be confirmed.

What is confirmed is forgotten by Telegram, so a tap that was not carried out yet comes again after a crash.
https://core.telegram.org/bots/api#getupdates
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any

_REMEMBERED = 1_000


class Inbox:
    def __init__(self) -> None:
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._at_work: dict[int, asyncio.Task[Any]] = {}
        self._unconfirmed = 0

    @property
    def offset(self) -> int:
        """The first update that is still wanted; 0: whatever there is.

        It is named only as long as there is something to confirm: the numbers begin anew somewhere after a quiet week.
        """
        return min(self._at_work) if self._at_work else self._unconfirmed

    @property
    def at_work(self) -> set[asyncio.Task[Any]]:
        return set(self._at_work.values())

    def is_new(self, update: int) -> bool:
        """Whether an update has not come before; from now on it has."""
        if update in self._seen:
            return False
        self._seen[update] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def begun(self, update: int, work: asyncio.Task[Any]) -> None:
        """An update is not done before this is."""
        self._at_work[update] = work
        work.add_done_callback(lambda _: self._at_work.pop(update, None))

    def came(self, newest: int) -> None:
        """Updates up to this one were fetched."""
        self._unconfirmed = newest + 1

    def confirmed(self, offset: int) -> None:
        """Telegram has taken note of an offset."""
        if offset == self._unconfirmed:
            self._unconfirmed = 0
