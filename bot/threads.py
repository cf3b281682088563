"""Blocking calls beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from core.errors import StoreUnavailable

LONGEST_READ = 10.0
"""Seconds."""
Answer = TypeVar("Answer")


async def off_the_loop(question: Callable[..., Answer], *arguments: object) -> Answer:
    """Ask something that blocks, in a thread.

    Who is cancelled meanwhile leaves when the call is over: a thread cannot be stopped, and nothing may still read
    from a database that is being closed.
    """
    call = asyncio.ensure_future(asyncio.to_thread(question, *arguments))
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        await asyncio.gather(call, return_exceptions=True)
        raise


async def within(answer: Awaitable[Answer]) -> Answer:
    """Wait for a reading, but not for ever: a database that stands still is one that does not answer."""
    try:
        async with asyncio.timeout(LONGEST_READ):
            return await answer
    except TimeoutError:
        raise StoreUnavailable(f"the database has not answered for {LONGEST_READ:.0f} s") from None
