"""What a button carries: the verb, the request (or the draft) and the revision, in at most 64 bytes.

That is Telegram's limit for callback data, the smallest there is. A button needs no memory: whoever holds the store can
answer it, also after a restart.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from dataclasses import dataclass

LONGEST_TOKEN = 64
_KINDS = {"req_": "r", "dft_": "d", "cnd_": "c", "mat_": "m", "": "-"}
_PREFIXES = {letter: prefix for prefix, letter in _KINDS.items()}
_TOKEN = re.compile(
    r"(?P<verb>[a-z]{2,8}):(?P<kind>[rdcm-])(?P<id>[0-9a-z]{0,26}):(?P<revision>[0-9]{1,4})"
    r"(?::(?P<argument>[A-Za-z0-9_.-]{0,24})(?:~(?P<guard>[a-z2-7]{5}))?)?"
)


@dataclass(frozen=True, slots=True)
class Token:
    """What a button or a form carries.

    `about`: the id of a request (`req_…`), a draft (`dft_…`), a candidate (`cnd_…`) or a match (`mat_…`), or nothing.
    `guard`: a mark of the one person that it is meant for (`guard_of`), where everybody can see the button. It keeps
    others from pressing it by mistake; what anybody may do is never judged by it.
    """

    verb: str
    about: str = ""
    revision: int = 0
    argument: str = ""
    guard: str = ""

    def __str__(self) -> str:
        prefix, _, name = self.about.rpartition("_")
        tail = self.argument + (f"~{self.guard}" if self.guard else "")
        text = f"{self.verb}:{_KINDS[prefix + '_' if prefix else '']}{name}:{self.revision}" + (
            f":{tail}" if tail else ""
        )
        if len(text) > LONGEST_TOKEN or not _TOKEN.fullmatch(text):
            raise ValueError(f"no token: {text}")
        return text


def read_token(text: str) -> Token | None:
    """The token in what a platform sent back, or None when nobody here has written it."""
    found = _TOKEN.fullmatch(text) if len(text) <= LONGEST_TOKEN else None
    if found is None or (found["kind"] == "-") != (not found["id"]):
        return None
    about = _PREFIXES[found["kind"]] + found["id"]
    return Token(found["verb"], about, int(found["revision"]), found["argument"] or "", found["guard"] or "")


def guard_of(person: str) -> str:
    """Five characters that stand for a person in a token."""
    return b32encode(hashlib.sha256(person.encode()).digest()).decode().lower()[:5]
