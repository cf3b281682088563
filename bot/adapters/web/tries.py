"""How often somebody may show a wrong code: from one address, and from all together. In a small, fixed memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address

FROM_ONE, ONE_MORE_AFTER = 10, 30.0
"""Wrong codes at once from one address, and the seconds until one more is heard."""
FROM_ALL, ANY_MORE_AFTER = 100, 1.0
MOST_ADDRESSES = 1_000


@dataclass(slots=True)
class _Allowance:
    left: float
    at: datetime

    def now(self, now: datetime, most: int, seconds: float) -> float:
        """What is left by now."""
        gained = max(0.0, (now - self.at).total_seconds()) / seconds
        self.left, self.at = min(float(most), self.left + gained), now
        return self.left


class Tries:
    """Whoever has none left is not heard, whatever they show: a right code would tell that the wrong ones were."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._all = _Allowance(FROM_ALL, now())
        self._by_address: OrderedDict[str, _Allowance] = OrderedDict()

    def left(self, address: str) -> bool:
        """Whether this address may show a code now."""
        now = self._now()
        mine = self._by_address.get(_place(address))
        if mine is None:
            # However much noise the others make: who has shown no wrong code is not kept out by theirs.
            return True
        return self._all.now(now, FROM_ALL, ANY_MORE_AFTER) >= 1 and mine.now(now, FROM_ONE, ONE_MORE_AFTER) >= 1

    def wrong(self, address: str) -> None:
        """A code from there was not good."""
        now, place = self._now(), _place(address)
        mine = self._by_address.setdefault(place, _Allowance(FROM_ONE, now))
        for one, most, seconds in ((mine, FROM_ONE, ONE_MORE_AFTER), (self._all, FROM_ALL, ANY_MORE_AFTER)):
            one.left = one.now(now, most, seconds) - 1
        self._by_address.move_to_end(place)
        while len(self._by_address) > MOST_ADDRESSES:
            self._by_address.popitem(last=False)


def _place(address: str) -> str:
    """An address; of an IPv6 address the network, for who has one has them all."""
    try:
        number = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(number, IPv6Address) and number.ipv4_mapped is None:
        return str(int(number) >> 64)
    return str(number)
