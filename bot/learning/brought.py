"""Who brings what into the ledger, and what of it is theirs: they alone, or an administrator, may change it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.learning.rows import Fault
from core.codec import Doc
from core.learning import records
from core.learning.fold import key_of
from core.learning.ledger import Record
from core.learning.records import BROUGHT_BY
from core.learning.setup import Learning


@dataclass(frozen=True, slots=True)
class Sender:
    """Who imports. `person`: whose rows they may bring alone; None: anybody's. `program`: a program's name, if one."""

    person: str | None = None
    program: str | None = None

    @property
    def name(self) -> str:
        """As a record remembers it; "" is an administrator, who may change whatever there is."""
        if self.program is not None:
            return f"program:{self.program}"
        return f"person:{self.person}" if self.person is not None else ""


def content(body: Doc) -> Doc:
    """What a body tells, whoever brought it."""
    return {name: value for name, value in body.items() if name != BROUGHT_BY}


def signed(made: Record, before: Record | None, sender: Sender) -> Record:
    """With who brought it. Whoever changes it later, it stays the one who brought it first."""
    by = sender.name if before is None else before.body.get(BROUGHT_BY, "")
    return replace(made, body={**made.body, BROUGHT_BY: by}) if by else made


def may_change(before: Record, sender: Sender) -> None:
    """Raises Fault where somebody else brought what is there."""
    if sender.name in ("", before.body.get(BROUGHT_BY, "")):
        return
    match before.kind:
        case records.RESULT:
            raise Fault("about", "has another result already, which somebody else brought; an administrator changes it")
        case records.CLOSE:
            raise Fault("price", "is known here otherwise, and somebody else brought it; an administrator changes it")
    raise Fault(
        "key",
        "is known here already, and somebody else brought it; give keys of your own, or an administrator changes it",
    )


def orders_of(fills: Iterable[Record], sender: Sender, learning: Learning) -> Mapping[str, bool]:
    """What a result may be about, by every name of it: fills and orders, each with whether it is all the sender's.

    An order whose number is also on a fill of somebody else's is not.
    """
    found: dict[str, bool] = {}
    for fill in fills:
        body = fill.body
        mine = sender.name in ("", body.get(BROUGHT_BY, "")) or (bool(fill.person) and fill.person == sender.person)
        names = [fill.key]
        if (order := body.get("order")) is not None:
            names += [order, key_of(order, body.get("account"), learning.subject(fill.subject))]
        for name in names:
            found[name] = mine and found.get(name, True)
    return found
