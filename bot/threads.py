"""Blocking calls beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

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
