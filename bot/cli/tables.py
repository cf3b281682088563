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
    tier, tiers = int(ruling["tier"]), ruling.get("tiers")
    index = min(tier, len(MARKS)) - 1 if tier == 1 or tiers is None else 2 if tier >= tiers else 1
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
    proposal, ruling, decision = request["proposal"], request["ruling"], request["decision"]
    grid = _grid()

    def row(name: str, value: Any) -> None:
        grid.add_row(name, value if isinstance(value, Text) else Text(plain(value)))

    changed = {change["path"].rpartition("/")[2]: change["old"] for change in request["changes"]}
    row("asks", f"{request['asker']['id']}: {proposal['action']} · {proposal['subject']}")
    for name, value in proposal["parameters"].items():
        row(name, f"{plain(changed[name])} → {plain(value)}" if name in changed else value)
    if "confidence" in proposal:
        row("sure", f"{(Decimal(proposal['confidence']) * 100).normalize():f} %")
    if "amount" in proposal:
        # After a modification it is the most that it may have become: see docs/decisions/0003.
        row("amount", f"{'at most ' if changed else ''}{proposal['amount']} {proposal.get('currency', '')}".strip())
    for name in ("algorithm", "account", "summary"):
        if name in proposal:
            row("says" if name == "summary" else name, proposal[name])
    if request["context"]:
        row("context", request["context"])
    if "valid_while" in proposal:
        row("valid while", proposal["valid_while"])
    row("rule", f"{ruling['rule']}: {'; '.join(ruling['why'])}")
    for vote in _votes(request):
        row("vote", _vote(vote))
    for suggestion in request["suggestions"]:
        row(f"suggestion {suggestion['number']}", f"{suggestion['person']}: {plain(suggestion['parameters'])}")
    if decision is None:
        row("decides", _decides(request))
        if request["settles_at"]:
            row("settles", _settles(request))
        row("left", time_left(request) + (f" – {request['blocked']}" if request["blocked"] else ""))
        row("revision", request["revision"])
    else:
        row("decided", outcome_text(request))
    if request["claim"]:
        row("claimed", f"{request['claim']['claimant']}, {local_time(request['claim']['at'])}")
    title = Text.assemble(tier_text(ruling), "  ", (proposal["title"], "bold"))
    return Panel(Group(grid), title=title, title_align="left", subtitle=request["id"], subtitle_align="right")


def _who(route: Doc) -> str:
    words = " or ".join([*(f"any {role}" for role in route["roles"]), *route["people"]])
    return f"{words} with {' and '.join(route['skills'])}" if route["skills"] else words


def _decides(request: Doc) -> str:
    """Whom it waits for, and for how many of them."""
    ruling = request["ruling"]
    approvals = sum(1 for vote in request["votes"] if vote["counts"] and vote["choice"] in ("approve", "modify"))
    needed = ruling["quorum"]["needed"]
    text = _who(ruling["route"])
    if needed > 1:
        text += f", {needed - approvals} more of {needed}" if approvals else f", {needed} of them"
    for step in ruling["escalations"][: request["escalated"]]:
        text += f"; since {local_time(step['at'])} also {_who(step['to'])}"
    return text


def _settles(request: Doc) -> str:
    outcome = request["settles_as"].replace("_", " ")
    return f"{outcome}, counts at {local_time(request['settles_at'])} unless taken back (placet take-back)"


def _votes(request: Doc) -> list[Doc]:
    """A modifier has voted on the old revision, with the reason, and so on the new one: shown once."""
    shown: dict[tuple[str, str | None], Doc] = {}
    for vote in request["votes"]:
        place = (vote["person"], vote.get("taken_back_at"))
        earlier = shown.get(place)
        reasons = (earlier["reasons"] if earlier else []) + vote["reasons"]
        shown[place] = {**(earlier or {}), **vote, "reasons": reasons}
    return list(shown.values())


def _vote(vote: Doc) -> str:
    stands_in = f" (for {vote['acting_for']})" if vote.get("acting_for") else ""
    text = f"{vote['person']}{stands_in}: {vote['choice'].replace('_', ' ')}, {local_time(vote['at'])}"
    for reason in vote["reasons"]:
        text += f" – {reason['code']}" + (f": {reason['words']}" if reason.get("words") else "")
        text += f" (would the algorithm agree? {reason['would_agree']})" if reason.get("would_agree") else ""
    if vote.get("note"):
        text += f" – “{vote['note']}”"
    if vote.get("taken_back_at"):
        return text + " (taken back)"
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


def fact_text(event: Doc) -> str:
    """What a fact says, in a few words."""
    body = event["body"]
    match event["type"]:
        case "Opened" | "Revised":
            revision = body["revision"]
            parameters = plain(revision["proposal"]["parameters"])
            return f"revision {revision['number']}: {parameters}; {revision['ruling']['rule']}"
        case "Voted":
            vote = body["vote"]
            reasons = ", ".join(reason["code"] for reason in vote.get("reasons", ()))
            said = f" ({reasons})" if reasons else ""
            return f"{vote['choice'].replace('_', ' ')}{said}"
        case "Decided":
            because = f" ({body['why']})" if body.get("why") else ""
            return f"{body['outcome'].replace('_', ' ')}{because}"
        case "ReasonGiven":
            return str(body["reason"]["code"])
        case "Escalated":
            return f"also {plain(body['to'])}: {body['why']}"
        case "ContextUpdated":
            return plain(body["values"])
        case "Suggested":
            return plain(body["parameters"]["values"])
        case "Claimed":
            return str(body["claimant"])
        case _:
            return str(body.get("why") or body.get("person") or "")


def rows_table(names: Iterable[str], rows: Iterable[Iterable[Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        # What is copied from here must not be broken over two lines.
        table.add_column(name, overflow="fold", no_wrap=name in ("request", "key", "id"))
    for row in rows:
        table.add_row(*(Text(plain(value)) for value in row))
    return table


def errors_console() -> Console:
    return Console(stderr=True, highlight=False)
