"""The commands. Exit codes: `docs/cli.md` and `placet --help` list them."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.api.view import dump
from bot.cli import tables
from bot.cli.client import Client, Declined, Unreachable, exact, request_path, whole_id
from bot.config import Settings, read_settings
from core.durations import parse_duration
from core.errors import PlacetError
from core.model import WouldAgree

EXIT_CODES = {
    "approved": 0,
    "modified": 10,
    "rejected": 11,
    "changes_requested": 12,
    "expired": 13,
    "lapsed": 14,
    "cancelled": 15,
    "advised": 16,
    "pending": 17,
}
REFUSED, UNREACHABLE = 3, 4
_EPILOG = (
    "Exit codes: 0 done, or approved; 1 fault; 2 wrong use; 3 refused; 4 no server. "
    "Decisions: 10 modified, 11 rejected, 12 changes requested, 13 expired, 14 lapsed, 15 cancelled, 16 advised, "
    "17 still pending."
)

app = typer.Typer(
    help="Puts what programs propose before the right people, and records what they decide.",
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Said(StrEnum):
    """A vote, as it is typed."""

    APPROVE = "approve"
    REJECT = "reject"
    MODIFY = "modify"
    REQUEST_CHANGES = "request-changes"
    ABSTAIN = "abstain"


Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
RequestId = Annotated[str, typer.Argument(metavar="ID", help="The request: req_…, or the end of it.")]


def settings() -> Settings:
    return read_settings()


def show(document: Any, as_json: bool, rendered: Callable[[], Any]) -> None:
    """Print for a program or for a person."""
    if as_json:
        sys.stdout.write(dump(document).decode() + "\n")
    else:
        Console(highlight=False).print(rendered())


def _json_value(text: str) -> Any:
    """`3`, `2.50`, `true` and `[1, 2]` are JSON; anything else is text."""
    try:
        return json.loads(text, parse_float=Decimal, parse_int=exact, parse_constant=str)
    except ValueError:
        return text


@app.command()
def submit(
    file: Annotated[
        str, typer.Argument(metavar="FILE|-", help="A JSON proposal, or JSON lines (*.jsonl); - reads it.")
    ],
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the decision; the exit code tells it.")] = False,
    take: Annotated[bool, typer.Option("--claim", help="With --wait: take the right to act once approved.")] = False,
    timeout: Annotated[str | None, typer.Option(help="Wait at most so long, as in PT10M; it stays open after.")] = None,
    as_json: Json = False,
) -> None:
    """Propose something, as a program. With --wait --claim, a shell script asks a person in one line."""
    if take and not wait:
        raise typer.BadParameter("--claim goes with --wait")
    longest = _duration(timeout) if timeout else None
    client = Client(settings(), "program")
    data = sys.stdin.buffer.read() if file == "-" else _bytes_of(Path(file))
    if file.endswith(".jsonl"):
        _submit_many(client, data, wait, as_json)
        return
    request = client.post("/v1/requests", raw=data)
    if not wait:
        show(request, as_json, lambda: tables.request_card(request))
        return
    request = _wait_for(client, request, longest)
    if take and request["status"] in ("approved", "modified"):
        request = client.post(request_path(request["id"], "claim"), {"hash": request["hash"]})
    show(request, as_json, lambda: tables.request_card(request))
    raise typer.Exit(EXIT_CODES[request["status"]])


def _duration(text: str) -> float:
    try:
        return parse_duration(text).total_seconds()
    except ValueError as problem:
        raise typer.BadParameter(f"{text} {problem}") from problem


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise typer.BadParameter(f"{file} cannot be read: {problem.strerror}") from problem


def _wait_for(client: Client, request: dict[str, Any], longest: float | None) -> dict[str, Any]:
    console = tables.errors_console()
    end = time.monotonic() + longest if longest is not None else None
    waiting = f"Waiting for a decision: placet vote {request['id']} approve"
    if not console.is_terminal:
        console.print(waiting, markup=False, soft_wrap=True)
    with console.status(waiting):
        while request["status"] == "pending":
            left = 50.0 if end is None else end - time.monotonic()
            if left <= 0:
                break
            try:
                request = client.get(request_path(request["id"]), wait=max(1, min(50, int(left))))
            except Unreachable:
                # It was asked and stays asked; a server that is started again answers where it left off.
                time.sleep(min(1.0, left))
    return request


def _submit_many(client: Client, data: bytes, wait: bool, as_json: bool) -> None:
    if wait:
        raise typer.BadParameter("--wait goes with one proposal, not with a file of many")
    lines = [(number, line) for number, line in enumerate(data.splitlines(), 1) if line.strip()]
    answers, refused = [], 0
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=tables.errors_console(),
    )  # fmt: skip
    with bar:
        for number, line in bar.track(lines, description="Submitting"):
            try:
                answers.append(client.post("/v1/requests", raw=line))
            except Declined as problem:
                refused += 1
                bar.console.print(f"line {number}: {problem}", style="red", markup=False)
    show(answers, as_json, lambda: f"{len(answers)} submitted, {refused} refused.")
    if refused:
        raise typer.Exit(REFUSED)


@app.command()
def pending(
    tier: Annotated[int | None, typer.Option(help="Only this tier.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only this subject.")] = None,
    who: Annotated[str | None, typer.Option("--for", help="Only what waits for this person or role.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    as_json: Json = False,
) -> None:
    """What waits, most urgent first."""
    page = Client(settings()).get(
        "/v1/requests", status="pending", tier=tier, subject=subject, limit=limit, **{"for": who}
    )
    show(page, as_json, lambda: tables.pending_table(page["items"]))


@app.command()
def decided(
    outcome: Annotated[str, typer.Option(help="approved, rejected, … or decided for all.")] = "decided",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
    as_json: Json = False,
) -> None:
    """What was decided, the latest first."""
    page = Client(settings()).get("/v1/requests", status=outcome, limit=limit)
    rows = [(r["proposal"]["title"], tables.outcome_text(r).plain, r["id"]) for r in page["items"]]
    show(page, as_json, lambda: tables.rows_table(("what", "outcome", "request"), rows))


@app.command("show")
def show_request(
    request_id: RequestId,
    history: Annotated[bool, typer.Option("--history", help="Every recorded fact.")] = False,
    as_json: Json = False,
) -> None:
    """One request in full."""
    client = Client(settings())
    request_id = whole_id(client, request_id)
    if history:
        events = client.get(request_path(request_id, "events"))
        rows = [
            (
                e["seq"],
                tables.local_time(e["at"]),
                e["type"],
                f"{e['actor']['id']} ({e['actor']['via']})",
                tables.fact_text(e),
                e["leaf"][:8],
            )
            for e in events["items"]
        ]
        show(events, as_json, lambda: tables.rows_table(("seq", "at", "fact", "by", "what", "leaf hash"), rows))
        return
    request = client.get(request_path(request_id))
    show(request, as_json, lambda: tables.request_card(request))


@app.command()
def vote(
    request_id: RequestId,
    choice: Annotated[Said, typer.Argument(help="What you say.", show_default=False)],
    values: Annotated[list[str] | None, typer.Option("--set", help="For modify: name=value; may be repeated.")] = None,
    adopt: Annotated[int | None, typer.Option(help="For modify: take over the suggestion with this number.")] = None,
    reason: Annotated[str | None, typer.Option(help="A reason code; `placet policy` lists them.")] = None,
    words: Annotated[str | None, typer.Option(help="The reason in your own words.")] = None,
    would_agree: Annotated[WouldAgree | None, typer.Option(help="Would the algorithm agree?")] = None,
    note: Annotated[str | None, typer.Option(help="A note to the vote.")] = None,
    revision: Annotated[
        int | None, typer.Option(help="The revision you looked at; the current one, if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Decide, as yourself."""
    if (words or would_agree) and not reason:
        raise typer.BadParameter("--words and --would-agree go with --reason")
    client = Client(settings())
    request_id = whole_id(client, request_id)
    body: dict[str, Any] = {"choice": choice.value.replace("-", "_")}
    body["revision"] = revision or client.get(request_path(request_id))["revision"]
    if values:
        body["parameters"] = dict(_assignment(value) for value in values)
    if adopt is not None:
        body["adopt"] = adopt
    if reason:
        body["reason"] = _reason(reason, words, would_agree)
    if note:
        body["note"] = note
    request = client.post(request_path(request_id, "votes"), body)
    show(request, as_json, lambda: tables.request_card(request))
    if not reason and request["ruling"]["reasons"].get(body["choice"]) == "asked":
        hint = f"Why? placet reason {request_id} CODE (`placet policy` lists the codes)."
        tables.errors_console().print(hint, style="dim", markup=False, soft_wrap=True)


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"--set takes name=value, not {text!r}")
    return name, _json_value(value)


def _reason(code: str, words: str | None, would_agree: WouldAgree | None) -> dict[str, Any]:
    return {
        "code": code,
        **({"words": words} if words else {}),
        **({"would_agree": would_agree} if would_agree else {}),
    }


@app.command()
def reason(
    request_id: RequestId,
    code: Annotated[str, typer.Argument(help="A reason code; `placet policy` lists them.")],
    words: Annotated[str | None, typer.Option(help="In your own words.")] = None,
    would_agree: Annotated[WouldAgree | None, typer.Option(help="Would the algorithm agree?")] = None,
    as_json: Json = False,
) -> None:
    """Say why, after you have voted."""
    client = Client(settings())
    request = client.post(request_path(whole_id(client, request_id), "reason"), _reason(code, words, would_agree))
    show(request, as_json, lambda: tables.request_card(request))


@app.command("take-back")
def take_back(request_id: RequestId, as_json: Json = False) -> None:
    """Take your vote back, while the rule leaves the time for it."""
    client = Client(settings())
    request = client.post(request_path(whole_id(client, request_id), "take-back"))
    show(request, as_json, lambda: tables.request_card(request))


@app.command()
def cancel(
    request_id: RequestId,
    why: Annotated[str | None, typer.Option(help="Why it is withdrawn.")] = None,
    as_json: Json = False,
) -> None:
    """Withdraw a request, as the program that asked."""
    body = {"why": why} if why else {}
    client = Client(settings(), "program")
    request = client.post(request_path(whole_id(client, request_id), "cancel"), body)
    show(request, as_json, lambda: tables.request_card(request))


@app.command()
def claim(
    request_id: RequestId,
    claimant: Annotated[str | None, typer.Option(help="Who acts; the program, if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Take the right to act on a decision, once, as the program that asked."""
    body = {"claimant": claimant} if claimant else {}
    client = Client(settings(), "program")
    request = client.post(request_path(whole_id(client, request_id), "claim"), body)
    show(request, as_json, lambda: tables.request_card(request))


@app.command()
def policy(as_json: Json = False) -> None:
    """The rules in force and the reason codes."""
    document = Client(settings()).get("/v1/policy")

    def rendered() -> Any:
        console = Console(highlight=False)
        console.print(
            f"{document['name']}  {document['hash'][:16]}"
            + (f"  STOPPED: {document['stopped']}" if document["stopped"] else "")
        )
        rows = [
            (f"{r['tier']} {document['tiers'][str(r['tier'])]}", r["name"], r["when"] or "everything else", r["gate"],
             f"{r['quorum']} of {r['who']}", r["expire"])
            for r in document["rules"]
        ]  # fmt: skip
        console.print(tables.rows_table(("tier", "rule", "when", "gate", "who", "expires"), rows))
        for limit in document["limits"]:
            console.print(f"limit  {limit['name']}: {limit['must']}")
        return tables.rows_table(("reason", "words"), document["reasons"].items())

    show(document, as_json, rendered)


@app.command()
def stop(
    why: Annotated[str, typer.Argument(help="Why everything is stopped.")],
    as_json: Json = False,
) -> None:
    """Stop: nothing may be claimed until `placet resume`."""
    document = Client(settings()).post("/v1/stop", {"why": why})
    show(document, as_json, lambda: f"Stopped: {document['stopped']}. `placet resume` lets claims go on.")


@app.command()
def resume(as_json: Json = False) -> None:
    """Let claims go on."""
    document = Client(settings()).post("/v1/resume")
    show(document, as_json, lambda: "Resumed.")


def main() -> None:
    """Run a command; every failure is a sentence and an exit code, never a traceback."""
    try:
        app()
    except Declined as problem:
        errors = problem.problem.get("errors") or []
        tables.errors_console().print(str(problem), style="red", markup=False)
        for error in errors[1:]:
            tables.errors_console().print(f"  {error['field']}: {error['message']}", markup=False)
        sys.exit(REFUSED)
    except PlacetError as problem:
        tables.errors_console().print(str(problem), style="red", markup=False)
        sys.exit(UNREACHABLE if type(problem).__name__ == "Unreachable" else 1)
    except KeyboardInterrupt:
        sys.exit(130)
