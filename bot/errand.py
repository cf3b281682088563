"""What a channel needs next: the one call that is the most urgent now, and all that it takes to make it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from bot.pace import Pace, Urgency
from core.card import Card
from core.engine import Told
from core.platforms import Messenger
from core.ports import Post, Reader, Transaction
from core.queue import MOST_JOINED, emptied_card, is_queue, joinable, queue_card, stays
from core.request import Request
from core.wording import notice

_MOST_READ = 100
MOST_SINGLE = 4
"""Routine requests that may wait for cards of their own; where more wait, they are joined on one."""
_LOOKED_AT = 3 * MOST_JOINED
Mark = Callable[[Transaction], None]
Face = Callable[[Request], Card]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a channel's cards are shown: by whom, in whose turns, in which chat (as the platform names it)."""

    messenger: Messenger
    pace: Pace
    chat: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A fact that has to be said aloud, and how urgent its request is."""

    told: Told
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Errand:
    """One call to make (`post`, `update` or `say`), or none: then there is only something to be remembered."""

    call: str
    urgency: Urgency
    card: Card | None = None
    posts: tuple[Post, ...] = ()
    """Those that stand, or are to stand, in the message."""
    requests: Mapping[str, Request] = field(default_factory=dict)
    ref: str | None = None
    leaving: tuple[Post, ...] = ()
    """Those that stand in it and get a card of their own."""
    text: str = ""
    news: Notice | None = None
    """What is said with the text."""

    @property
    def joined(self) -> bool:
        """Whether several share the message, or may come to."""
        return is_queue(self.ref) or len(self.posts) > 1

    @property
    def behind(self) -> list[Post]:
        return [post for post in self.posts if post.shown < self.requests[post.request].version]


def plan(
    reader: Reader,
    channel: str,
    skipped: Collection[tuple[str, int]],
    *,
    face: Face,
    join: bool,
    alone: Collection[str],
) -> Errand | None:
    """The most urgent errand of a channel, or None. Reads the database.

    `skipped`: posts, by request and wanted version, that are left aside for now. `face`: the card of a request.
    `join`: whether many routine requests share a card; `alone`: those that never do.
    """
    posts = [post for post in reader.unshown(channel, _MOST_READ) if (post.request, post.wanted) not in skipped]
    if not posts:
        return None
    first = posts[0]
    if is_queue(first.ref):
        return _renewed_queue(reader, first)
    if join and (errand := _new_queue(reader, posts, alone)):
        return errand
    request = reader.request(first.request)
    if request is None or (first.ref is None and first.shown and not request.pending):
        # It was deleted: after the decision it is left alone, also when more is said about the request.
        return Errand("", first.urgency, posts=(first,))
    call = "post" if first.ref is None else "update"
    return Errand(call, first.urgency, face(request), (first,), {request.id: request}, first.ref)


def said(reader: Reader, channel: str, news: Notice) -> Errand | None:
    """To say something aloud, if it is still true and the request's card belongs in this channel."""
    request = reader.request(news.told.request)
    if request is None or not request.pending:
        return None
    text = notice(request, news.told.fact)
    if text is None or all(post.channel != channel for post in reader.posts_of(request.id)):
        return None
    return Errand("say", news.urgency, text=text, news=news)


def _new_queue(reader: Reader, posts: Sequence[Post], alone: Collection[str]) -> Errand | None:
    first = posts[0]
    waiting = [post for post in posts if post.urgency[0] == -1 and post.ref is None and not post.shown]
    if first not in waiting or len(waiting) <= MOST_SINGLE:
        return None
    found = reader.requests([post.request for post in waiting[:_LOOKED_AT]])
    fit = [post for post in waiting if post.request not in alone and _fits(found.get(post.request))]
    if first not in fit or len(fit) <= MOST_SINGLE:
        return None
    # What may stand there already is looked for by itself: the card that was tried, and no other, is found.
    group = tuple(post for post in fit if post.attempted == first.attempted)[:MOST_JOINED]
    if len(group) == 1:
        return None
    requests = {post.request: found[post.request] for post in group}
    return Errand("post", first.urgency, queue_card(list(requests.values())), group, requests)


def _fits(request: Request | None) -> bool:
    return request is not None and joinable(request)


def _renewed_queue(reader: Reader, first: Post) -> Errand:
    everybody = reader.posts_at(first.channel, first.ref or "")
    requests = reader.requests([post.request for post in everybody])
    staying = tuple(post for post in everybody if stays(requests[post.request]))
    leaving = tuple(post for post in everybody if post not in staying)
    shown = [requests[post.request] for post in staying]
    card = queue_card(shown) if shown else emptied_card(list(requests.values()))
    return Errand("update", first.urgency, card, staying, requests, first.ref, leaving)
