"""`placet demo --once`: some days of the stream, asked and answered over HTTP, and checked against what was sent."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from bot.cli.client import Client, request_path
from bot.cli.tables import OUTCOME_STYLES, plain, tier_text
from bot.config import Settings, default_house
from bot.demo.stream import PROGRAM, Doc, answer_to, halved, read_days
from bot.serve import serving
from core.errors import PlacetError


@dataclass(slots=True)
class _Run:
    program: Client
    person: Client
    out: Console
    asked: list[tuple[Doc, str]] = field(default_factory=list)
    """Every proposal sent, with the id it was given."""
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


async def play_once(days: int, out: Console) -> None:
    """Play. Raises PlacetError when what came out is not what was sent and said."""
    wanted = read_days()[:days]
    with tempfile.TemporaryDirectory(prefix="placet-demo-") as folder:
        settings = Settings(home=Path(folder), config=None, host="127.0.0.1", port=0, database_url=None, token=None)
        async with serving(settings.without_platforms(), default_house()) as (_, address):
            here = settings.model_copy(update={"url": address})
            run = await asyncio.to_thread(_prepare, here, out)
            for day, proposals in wanted:
                out.print(Text(f"\n{date.fromisoformat(day):%a %-d %b %Y}", style="bold"))
                for proposal in proposals:
                    await _ask(run, proposal)
            await asyncio.to_thread(_check, run)
    _report(run)


def _prepare(settings: Settings, out: Console) -> _Run:
    person = Client(settings)
    owner = person.get("/v1/me")["id"]
    made = person.post("/v1/keys", {"program": PROGRAM, "owner": owner})
    return _Run(Client(settings, token=made["token"]), person, out)


async def _ask(run: _Run, proposal: Doc) -> None:
    """The program asks and waits; the person looks and answers; the program acts."""
    request = await asyncio.to_thread(run.program.post, "/v1/requests", proposal)
    run.asked.append((proposal, request["id"]))
    line = Text("  ").append_text(tier_text(request["ruling"]))
    run.out.print(line.append(f"  {proposal['title']}  ").append(f"{proposal['confidence'] * 100:.0f} % sure", "dim"))
    waiting = asyncio.create_task(asyncio.to_thread(run.program.get, request_path(request["id"]), wait=30))
    answer = answer_to(proposal)
    seen = await asyncio.to_thread(run.person.get, request_path(request["id"]))
    vote = {**answer.vote, "revision": seen["revision"]}
    await asyncio.to_thread(run.person.post, request_path(request["id"], "votes"), vote)
    decided = await waiting
    status = decided["status"]
    run.outcomes[status] += 1
    said = Text(f"      {vote['choice'].replace('_', ' ')} → ").append(
        status.replace("_", " "), OUTCOME_STYLES.get(status, "yellow")
    )
    for change in ((decided["decision"] or {}).get("override") or {}).get("changes", ()):
        said.append(f"  {change['path'].rpartition('/')[2]} {plain(change['old'])} → {plain(change['value'])}")
    reason = vote.get("reason")
    if reason:
        said.append(f"  ({reason['code']}: would the algorithm agree? {reason['would_agree']})", "dim")
    run.out.print(said)
    if status != answer.outcome:
        run.faults.append(f"{proposal['key']} ended as {status}, not {answer.outcome}")
    if status in ("approved", "modified"):
        await asyncio.to_thread(run.program.post, request_path(request["id"], "claim"), {"hash": decided["hash"]})
    elif status == "changes_requested":
        await _ask(run, halved(proposal, request["id"]))


def _check(run: _Run) -> None:
    """Look at everything again, as it is recorded, and hold it to what was sent and said."""
    listed = _all_decided(run.person)
    if len(listed) != len(run.asked):
        run.faults.append(f"{len(run.asked)} were asked and {len(listed)} are on record")
    for proposal, request_id in run.asked:
        request = listed.get(request_id)
        if request is None:
            run.faults.append(f"{proposal['key']} is not on record")
            continue
        answer = answer_to(proposal)
        if request["key"] != proposal["key"] or request["status"] != answer.outcome:
            run.faults.append(f"{proposal['key']} is on record as {request['status']}, not {answer.outcome}")
        expected = {**proposal["parameters"], **answer.changed}
        if _digits(request["proposal"]["parameters"]) != _digits(expected):
            run.faults.append(f"{proposal['key']}: parameters differ from what was sent and changed")
        facts = Counter(e["type"] for e in run.person.get(request_path(request_id, "events"))["items"])
        acted = answer.outcome in ("approved", "modified")
        if facts["Decided"] != 1 or facts["Claimed"] != (1 if acted else 0):
            run.faults.append(f"{proposal['key']}: decided {facts['Decided']} and claimed {facts['Claimed']} times")


def _digits(parameters: Doc) -> dict[str, str]:
    return {name: plain(value) for name, value in parameters.items()}


def _all_decided(person: Client) -> dict[str, Doc]:
    found: dict[str, Doc] = {}
    cursor: str | None = None
    while True:
        page: Any = person.get("/v1/requests", status="decided", limit=200, cursor=cursor)
        found |= {request["id"]: request for request in page["items"]}
        cursor = page["cursor"]
        if cursor is None:
            return found


def _report(run: _Run) -> None:
    words = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in run.outcomes.most_common())
    if run.faults:
        raise PlacetError("not what was sent and said:\n  " + "\n  ".join(run.faults))
    run.out.print(
        Text(f"\n{len(run.asked)} asked: {words}. ", style="bold").append(
            "Each decided once, each approval acted on once, every digit as it was sent.", style="green"
        )
    )
