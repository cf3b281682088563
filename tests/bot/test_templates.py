"""Templates of asking in `placet.yaml`: the page that documents them is right, and a mistake names line and remedy."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import House, read_house
from bot.policy_text import policy_text
from bot.yaml_document import ConfigError, read_document
from core.asking import Template
from tests.architecture.test_house import ROOT
from tests.bot.running import HOUSE, settings_in

PEOPLE = "people: {you: {roles: [owner], admin: true}}\n"


def house(folder: Path, templates: str) -> House:
    return read_house(settings_in(folder, house=PEOPLE + templates))


def one(folder: Path, template: str) -> Template:
    [read] = house(folder, f"templates:\n  buy:\n{template}").templates
    return read


def test_the_shortest_template_is_a_title(tmp_path: Path) -> None:
    read = one(tmp_path, "    title: Pause {subject}\n")
    assert read == Template("buy", "Pause {subject}", "buy")


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/asking.md").read_text(), re.DOTALL))
def test_the_templates_of_the_page_are_good(tmp_path: Path, block: str) -> None:
    assert house(tmp_path, block).templates


def test_everything_that_can_be_said_is_read(tmp_path: Path) -> None:
    page = (ROOT / "docs/asking.md").read_text(encoding="utf-8")
    buy, access = house(tmp_path, re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[-1]).templates
    assert buy.amount == ("quantity", "price")
    assert (buy.currency, buy.editable, buy.valid_for is not None) == ("USD", ("quantity", "price"), True)
    assert (access.action, access.subject, access.amount) == ("grant", "{system}", (Decimal(0),))
    assert access.fields["alone"] == {"type": "boolean"}
    assert access.editable == ("who", "system", "alone")


FIELD = "    title: Buy {n}\n    fields:\n      n: %s\n"
MISTAKES = {
    "no title": ("    help: what\n", 3, "`templates.buy.title` must be given, as in `title: Buy"),
    "an unknown key": ("    title: x\n    prize: 3\n", 5, "`templates.buy.prize` is not known here"),
    "a title of nothing": ("    title: ' '\n", 4, "`templates.buy.title` is empty"),
    "a title that is too long": (f"    title: {'x' * 201}\n", 4, "is longer than 200 characters"),
    "a field that is not there": ("    title: Buy {m}\n", 4, "holds {m}, and there is no such field; there are: {subj"),
    "a brace that stands alone": ("    title: Buy { m }\n", 4, "a brace that does not stand around the name"),
    "a field without a type": (FIELD % "{minimum: 1}", 6, "must say its `type`"),
    "a field of an unknown type": (FIELD % "money", 6, "as in `{type: integer, minimum: 1}`"),
    "a bound that is none": (FIELD % "{type: integer, minimum: few}", 6, "has a `minimum` that is no number"),
    "a default out of bounds": (FIELD % "{type: integer, minimum: 2, default: 1}", 6, "must be at least 2"),
    "a name that is none": ("    title: x\n    fields: {how many: integer}\n", 5, "is no name of a field"),
    "a field that the form has": ("    title: x\n    fields: {subject: string}\n", 5, "is asked by itself where"),
    "an amount of text": ("    title: x\n    fields: {n: string}\n    amount: n\n", 6, "which is no number"),
    "an amount below zero": ("    title: x\n    fields: {n: number}\n    amount: n\n", 6, "which may be negative; say"),
    "an amount that is a sum": ("    title: x\n    fields: {n: {type: number, minimum: 0}}\n    amount: n + n\n", 6,
                                "`n + n` is no field; numbers are: n"),
    "an amount of too many": ("    title: x\n    amount: 1 * 2 * 3 * 4 * 5\n", 5, "more than 4 numbers"),
    "a change to what is not there": ("    title: x\n    editable: [n]\n", 5, "names `n`, and there is no such field"),
    "a currency that is none": ("    title: x\n    currency: dollars\n", 5, "is a code such as USD"),
    "a time that is none": ("    title: x\n    valid_for: 4h\n", 5, "must be a duration such as PT4H"),
    "an invisible character": ('    title: "a\\u202eb"\n', 4, "holds a character that cannot be seen"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_its_line_and_what_to_do(tmp_path: Path, name: str) -> None:
    template, line, words = MISTAKES[name]
    with pytest.raises(ConfigError) as raised:
        one(tmp_path, template)
    assert words in str(raised.value)
    assert f"placet.yaml, line {line}: " in str(raised.value)


def test_the_name_of_what_no_template_is_for_is_taken(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="take another name"):
        house(tmp_path, "templates: {else: {title: x}}\n")


# A policy as text


@pytest.mark.parametrize("file", sorted((ROOT / "bot/policies").glob("*.yaml")), ids=lambda file: file.stem)
def test_a_policy_written_as_text_is_read_as_the_same(file: Path) -> None:
    document = read_document(file, file.read_text(encoding="utf-8")).value
    assert read_document("copy", policy_text(document)).value == document


def test_a_policy_written_as_text_reads_from_top_to_bottom() -> None:
    document = read_document("house", HOUSE).value["policy"]
    shuffled = dict(reversed(list(document.items())))
    lines = policy_text(shuffled).splitlines()
    assert lines[:4] == [
        "name: desk",
        "currency: USD",
        "tiers: {1: routine, 2: elevated, 3: critical}",
        "inputs:",
    ]
    assert "    when: amount > 100000" in lines
    assert lines.index("limits:") < lines.index("rules:") < lines.index("  - name: critical")


_texts = st.text(max_size=12) | st.sampled_from(
    ["true", "null", "089", "1.5", "~", "- a", "a: b", "x # y", "yes", "\u2028"]
)
_scalars = st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.decimals(-99, 99, places=3) | _texts
_keys = st.from_regex(r"[a-z][a-z_.]{0,8}", fullmatch=True) | st.sampled_from(["rules", "inputs", "route", "tier"])


@given(
    st.dictionaries(
        _keys,
        st.recursive(_scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3)),
        max_size=5,
    ).filter(bool)
)
def test_whatever_stands_in_a_document_survives_being_written(document: dict[str, object]) -> None:
    assert read_document("copy", policy_text(document)).value == document
