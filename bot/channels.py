"""The chats there are: declared channels, the direct chats with people, and the platforms that carry both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from bot.connections import Connection
from bot.errand import Place
from bot.pace import Pace, Timer
from bot.served import Served
from core import channels
from core.channels import PERSON, Channel, direct_account
from core.platforms import Messenger, Taps
from core.ports import Leases
from core.registry import Registry
from core.request import Request


class Channels:
    """`named`: messengers that stand under a name of their own and show everything, as the console does.

    Of several processes on one database, the one that holds a platform's lease receives and sends there; the others
    stand by. `moved` is called whenever `places` may have changed.
    """

    def __init__(
        self, connections: Mapping[str, Connection], named: Mapping[str, Messenger], leases: Leases, timer: Timer
    ) -> None:
        self._platforms = {
            name: Served(name, connection, leases, timer, self._changed) for name, connection in connections.items()
        }
        self._named = {name: Place(messenger, Pace(timer), name) for name, messenger in named.items()}
        self._declared: tuple[Channel, ...] = ()
        self._made: dict[tuple[str, str, bool], Place] = {}
        self.moved: Callable[[], None] = lambda: None

    def declare(self, declared: Sequence[Channel]) -> None:
        """The channels that `placet.yaml` declares now."""
        self._declared = tuple(declared)
        self._changed()

    def _changed(self) -> None:
        self.moved()

    # Where cards stand

    def for_request(self, request: Request, registry: Registry) -> Sequence[str]:
        """The names of the channels in which the card of a request stands. Called in the writer's thread."""
        return (*self._named, *channels.for_request(request, registry, self._declared, self._platforms))

    def places(self, registry: Registry) -> Mapping[str, Place]:
        """Every channel that is ours to write to: declared, named, and of each person with an account."""
        places = dict(self._named)
        for channel in self._declared:
            if self._is_ours(channel.platform):
                places[channel.name] = self._place(channel.platform, channel.address)
        for person in registry.people.values():
            account = direct_account(registry.accounts, person.id, self._platforms) if person.active else None
            if account is not None and self._is_ours(account.platform):
                places[PERSON + person.id] = self._place(account.platform, account.user, direct=True)
        return places

    def _is_ours(self, platform: str) -> bool:
        return platform in self._platforms and self._platforms[platform].ours

    def _place(self, platform: str, address: str, *, direct: bool = False) -> Place:
        """The same place each time: whoever serves it must not be disturbed."""
        known = self._made.get((platform, address, direct))
        if known is None:
            connection = self._platforms[platform].connection
            messenger = connection.platform.direct(address) if direct else connection.platform.at(address)
            known = Place(messenger, connection.pace, address.partition("/")[0])
            self._made[platform, address, direct] = known
        return known

    # What taps are told

    def channel_at(self, platform: str, chat: str) -> str | None:
        """The declared channel that a chat is, or that lies in it as a thread or topic. A direct chat is none."""
        here = [channel for channel in self._declared if channel.platform == platform]
        exact = (channel.name for channel in here if channel.address == chat)
        within = (channel.name for channel in here if channel.chat == chat.partition("/")[0])
        return next(exact, None) or next(within, None)

    def fields(self, platform: str) -> int | None:
        """How many fields a form has on a platform; None: any number, as on our own pages."""
        if platform not in self._platforms:
            return None
        return self._platforms[platform].connection.platform.direct("").limits.fields

    # Running

    async def run(self, taps: Taps) -> None:
        """Bring the taps of every platform until cancelled. None of them stops another."""
        async with asyncio.TaskGroup() as group:
            for served in self._platforms.values():
                group.create_task(served.run(taps))

    async def release(self) -> None:
        """Let other processes serve our platforms. After `run`, and after whoever writes to our places."""
        for served in self._platforms.values():
            await served.release()

    def states(self) -> Mapping[str, str]:
        """How each platform stands: OK, STANDBY, or why no taps can come now."""
        return {name: served.state for name, served in self._platforms.items()}
