"""What `placet.yaml` says of asking by hand: templates. `bot/config.py` reads the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.yaml_document import Document, Trail
from core.asking import ELSE, LONGEST_SUBJECT, LONGEST_SUMMARY, LONGEST_TITLE, MOST_FACTORS, OWN, PLACE, Template
from core.durations import parse_duration
from core.forms import MOST_FIELDS, field_fault, value_fault
from core.policy import Policy
from core.text import fault
from core.typed import typed

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_CURRENCY = re.compile(r"[A-Z0-9]{2,10}")
_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?")
_BY_ONE_WORD = ("string", "number", "integer", "boolean")


def _as_text(value: Any) -> Any:
    """A product of one number is written without quotes."""
    return typed(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else value


class TemplateEntry(BaseModel):
    """A template as `placet.yaml` writes it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: str
    action: str | None = None
    subject: str | None = None
    summary: str | None = None
    help: str = ""
    fields: dict[str, Any] = {}
    amount: Annotated[str, BeforeValidator(_as_text)] | None = None
    currency: str | None = None
    editable: list[str] | None = None
    valid_for: str | None = Field(None, max_length=40)


def read_templates(document: Document, entries: Mapping[str, TemplateEntry], policy: Policy) -> tuple[Template, ...]:
    """The templates declared. Raises ConfigError."""
    return tuple(_Reading(document, name, entry, policy).template() for name, entry in entries.items())


class _Reading:
    """One template being read. Every mistake names its place and what to do."""

    def __init__(self, document: Document, name: str, entry: TemplateEntry, policy: Policy) -> None:
        self._document = document
        self._name = name
        self._entry = entry
        self._policy = policy
        self._fields = {field: self._field(field, terms) for field, terms in entry.fields.items()}

    def _no(self, place: Trail, message: str) -> Exception:
        name = ".".join(str(part) for part in ("templates", self._name, *place))
        return self._document.fault(("templates", self._name, *place), f"`{name}` {message}")

    def template(self) -> Template:
        entry = self._entry
        if self._name == ELSE.name:
            raise self._no((), "is what people choose when no template fits; take another name")
        if len(self._fields) > MOST_FIELDS:
            raise self._no(("fields",), f"has more than {MOST_FIELDS} fields")
        known = {*self._fields} | ({"subject"} if entry.subject is None else set())
        currency = entry.currency
        if currency is not None and not _CURRENCY.fullmatch(currency):
            raise self._no(("currency",), "is a code such as USD")
        return Template(
            name=self._name,
            title=self._text("title", entry.title, LONGEST_TITLE, known) or "",
            action=self._text("action", entry.action or self._name, LONGEST_SUBJECT, frozenset()) or "",
            subject=self._text("subject", entry.subject, LONGEST_SUBJECT, self._fields),
            summary=self._text("summary", entry.summary, LONGEST_SUMMARY, known, lines=True),
            help=self._text("help", entry.help, 300, frozenset()) if entry.help else "",  # type: ignore[arg-type]
            fields=self._fields,
            amount=self._amount(entry.amount),
            currency=currency,
            editable=self._editable(entry.editable),
            valid_for=self._valid_for(entry.valid_for),
        )

    def _field(self, name: str, terms: Any) -> dict[str, Any]:
        place = ("fields", name)
        if not _FIELD.fullmatch(name):
            raise self._no(place, "is no name of a field: a letter, then letters, digits and _, at most 40")
        if name in OWN:
            raise self._no(place, f"is asked by itself where `{name}` is not given above; give this field another name")
        if terms in _BY_ONE_WORD:
            terms = {"type": terms}
        if not isinstance(terms, dict):
            raise self._no(place, "says what may be typed, as in `{type: integer, minimum: 1}`")
        if what := field_fault(terms):
            raise self._no(place, what)
        if "default" in terms and (what := value_fault(terms, terms["default"])):
            raise self._no((*place, "default"), what)
        return terms

    def _text(self, key: str, text: str | None, longest: int, known: Any, *, lines: bool = False) -> str | None:
        """A text whose every `{name}` is a field."""
        if text is None:
            return None
        if not text.strip():
            raise self._no((key,), "is empty")
        if what := fault(text, longest=longest, lines=lines):
            raise self._no((key,), what)
        for name in PLACE.findall(text):
            if name not in known:
                there = ", ".join(f"{{{one}}}" for one in sorted(known)) or "none"
                raise self._no((key,), f"holds {{{name}}}, and there is no such field; there are: {there}")
        if "{" in PLACE.sub("", text) or "}" in PLACE.sub("", text):
            raise self._no((key,), "holds a brace that does not stand around the name of a field")
        return text

    def _amount(self, text: str | None) -> tuple[str | Decimal, ...] | None:
        if text is None:
            return None
        factors: list[str | Decimal] = []
        for part in (part.strip() for part in text.split("*")):
            if _NUMBER.fullmatch(part):
                factors.append(Decimal(part))
            elif part in self._fields:
                self._counts(part)
                factors.append(part)
            else:
                numbers = ", ".join(n for n, one in self._fields.items() if one["type"] in ("number", "integer"))
                raise self._no(
                    ("amount",),
                    f"is a field or a product of some, as in `quantity * price`, and `{part[:40]}` is no field; "
                    f"numbers are: {numbers or 'none'}",
                )
        if len(factors) > MOST_FACTORS:
            raise self._no(("amount",), f"multiplies more than {MOST_FACTORS} numbers")
        return tuple(factors)

    def _counts(self, name: str) -> None:
        """Whether a field can be part of an amount: a number that cannot be negative."""
        one = self._fields[name]
        if one["type"] not in ("number", "integer"):
            raise self._no(("amount",), f"multiplies `{name}`, which is no number; say `type: number` there")
        least = one.get("minimum", one.get("exclusiveMinimum", min(one.get("enum", (-1,)))))
        if least < 0:
            raise self._no(("amount",), f"multiplies `{name}`, which may be negative; say `minimum: 0` there")

    def _editable(self, names: list[str] | None) -> tuple[str, ...]:
        if names is None:
            return tuple(self._fields)
        for index, name in enumerate(names):
            if name not in self._fields:
                there = ", ".join(self._fields) or "none"
                raise self._no(("editable", index), f"names `{name}`, and there is no such field; there are: {there}")
        return tuple(names)

    def _valid_for(self, text: str | None) -> timedelta | None:
        if text is None:
            return None
        try:
            return parse_duration(text)
        except ValueError as problem:
            raise self._no(("valid_for",), str(problem)) from None
