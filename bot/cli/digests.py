"""`placet digest`: what was said of a week, word for word, or what would be said of it today."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from bot.cli import tables
from bot.cli.app import Json, app, settings, show
from bot.cli.client import Client, Declined


@app.command()
def digest(
    week: Annotated[
        str | None, typer.Argument(metavar="WEEK", help="2012-W07; the latest there is, if left out.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="What would be said of it today. Nothing is kept.")] = False,
    make: Annotated[bool, typer.Option("--make", help="Make it, if there is none yet.")] = False,
    person: Annotated[str | None, typer.Option(help="Whose; your own, if left out.")] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the picture there, as it was sent.")
    ] = None,
    as_json: Json = False,
) -> None:
    """What your overrides had in common, and what they cost or saved: one week, exactly as it was sent."""
    if again and (make or picture):
        raise typer.BadParameter("--again keeps nothing: it goes with neither --make nor --picture")
    client = Client(settings())
    if week is None:
        there = client.get("/v1/digests", person=person, limit=1)
        if not there["items"]:
            raise Declined(404, {"detail": _none_yet(there)})
        week = str(there["items"][0]["week"])
    path = f"/v1/digests/{quote(week.strip().upper(), safe='')}"
    if make:
        document = client.send(path, b"", "application/json", person=person)
    else:
        document = client.get(path, person=person, **({"again": "true"} if again else {}))
    if picture is not None:
        _write(picture, client.download(f"{path}/picture", person=person))
    if as_json:
        show(document, True, lambda: "")
        return
    # As it stands, without a word of ours, for it is what was said.
    sys.stdout.write(document["text"] + "\n")
    note = _remark(document)
    if note:
        tables.errors_console().print(note, style="dim", markup=False, soft_wrap=True)


def _none_yet(there: dict[str, Any]) -> str:
    due = datetime.fromisoformat(there["next_due"])
    when = f"{due:%A} {due.day} {due:%b %H:%M} {due.tzname()}"
    return (
        f"There is no digest yet. The first comes on {when}, if anything was advised or done by then; "
        "`placet digest WEEK --make`, with a week as 2012-W07, makes one of a week that is over."
    )


def _remark(document: dict[str, Any]) -> str:
    """How it was sent, on the side."""
    delivery = document["delivery"]
    if delivery is None:
        return "As it would be said today; nothing was kept or sent."
    status = delivery["status"]
    if status == "sent":
        return f"Sent {tables.local_time(delivery['at'])}."
    return {
        "made": "Not sent: it is there to be looked at.",
        "sending": "On its way.",
        "unsure": f"It may have been sent: {delivery['why']}",
        "refused": f"Not taken: {delivery['why']}",
    }.get(str(status), "")


def _write(file: Path, data: bytes) -> None:
    try:
        file.write_bytes(data)
    except OSError as problem:
        raise typer.BadParameter(f"{file} cannot be written: {problem.strerror}") from problem
