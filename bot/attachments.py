"""From what was uploaded to what is kept: pictures drawn anew, texts read strictly, and how both are served.

A picture is read by a process of its own (`bot/redraw.py`), one at a time: one that is a bomb ends that process and
nothing else.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.desk import Overloaded
from bot.ids import new_id
from core.attachments import LARGEST, LONGEST_TEXT, MOST_WAITING, TEXT, Upload, asker_name, upload_id
from core.engine import Bookkeeping
from core.errors import PlacetError, Refused
from core.model import Actor
from core.ports import Transaction
from core.text import fault, normal

PATIENCE = 25.0
"""Seconds for one picture."""
_MOST_WAITING = 8
"""Pictures that may wait for their turn: each is held in memory meanwhile."""
_MOST_OF_ONE = 4
"""Of these, by one asker: as many as go with a request, and one more, so that nobody has all the places."""
_PROGRAM = Path(__file__).with_name("redraw.py")
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""All that the process needs of our environment, where there are secrets too."""
_BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
_NO_PICTURE = "is no PNG, JPEG, WebP or GIF, and no plain text (UTF-8)"
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", TEXT: "txt"}
HEADERS = {
    # Even if it were more than a picture, it could do nothing where it is shown.
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    # Its address is its hash, so it never changes; whoever may see it may keep it.
    "Cache-Control": "private, max-age=31536000, immutable",
}
log = logging.getLogger("placet")


@dataclass(slots=True)
class Press:
    """Makes uploads of what arrives, one picture at a time."""

    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    _waiting: Counter[str] = field(default_factory=Counter)

    async def upload(self, asker: Actor, data: bytes, hint: str, now: datetime) -> Upload | Refused:
        """What is to be kept of these bytes. `hint`: the media type that was said, which decides nothing by itself.

        Raises Overloaded when too many wait.
        """
        if not data:
            return Refused("invalid", "is empty", "body")
        if len(data) > LARGEST:
            return Refused("too_large", f"A picture or text has at most {LARGEST >> 20} MB.")
        if _is_picture(data):
            made = await self._redrawn(asker_name(asker), data)
            if isinstance(made, Refused):
                return made
            media_type, width, height, content = made
        else:
            if hint.partition("/")[0].strip().lower() == "image":
                return Refused("invalid", "is no PNG, JPEG, WebP or GIF", "body")
            text = text_of(data)
            if isinstance(text, Refused):
                return text
            media_type, width, height, content = TEXT, 0, 0, text.encode()
        who = asker_name(asker)
        return Upload(upload_id(who, media_type, content), who, media_type, width, height, False, now, content)

    async def _redrawn(self, asker: str, data: bytes) -> tuple[str, int, int, bytes] | Refused:
        if self._waiting.total() >= _MOST_WAITING or self._waiting[asker] >= _MOST_OF_ONE:
            raise Overloaded("Too many pictures arrive at once; nothing was kept. Try again.")
        self._waiting[asker] += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(_redrawn, data)
        finally:
            self._waiting[asker] -= 1
            self._waiting += Counter()  # Without those who wait no more.


@dataclass(slots=True)
class Keeping:
    """The command that keeps an upload, and whether there was room for it."""

    upload: Upload
    room: bool = True

    def command(self, by: Actor) -> Bookkeeping:
        def apply(transaction: Transaction) -> None:
            self.room = transaction.keep_upload(self.upload, MOST_WAITING)

        return Bookkeeping(new_id("cmd"), by, "", apply=apply)

    @property
    def refusal(self) -> Refused | None:
        """To be asked once the command is done."""
        if self.room:
            return None
        return Refused("too_many", f"{MOST_WAITING} of your uploads wait for a request already: attach them first.")


def text_of(data: bytes) -> str | Refused:
    """A long text as it is kept: its line ends and letters in one form."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Refused("invalid", _NO_PICTURE, "body")
    text = normal(text.replace("\r\n", "\n").replace("\r", "\n")).strip("\n")
    if what := fault(text, longest=LONGEST_TEXT, lines=True):
        return Refused("invalid", what, "body")
    return text if text.strip() else Refused("invalid", "is empty", "body")


def headers(upload: Upload) -> dict[str, str]:
    """What goes with an upload when it is served: its kind as it was stored, and nothing that somebody said of it."""
    kind = f"{TEXT}; charset=utf-8" if upload.media_type == TEXT else upload.media_type
    name = f"{upload.id[:12]}.{_ENDINGS[upload.media_type]}"
    return {**HEADERS, "Content-Type": kind, "Content-Disposition": f'inline; filename="{name}"'}


def _is_picture(data: bytes) -> bool:
    return data.startswith(_BEGINNINGS) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")


def _redrawn(data: bytes) -> tuple[str, int, int, bytes] | Refused:
    """The picture anew, by a process that is given nothing but it."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - our own program, by its own path
            [sys.executable, "-I", str(_PROGRAM)],
            input=data,
            capture_output=True,
            env=environment,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Refused("invalid", "takes too long to read; send it smaller", "body")
    except OSError as problem:
        raise PlacetError(f"no process could be started to read a picture ({problem.strerror})") from problem
    head, found, content = done.stdout.partition(b"\n")
    if done.returncode != 0 or not found:
        log.warning("a picture ended the process that read it (%s)", done.returncode)
        return Refused("invalid", "cannot be read; send it as a plain PNG or JPEG", "body")
    said = json.loads(head)
    if "why" in said:
        return Refused("invalid", said["why"], "body")
    return said["media_type"], said["width"], said["height"], content
