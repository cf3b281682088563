"""The ledger of learning: what was imported and what was concluded, append-only and versioned.

A record has a kind and a key; the same content again changes nothing, other content is a further version, and the
older ones stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from core.codec import Doc


@dataclass(frozen=True, slots=True)
class Record:
    """`at`: the moment that it tells of. The columns beside `body` are what it is looked for by.

    `version` and `recorded_at` are given by the ledger: from 1, and when it was written down.
    """

    kind: str
    key: str
    at: datetime
    body: Doc = field(compare=False)
    person: str = ""
    program: str = ""
    subject: str = ""
    status: str = ""
    version: int = 0
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records, in their latest versions: of a kind, and of what else is named. `since` is in, `until` is not.

    `known_by`: as the ledger stood then: versions recorded later are not there, and the ones before them are.
    """

    kind: str
    since: datetime | None = None
    until: datetime | None = None
    person: str | None = None
    program: str | None = None
    subject: str | None = None
    status: str | None = None
    keys: tuple[str, ...] | None = None
    known_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of records that were given to the ledger: how many were new, changed something, or were known."""

    new: int = 0
    changed: int = 0
    known: int = 0


class Ledger(Protocol):
    """Reading, on connections of its own. Raises StoreUnavailable."""

    def records(self, wanted: Wanted, most: int | None = None, after: str | None = None) -> Sequence[Record]:
        """Oldest first (`at`, then `key`). `after`: the key of the last one of the page before."""

    def record(self, kind: str, key: str, version: int | None = None) -> Record | None:
        """The latest version, or that one."""

    def versions(self, kind: str, key: str) -> Sequence[Record]:
        """Every version, the first one first."""

    def last_recorded(self) -> datetime | None:
        """When something was last written into it: what was computed from it since then still holds."""
