"""Whose learning is looked at: one's own; an administrator may look at everybody's."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request

from core.model import Person
from core.registry import Registry


@dataclass(frozen=True, slots=True)
class Whose:
    """`others`: whom the visitor may choose, by id and name; `mine`: it is about the visitor."""

    person: str
    name: str
    mine: bool
    others: tuple[tuple[str, str], ...] = ()

    @property
    def address(self) -> str:
        """The person as the address of a page names them: nobody, where it is one's own."""
        return "" if self.mine else self.person

    def at(self, path: str, **more: str) -> str:
        """A page about the same person."""
        said = {name: value for name, value in (more | {"person": self.address}).items() if value}
        return f"{path}?{urlencode(said)}" if said else path


def whose_of(request: Request, visitor: Person, registry: Registry) -> Whose:
    """Whom the address names, as far as that may be seen; otherwise the visitor."""
    if not visitor.admin:
        return Whose(visitor.id, visitor.name, True)
    people = sorted(registry.people.values(), key=lambda one: (one.name.casefold(), one.id))
    others = tuple((one.id, one.name) for one in people)
    asked = registry.people.get(request.query_params.get("person", ""))
    if asked is None or asked.id == visitor.id:
        return Whose(visitor.id, visitor.name, True, others)
    return Whose(asked.id, asked.name, False, others)
