"""`placet demo`: serves, and plays the stream into it until stopped."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from itertools import cycle

from rich.console import Console
from rich.text import Text

from bot.cli.client import Client, Declined, Unreachable
from bot.cli.tables import tier_text
from bot.cli.welcome import first_link
from bot.config import Settings, default_house
from bot.demo.stream import PROGRAM, Doc, read_days
from bot.serve import serve
from bot.services import Services
from core.engine import Batch
from core.events import Decided
from core.wording import outcome_sentence

MOST_PENDING = 12
"""The algorithm holds its tongue while so many wait, so that nobody is buried."""
VALID_FOR = "PT1H"
LABEL = "placet demo"
log = logging.getLogger("placet.demo")


async def play_live(settings: Settings, seconds: float, out: Console) -> None:
    """Serve at the settings' address, and ask something every so many seconds, until stopped."""
    days = read_days()

    async def begun(services: Services, address: str) -> None:
        out.print(
            Text(f"Placet serves at {address} – API at {address}/docs – stop with Ctrl-C.", style="bold"),
            soft_wrap=True,
        )
        out.print(await first_link(services), markup=False, soft_wrap=True)
        out.print(
            "An algorithm that sold calls through 2012 asks below. Decide in the browser, or from another terminal:\n"
            "  .venv/bin/placet pending\n"
            "  .venv/bin/placet vote ID approve     (or: reject --reason risk, modify --set quantity=2)\n",
            markup=False,
            soft_wrap=True,
        )
        services.bulletin.on_batch(lambda batch: _tell(batch, out))
        here = settings.model_copy(update={"url": address})
        client = Client(here, token=await asyncio.to_thread(_key, Client(here)))
        await _play(client, services, days, seconds, out)

    await serve(settings.without_platforms(), begun=begun, house=default_house())


def _key(person: Client) -> str:
    """A fresh key for the algorithm; the one of the last run is good for nothing any more."""
    for key in person.get("/v1/keys")["items"]:
        if key["speaks_for"] == PROGRAM and key["label"] == LABEL and key["revoked_at"] is None:
            person.post(f"/v1/keys/{key['id']}/revoke")
    made = person.post("/v1/keys", {"program": PROGRAM, "owner": person.get("/v1/me")["id"], "label": LABEL})
    return str(made["token"])


async def _play(
    client: Client, services: Services, days: list[tuple[str, list[Doc]]], seconds: float, out: Console
) -> None:
    # A fresh name for each run, so that playing again asks again.
    run = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    for lap, (day, proposals) in enumerate(cycle(days)):
        for proposal in proposals:
            await _room(services)
            body = {**proposal, "key": f"{run}/{lap // len(days)}/{proposal['key']}", "valid_for": VALID_FOR}
            try:
                request = await asyncio.to_thread(client.post, "/v1/requests", body)
            except (Declined, Unreachable) as problem:
                log.warning("not asked: %s", problem)
            else:
                line = Text(f"{day}  ", style="dim").append_text(tier_text(request["ruling"]))
                line.append(f"  {proposal['title']}", "bold")
                line.append(f"  {proposal['confidence'] * 100:.0f} % sure  ", "dim").append(request["id"])
                out.print(line, soft_wrap=True)
            await asyncio.sleep(seconds)


async def _room(services: Services) -> None:
    """Wait until fewer than MOST_PENDING wait."""
    while sum((await services.read(services.reader.counts)).values()) >= MOST_PENDING:  # noqa: ASYNC110 - a demo polls
        await asyncio.sleep(1)


def _tell(batch: Batch, out: Console) -> None:
    if not any(isinstance(told.fact, Decided) for told in batch.facts):
        return
    for request in batch.changed.values():
        if request.decision is not None and request.claim is None:
            out.print(
                Text(f"  {request.proposal.title}: ").append(outcome_sentence(request) or "", "cyan"), soft_wrap=True
            )
