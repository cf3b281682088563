"""`placet serve --console`: a messenger whose chat is the terminal."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from bot.adapters.console.render import lines, note_lines, plain
from core.card import Card
from core.errors import DeliveryFailed, PostGone
from core.note import Note
from core.platforms import Limits
from core.ports import PostRef

CHANNEL = "console"
_REMEMBERED = 1_000


class ConsoleMessenger:
    """`core.platforms.Messenger` on a function that prints one block of text.

    A terminal cannot change what it has printed: an update prints the card again, unless it shows the same.
    """

    limits = Limits(edits=False)

    def __init__(self, print_block: Callable[[str], None]) -> None:
        self._print = print_block
        self._shown: OrderedDict[str, str] = OrderedDict()

    async def post(self, channel: str, card: Card, again: bool = False) -> PostRef:
        self._show(card.request, card)
        return PostRef(channel, card.request)

    async def update(self, ref: PostRef, card: Card) -> None:
        if ref.ref != card.request:
            raise PostGone(f"no card {ref.ref} stands here")
        self._show(ref.ref, card)

    async def notify(self, channel: str, text: str) -> None:
        self._print_block(plain(text))

    async def say(self, channel: str, note: Note, again: bool = False) -> PostRef:
        self._show_once(note.id, "\n".join(note_lines(note)))
        return PostRef(channel, note.id)

    async def renew(self, ref: PostRef, note: Note) -> None:
        if ref.ref != note.id:
            raise PostGone(f"no note {ref.ref} stands here")
        self._show_once(note.id, "\n".join(note_lines(note)))

    def _show(self, ref: str, card: Card) -> None:
        block = "\n".join(lines(card))
        # The time left alone is no news.
        self._show_once(ref, block, block.replace(card.left, "") if card.left else block)

    def _show_once(self, ref: str, block: str, news: str = "") -> None:
        """`news`: what has to differ from what was shown last, if that is not all of it."""
        news = news or block
        if self._shown.get(ref) == news:
            return
        self._print_block(block)
        self._shown[ref] = news
        self._shown.move_to_end(ref)
        if len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)

    def _print_block(self, block: str) -> None:
        try:
            self._print(block)
        except (OSError, ValueError) as problem:
            # A ValueError: a stream that is closed, or that cannot write such characters.
            raise DeliveryFailed(f"the terminal is gone: {problem}", permanent=False) from problem
