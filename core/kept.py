"""What is remembered beside the facts and may be forgotten: what lets somebody in, and where they take messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.model import Json

PASSES = ("session", "login", "invite")


@dataclass(frozen=True, slots=True)
class Pass:
    """What lets somebody in. `digest`: the SHA-256 of its secret, which is kept nowhere.

    `kind`: `session` (a browser), `login` (a link that opens one session), `invite` (a link that makes a person).
    """

    digest: str
    person: str
    kind: str
    body: Mapping[str, Json]
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Device:
    """A browser of somebody's that takes messages. `id`: the SHA-256 of the address where it takes them.

    With nobody as `person`: the key pair of our own with which all of them are written to.
    """

    id: str
    person: str
    body: Mapping[str, Json]
    created_at: datetime
