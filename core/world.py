"""What a decision may depend on besides the request itself, read in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.attachments import Upload
from core.model import Person, Program
from core.policy import Policy
from core.request import Request


@dataclass(frozen=True, slots=True)
class World:
    """`now` is one for the whole transaction and never goes back. `stopped`: why nothing may be claimed, if so."""

    now: datetime
    policy: Policy
    people: Mapping[str, Person]
    programs: Mapping[str, Program]
    stopped: str | None = None
    replaced: Request | None = None
    """The request that a submission names in `replaces`, if it exists."""
    uploads: Mapping[str, Upload] = field(default_factory=dict)
    """What a submission names in `attachments`, as far as it exists."""
