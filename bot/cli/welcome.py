"""What `serve` and `demo` say to whoever started them: how to come in with a browser, and where people decide."""

from __future__ import annotations

import asyncio

from bot.passes import FIRST_LASTS
from bot.served import OK, STANDBY
from bot.services import Services
from core.errors import PlacetError

_PATIENCE = 3.0
"""Seconds that platforms have to connect before it is said that they have not."""
SIGN_IN = "Sign in with a browser: `placet people login` prints a link."


async def where(services: Services) -> str:
    """Where people decide: in the inbox, and in which chats. The platforms are given a moment to come up."""
    loop = asyncio.get_running_loop()
    end, states = loop.time() + _PATIENCE, services.channels.states()
    while not {OK, STANDBY}.issuperset(states.values()) and loop.time() < end:
        await asyncio.sleep(0.05)
        states = services.channels.states()
    chats = "; ".join(f"{name.capitalize()} {_stands(state)}" for name, state in states.items())
    none = "none is set up; docs/slack.md, docs/discord.md and docs/telegram.md say how"
    return f"The inbox is at {services.link('/')}\nChats: {chats or none}."


def _stands(state: str) -> str:
    if state == OK:
        return "is connected"
    return "is served by another process" if state == STANDBY else f"is not connected yet ({state.rstrip('.')})"


async def first_link(services: Services) -> str:
    """A line with a link that signs the first administrator in. Only for a terminal: who reads it can come in."""
    admin = next(person for person in services.registry().people.values() if person.admin and person.active)
    try:
        offer = await services.passes.offer_login(admin.id, FIRST_LASTS)
    except PlacetError:
        # The database may be away for a moment; that is no reason not to serve.
        return SIGN_IN
    # The machine's own address, for that is where it is read; beyond it, the name that people know.
    return f"Sign in as {admin.name} (once, within 24 hours): {services.address}/enter?code={offer.secret}"
