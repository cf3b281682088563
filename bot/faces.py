"""The card of a request with all that stands beside it: what the reason codes say, and what people wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from core import card
from core.card import Card
from core.ports import Reader
from core.registry import Registry
from core.request import Request


def commitments(requests: Iterable[Request]) -> set[str]:
    """Everything that the vault must be asked for to show these."""
    found = set()
    for request in requests:
        for vote in request.votes:
            found |= {vote.note, *(reason.words for reason in vote.reasons)}
    return {commitment for commitment in found if commitment is not None}


class Faces:
    """Reads the database: to be called beside the event loop."""

    def __init__(self, reader: Reader, registry: Callable[[], Registry], public_url: str | None = None) -> None:
        self._reader = reader
        self._registry = registry
        self._public_url = public_url

    def card(self, request: Request) -> Card:
        """The card as it is shown in chats."""
        policy = self._registry().policy
        face = card.of(request, policy.reasons if policy else {}, self.words(request))
        elsewhere = face.attached or (request.pending and (not face.whole or request.ruling.web_only))
        if self._public_url and elsewhere:
            return replace(face, link=f"{self._public_url}/requests/{request.id}")
        return face

    def words(self, request: Request) -> Mapping[str, str]:
        """What people wrote about the request, by commitment; what was erased is not there."""
        wanted = commitments([request])
        return self._reader.words(wanted) if wanted else {}
