"""What goes with a proposal: up to three pictures and one long text, which were uploaded before.

An upload is named by the hash of its bytes and of who uploaded it, so that the content of a revision, which holds the
name, covers every pixel; the same picture twice is one, and nobody can attach what is not theirs.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.errors import Refused
from core.model import Actor, Attachment, Proposal

MOST_PICTURES, MOST_TEXTS = 3, 1
LARGEST = 5 * 1024 * 1024
"""Bytes of one, as it arrives."""
LONGEST_TEXT = 50_000
"""Characters."""
LONGEST_TITLE = 120
TEXT = "text/plain"
WAITS = timedelta(days=1)
"""How long an upload may wait to be attached."""
MOST_WAITING = 200
"""Uploads of one asker's that no request holds yet."""
PATTERN = r"^att_[0-9a-f]{64}$"
_ID = re.compile(PATTERN)


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture or a text as it is kept. `asker`: who uploaded it, as `asker_name` says it.

    `kept`: a request holds it, so that it stays.
    """

    id: str
    asker: str
    media_type: str
    width: int
    height: int
    kept: bool
    created_at: datetime
    content: bytes = b""
    """Left out where it is not asked for."""


def asker_name(actor: Actor) -> str:
    """`program:momentum`, `person:alice`: over whatever surface."""
    return f"{actor.kind.value}:{actor.ref}"


def upload_id(asker: str, media_type: str, content: bytes) -> str:
    """The name of these bytes, uploaded by this asker."""
    named = hashlib.sha256(b"placet-attachment\x00" + asker.encode() + b"\x00" + media_type.encode() + b"\x00")
    named.update(content)
    return f"att_{named.hexdigest()}"


def is_id(text: str) -> bool:
    """Whether this could be the id of an upload: nothing else ever reaches a path or a query."""
    return _ID.fullmatch(text) is not None


def attached(proposal: Proposal, asker: Actor, uploads: Mapping[str, Upload]) -> Proposal | Refused:
    """The proposal with what is known of its attachments, or what is wrong with one of them."""
    found: list[Attachment] = []
    for number, one in enumerate(proposal.attachments):
        upload = uploads.get(one.id)
        if upload is None or upload.asker != asker_name(asker):
            why = "names nothing that you have uploaded, or it waited longer than a day: upload it (again)"
            return Refused("invalid", why, f"attachments.{number}")
        if any(one.id == other.id for other in found):
            return Refused("invalid", "is there already; take it out", f"attachments.{number}")
        found.append(replace(one, media_type=upload.media_type, width=upload.width, height=upload.height))
    if what := surplus(found):
        return Refused("invalid", what, "attachments")
    return replace(proposal, attachments=_titled(found))


def surplus(attachments: Sequence[Attachment]) -> str | None:
    """What there is too much of, as the end of a sentence, or None."""
    pictures = sum(one.kind == "picture" for one in attachments)
    if pictures > MOST_PICTURES:
        return f"has {pictures} pictures; at most {MOST_PICTURES} fit"
    if len(attachments) - pictures > MOST_TEXTS:
        return f"has {len(attachments) - pictures} texts; at most {MOST_TEXTS} fits"
    return None


def _titled(attachments: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """Each with a title: whoever cannot see a picture must at least hear that it is there."""
    pictures, titled = 0, []
    for one in attachments:
        pictures += one.kind == "picture"
        titled.append(one if one.title else replace(one, title=_unnamed(one, pictures)))
    return tuple(titled)


def _unnamed(attachment: Attachment, number: int) -> str:
    return f"Picture {number}" if attachment.kind == "picture" else "Text"


def line(attachments: Sequence[Attachment]) -> str:
    """`2 pictures, 1 text`; empty where there is nothing."""
    counts = [(sum(one.kind == kind for one in attachments), kind) for kind in ("picture", "text")]
    return ", ".join(f"{count} {kind}{'s' * (count > 1)}" for count, kind in counts if count)
