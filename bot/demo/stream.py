"""The example stream, and the person who answers it in `placet demo --once`. Pure."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from core.errors import PlacetError

Doc = dict[str, Any]
PROGRAM = "calls-2012"
"""Who asks in the demo."""
STREAM = Path(__file__).parents[2] / "examples" / "calls-2012.jsonl"


def read_days(file: Path = STREAM) -> list[tuple[str, list[Doc]]]:
    """The stream by day. Raises PlacetError when the file is not there."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as problem:
        raise PlacetError(
            f"the demo plays {file.name} from the folder `examples` of the source, and it cannot be read "
            f"({problem.strerror})"
        ) from problem
    proposals = [json.loads(line, parse_float=Decimal) for line in lines]
    return [(day, list(group)) for day, group in groupby(proposals, key=lambda p: p["context"]["at"][:10])]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the scripted person says: the vote's body without the revision, and how the request must end."""

    vote: Mapping[str, Any]
    outcome: str
    changed: Mapping[str, Any] = field(default_factory=dict)


def answer_to(proposal: Mapping[str, Any]) -> Answer:
    """A person with habits: unsure advice is rejected, some expiries are taken one longer, some sizes questioned.

    Depends on the proposal alone, so that what must come out is known before it is asked.
    """
    dice = zlib.crc32(str(proposal["key"]).encode()) % 10
    parameters = proposal["parameters"]
    if proposal["confidence"] < Decimal("0.45"):
        reason = {"code": "information", "words": "Earnings are near; it does not know.", "would_agree": "yes"}
        return Answer({"choice": "reject", "reason": reason}, "rejected")
    if dice == 0:
        return Answer({"choice": "reject", "reason": {"code": "risk", "would_agree": "no"}}, "rejected")
    if dice in (1, 2):
        expiries = proposal["editable"]["properties"]["expiry"]["enum"]
        place = expiries.index(parameters["expiry"])
        if place + 1 < len(expiries):
            changed = {"expiry": expiries[place + 1]}
            vote = {"choice": "modify", "parameters": changed, "reason": {"code": "timing", "would_agree": "unsure"}}
            return Answer(vote, "modified", changed)
    if dice == 3 and parameters["quantity"] > 1 and "replaces" not in proposal:
        note = "Ask again for half of it."
        return Answer({"choice": "request_changes", "note": note}, "changes_requested")
    return Answer({"choice": "approve"}, "approved")


def halved(proposal: Mapping[str, Any], replaces: str) -> Doc:
    """What the program asks instead, when half of it was wanted."""
    quantity = max(1, proposal["parameters"]["quantity"] // 2)
    title = f"Sell {quantity} " + str(proposal["title"]).split(" ", 2)[2]
    amount = Decimal(proposal["amount"]) * quantity / proposal["parameters"]["quantity"]
    return {
        **proposal,
        "key": f"{proposal['key']}/half",
        "title": title,
        "amount": f"{amount:.2f}",
        "parameters": {**proposal["parameters"], "quantity": quantity},
        "replaces": replaces,
    }
