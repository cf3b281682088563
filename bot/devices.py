"""The browsers that take messages: who has which, what each is to be told, and our own key for writing to them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.desk import Desk
from bot.ids import digest_of, new_id
from bot.passes import SESSION
from bot.push_service import NotTaken, PushService, ServerKey, Subscription
from bot.threads import off_the_loop, within
from core.engine import CLOCK, Bookkeeping, Done
from core.errors import StoreUnavailable
from core.kept import Device
from core.ports import Clock, Reader

URGENT, ALL = "urgent", "all"
"""What a browser is told: only of what is urgent, or of everything that waits for its person."""
MOST = 10
"""Browsers of one person."""
_OURS = "placet"


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser of somebody's. `session`: the one it was signed in with; `which`: URGENT or ALL."""

    id: str
    person: str
    subscription: Subscription
    session: str
    which: str
    agent: str
    """What it calls itself."""
    since: datetime


class Devices:
    def __init__(self, desk: Desk, reader: Reader, clock: Clock, service: PushService) -> None:
        self._desk, self._reader, self._clock, self._service = desk, reader, clock, service
        self._key: ServerKey | None = None

    async def key(self) -> ServerKey:
        """Our own key pair: made when it is first needed, the same for every process on this database."""
        if self._key is None:
            found = await self._read(_OURS)
            if found is None:
                ours = Device(_OURS, "", {"private": ServerKey.new().private}, self._clock.now())
                await self._keep(lambda tx: tx.keep_device(ours, first=True))
                found = await self._read(_OURS)
            if found is None:
                raise StoreUnavailable("the key for notifications was not kept")
            self._key = ServerKey.of(str(found.body["private"]))
        return self._key

    async def register(
        self, person: str, session: str, given: tuple[str, str, str], agent: str, *, again: bool = False
    ) -> None:
        """Remember that a browser takes messages at this address, with these two keys. Raises NotTaken.

        `again`: the browser has signed in anew; not if it was taken out meanwhile.
        """
        subscription = await self._service.subscription(*given)
        name = digest_of(subscription.endpoint)
        mine = await self.of([person])
        known = next((one for one in mine if one.id == name), None)
        if again and known is None:
            raise NotTaken("This browser was taken out of the list; turn notifications on again if you want them.")
        if known is None and len(mine) >= MOST:
            raise NotTaken(f"{MOST} browsers of yours are told already: take one out first.")
        which = known.which if known else URGENT
        await self._save(Browser(name, person, subscription, session, which, agent[:200], self._clock.now()))

    async def choose(self, person: str, name: str, which: str) -> bool:
        """Say what a browser is to be told. False: this person has no such browser."""
        found = next((one for one in await self.of([person]) if one.id == name), None)
        if found is None or which not in (URGENT, ALL):
            return False
        await self._save(replace(found, which=which))
        return True

    async def forget(self, person: str, name: str) -> None:
        """Tell this browser of this person's nothing any more."""
        await self._keep(lambda tx: tx.drop_device(name, person))

    async def of(self, people: Collection[str]) -> Sequence[Browser]:
        """The browsers of these people, the newest first."""
        return [_browser(one) for one in await off_the_loop(self._reader.devices, people)]

    async def signed_in(self, one: Browser) -> bool:
        """Whether the session is still good in which the browser asked for messages."""
        found = await off_the_loop(self._reader.find_pass, one.session, self._clock.now())
        return found is not None and found.kind == SESSION and found.person == one.person

    async def _read(self, name: str) -> Device | None:
        return await within(off_the_loop(self._reader.device, name))

    async def _save(self, one: Browser) -> None:
        keys = one.subscription
        body = {
            "endpoint": keys.endpoint,
            "p256dh": keys.p256dh,
            "auth": keys.auth,
            "session": one.session,
            "which": one.which,
            "agent": one.agent,
        }
        kept = Device(one.id, one.person, body, one.since)
        await self._keep(lambda tx: tx.keep_device(kept))

    async def _keep(self, apply: object) -> None:
        command = Bookkeeping(new_id("cmd"), CLOCK, "", apply=apply)  # type: ignore[arg-type]
        outcome = await self._desk.ask(command)
        if not isinstance(outcome, Done):
            raise StoreUnavailable(f"not kept: {outcome}")


def _browser(one: Device) -> Browser:
    text = {name: str(value) for name, value in one.body.items()}
    subscription = Subscription(text["endpoint"], text["p256dh"], text["auth"])
    return Browser(one.id, one.person, subscription, text["session"], text["which"], text["agent"], one.created_at)
