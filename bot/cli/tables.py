"""What the command line shows: tables and cards, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from core.durations import in_words

Doc = dict[str, Any]
TIER_STYLES = ("green", "yellow", "bold red")
MARKS = ("○", "◐", "●")
OUTCOME_STYLES = {"approved": "green", "modified": "cyan", "rejected": "red", "pending": "bold"}


def tier_text(ruling: Mapping[str, Any]) -> Text:
    """The tier as a mark and a word, with its colour."""
    index = min(int(ruling["tier"]), len(MARKS)) - 1
    return Text(f"{MARKS[index]} {ruling['tier_name']}", style=TIER_STYLES[index])


def plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list):
        return ", ".join(plain(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key}: {plain(item)}" for key, item in value.items())
    return "–" if value is None else str(value)


def time_left(request: Doc) -> str:
    left = datetime.fromisoformat(request["ruling"]["expire_at"]) - datetime.now(UTC)
    return in_words(left)


def local_time(text: str) -> str:
    """In the reader's own time zone."""
    return datetime.fromisoformat(text).astimezone().strftime("%d %b %H:%M:%S")


def _grid() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def pending_table(items: Iterable[Doc]) -> RenderableType:
    """The queue: what it is, why it is asked, and the id to decide it with."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("tier", no_wrap=True)
    table.add_column("what and why", overflow="fold", ratio=1)
    table.add_column("left", no_wrap=True, justify="right")
    for item in items:
        proposal, ruling = item["proposal"], item["ruling"]
        what = Text(proposal["title"], style="bold")
        why = "; ".join(ruling["why"])
        if "confidence" in proposal:
            why = f"{(Decimal(proposal['confidence']) * 100).normalize():f} % sure; {why}"
        what.append(f"\n{why}\n", style="not bold dim").append(item["id"], style="not bold")
        table.add_row(tier_text(ruling), what, time_left(item))
    if table.row_count:
        return table
    return Text("Nothing waits. ", style="green") + Text("What programs ask appears here.", style="dim")


def request_card(request: Doc) -> RenderableType:
    """A request in full, in the order of every card."""
    proposal, ruling = request["proposal"], request["ruling"]
    grid = _grid()
    grid.add_row("asks", f"{request['asker']['id']}: {proposal['action']} · {proposal['subject']}")
    for name, value in proposal["parameters"].items():
        grid.add_row(name, Text(plain(value)))
    if "confidence" in proposal:
        grid.add_row("sure", f"{(Decimal(proposal['confidence']) * 100).normalize():f} %")
    if "amount" in proposal:
        grid.add_row("amount", f"{proposal['amount']} {proposal.get('currency', '')}".strip())
    if "summary" in proposal:
        grid.add_row("says", Text(proposal["summary"]))
    grid.add_row("rule", Text(f"{ruling['rule']}: {'; '.join(ruling['why'])}"))
    for vote in _votes(request):
        grid.add_row("vote", Text(_vote(vote)))
    for suggestion in request["suggestions"]:
        grid.add_row(
            f"suggestion {suggestion['number']}", Text(f"{suggestion['person']}: {plain(suggestion['parameters'])}")
        )
    decision = request["decision"]
    if decision is None:
        grid.add_row("left", time_left(request) + (f" – {request['blocked']}" if request["blocked"] else ""))
        grid.add_row("revision", str(request["revision"]))
    else:
        grid.add_row("decided", outcome_text(request))
        for change in (decision.get("override") or {}).get("changes", ()):
            grid.add_row(
                "changed", f"{change['path'].rpartition('/')[2]}: {plain(change['old'])} → {plain(change['value'])}"
            )
    if request["claim"]:
        grid.add_row("claimed", f"{request['claim']['claimant']}, {local_time(request['claim']['at'])}")
    title = Text.assemble(tier_text(ruling), "  ", (proposal["title"], "bold"))
    return Panel(Group(grid), title=title, title_align="left", subtitle=request["id"], subtitle_align="right")


def _votes(request: Doc) -> list[Doc]:
    """A modifier has voted on the old revision, with the reason, and so on the new one: shown once."""
    shown: dict[str, Doc] = {}
    for vote in request["votes"]:
        earlier = shown.get(vote["person"])
        reasons = (earlier["reasons"] if earlier else []) + vote["reasons"]
        shown[vote["person"]] = {**(earlier or {}), **vote, "reasons": reasons}
    return list(shown.values())


def _vote(vote: Doc) -> str:
    text = f"{vote['person']}: {vote['choice'].replace('_', ' ')}, {local_time(vote['at'])}"
    for reason in vote["reasons"]:
        text += f" – {reason['code']}" + (f": {reason['words']}" if reason.get("words") else "")
    if vote.get("note"):
        text += f" – “{vote['note']}”"
    return text if vote["counts"] else text + " (counts no longer)"


def outcome_text(request: Doc) -> Text:
    decision = request["decision"]
    outcome = decision["outcome"]
    text = Text(outcome.replace("_", " "), style=OUTCOME_STYLES.get(outcome, "dim"))
    if decision["by"]:
        text.append(" by " + ", ".join(decision["by"]), style="default")
    text.append(f", {local_time(decision['at'])}", style="default")
    if decision["why"]:
        text.append(f" ({decision['why']})", style="default")
    return text


def rows_table(names: Iterable[str], rows: Iterable[Iterable[Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(value)) for value in row))
    return table


def errors_console() -> Console:
    return Console(stderr=True, highlight=False)
